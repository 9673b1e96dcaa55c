// A connection that carries PDUs: reads whole ones whatever the cuts, writes in order, and what
// gathers during a write all at once in the next. Both sides use it, the adapter's links and the
// simulated centre's binds. It lives on one loop, which outlives it. Unwritten octets are bounded:
// a peer that asks and never reads loses its connection.
#pragma once

#include <array>
#include <functional>
#include <memory>

#include "adapters/sms/codec.h"
#include "adapters/sms/wire.h"

namespace trestle::sms {

class PduStream : public std::enable_shared_from_this<PduStream> {
 public:
  static constexpr std::size_t kUnwrittenBytesMax = 4 * 1024 * 1024;

  enum class End : std::uint8_t { kClosedByPeer, kBadLength, kTooMuchUnwritten };
  struct Handlers {
    std::function<void(Bytes octets)> on_pdu;  // one whole PDU, not decoded
    std::function<void(End why)> on_end;       // once; not after Close
  };

  PduStream(std::unique_ptr<Wire> wire, Executor& loop) : wire_(std::move(wire)), loop_(loop) {}

  void Start(Handlers handlers);
  // False when the PDU does not encode, or the stream is closed, also when the peer has closed it
  // and it was not read yet: nothing was written.
  bool Send(const Pdu& pdu);
  // No handler runs after it.
  void Close();
  // Closes once all that was sent is written.
  void CloseAfterWriting();

  bool is_open() const { return !closed_; }

 private:
  void Read();
  void TakePdus();
  void Write();
  void EndWith(End why);

  const std::unique_ptr<Wire> wire_;
  Executor& loop_;
  // Taken by whoever runs one of them: they keep their owner alive, and Close lets them go.
  std::shared_ptr<const Handlers> handlers_;
  PduReader reader_;
  std::array<std::uint8_t, 16384> buffer_{};
  Bytes writing_;  // one write is under way while it is not empty
  Bytes waiting_;  // what was sent meanwhile, for the next write
  bool is_ending_ = false;
  bool closed_ = false;
  bool closes_after_writing_ = false;
};

}  // namespace trestle::sms
