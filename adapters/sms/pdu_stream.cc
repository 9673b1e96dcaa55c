#include "adapters/sms/pdu_stream.h"

#include <utility>

namespace trestle::sms {

void PduStream::Start(Handlers handlers) {
  handlers_ = std::make_shared<const Handlers>(std::move(handlers));
  Read();
}

void PduStream::Read() {
  wire_->ReadSome(buffer_, [self = shared_from_this()](std::optional<std::size_t> count) {
    if (self->closed_) return;
    if (!count) return self->EndWith(End::kClosedByPeer);
    self->reader_.Feed(ByteView(self->buffer_).first(*count));
    self->TakePdus();
    if (!self->closed_ && !self->closes_after_writing_) self->Read();
  });
}

void PduStream::TakePdus() {
  while (!closed_ && !closes_after_writing_) {
    auto next = reader_.Next();
    if (!next) return EndWith(End::kBadLength);
    if (!*next) return;
    const auto handlers = handlers_;
    handlers->on_pdu(std::move(**next));
  }
}

bool PduStream::Send(const Pdu& pdu) {
  if (closed_) return false;
  auto octets = EncodePdu(pdu);
  if (!octets) return false;
  if (writing_.size() + waiting_.size() + octets->size() > kUnwrittenBytesMax) {
    EndWith(End::kTooMuchUnwritten);
    return false;
  }
  if (wire_->HasPeerClosed()) {
    EndWith(End::kClosedByPeer);
    return false;
  }
  waiting_.insert(waiting_.end(), octets->begin(), octets->end());
  if (writing_.empty()) Write();
  return true;
}

void PduStream::Write() {
  writing_ = std::exchange(waiting_, {});
  wire_->WriteAll(writing_, [self = shared_from_this()](std::optional<std::size_t> count) {
    if (self->closed_) return;
    if (!count) return self->EndWith(End::kClosedByPeer);
    self->writing_.clear();
    if (!self->waiting_.empty()) return self->Write();
    if (self->closes_after_writing_) self->Close();
  });
}

void PduStream::EndWith(End why) {
  if (closed_) return;
  if (std::exchange(is_ending_, true)) return Close();
  // Not from inside the caller's Send: its owner may be in the middle of a loop over its requests.
  // Where the loop takes no task, the owner sees that the stream is no longer open.
  (void)loop_.Post([handlers = handlers_, why] {
    if (handlers->on_end) handlers->on_end(why);
  });
  if (why != End::kBadLength) return Close();
  // SMPP 3.4, Section 4.3.1: the PDU's own sequence_number cannot be trusted, so 0.
  closes_after_writing_ = true;
  (void)Send({CommandId::kGenericNack, status::kInvalidCommandLength, 0});
}

void PduStream::Close() {
  if (closed_) return;
  closed_ = true;
  wire_->Close();
  handlers_ = nullptr;
}

void PduStream::CloseAfterWriting() {
  closes_after_writing_ = true;
  if (writing_.empty()) Close();
}

}  // namespace trestle::sms
