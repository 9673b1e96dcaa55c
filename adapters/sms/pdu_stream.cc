#include "adapters/sms/pdu_stream.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>

namespace trestle::sms {

namespace asio = boost::asio;
using boost::system::error_code;

void PduStream::Start(Handlers handlers) {
  handlers_ = std::move(handlers);
  Read();
}

void PduStream::Read() {
  wire_->ReadSome(asio::buffer(buffer_),
                  [self = shared_from_this()](const error_code& error, std::size_t count) {
                    if (self->closed_) return;
                    if (error) return self->EndWith(End::kClosedByPeer);
                    self->reader_.Feed(ByteView(self->buffer_).first(count));
                    self->TakePdus();
                    if (!self->closed_ && !self->closes_after_writing_) self->Read();
                  });
}

void PduStream::TakePdus() {
  while (!closed_ && !closes_after_writing_) {
    auto next = reader_.Next();
    if (!next) return EndWith(End::kBadLength);
    if (!*next) return;
    handlers_.on_pdu(std::move(**next));
  }
}

bool PduStream::Send(const Pdu& pdu) {
  if (closed_) return false;
  auto octets = EncodePdu(pdu);
  if (!octets) return false;
  if (unwritten_bytes_ + octets->size() > kUnwrittenBytesMax) {
    EndWith(End::kTooMuchUnwritten);
    return false;
  }
  if (wire_->HasPeerClosed()) {
    EndWith(End::kClosedByPeer);
    return false;
  }
  unwritten_bytes_ += octets->size();
  unwritten_.push_back(*std::move(octets));
  if (unwritten_.size() == 1) Write();
  return true;
}

void PduStream::Write() {
  wire_->WriteAll(asio::buffer(unwritten_.front()),
                  [self = shared_from_this()](const error_code& error, std::size_t) {
                    if (self->closed_) return;
                    if (error) return self->EndWith(End::kClosedByPeer);
                    self->unwritten_bytes_ -= self->unwritten_.front().size();
                    self->unwritten_.pop_front();
                    if (!self->unwritten_.empty()) return self->Write();
                    if (self->closes_after_writing_) self->Close();
                  });
}

void PduStream::EndWith(End why) {
  if (closed_) return;
  auto on_end = std::move(handlers_.on_end);
  if (why == End::kBadLength) {
    // SMPP 3.4, Section 4.3.1: the PDU's own sequence_number cannot be trusted, so 0.
    closes_after_writing_ = true;
    (void)Send({CommandId::kGenericNack, status::kInvalidCommandLength, 0});
  } else {
    Close();
  }
  // Not from inside the caller's Send: its owner may be in the middle of a loop over its requests.
  if (on_end) asio::post(wire_->executor(), [on_end = std::move(on_end), why] { on_end(why); });
}

void PduStream::Close() {
  if (closed_) return;
  closed_ = true;
  wire_->Close();
  // The handlers keep their owner alive; they are let go outside of any of them.
  asio::post(wire_->executor(), [handlers = std::exchange(handlers_, {})] {});
}

void PduStream::CloseAfterWriting() {
  closes_after_writing_ = true;
  if (unwritten_.empty()) Close();
}

}  // namespace trestle::sms
