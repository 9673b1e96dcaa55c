// The receiving half of a Carrier: tells service words, fragments and plain text apart, puts frames
// together, binds thread accepts, and offers what is meant for the core. Plain text stops here: it
// is answered with a canned text and never offered, stored or logged. All methods run on the
// adapter's loop.
#pragma once

#include "adapters/sdk/answer_limiter.h"
#include "adapters/sdk/carrier_parts.h"
#include "adapters/sdk/outbound.h"

namespace trestle {

class Intake {
 public:
  static constexpr std::size_t kOffersMax = 4096;  // under way at the host

  Intake(CarrierParts& parts, Outbound& outbound) : parts_(parts), outbound_(outbound) {}

  void Receive(NativeMessage message, Done<void> acknowledge);
  void Sweep();  // gives up what is too old
  void Stop() { stopped_ = true; }

 private:
  // A frame that is whole, with what must be erased once the core has it.
  struct Arrived {
    Bytes frame;
    Bytes32 key{};
    std::optional<Bytes32> set = {};
  };
  // For the watcher: a chunk and where it came from. Null where nobody watches.
  struct Watched {
    NativeAddress from;
    std::string identity;
    NativeMessage::Chunk chunk;
  };
  using WatchedPtr = std::shared_ptr<const Watched>;

  void ReceiveText(NativeMessage message, Done<void> acknowledge);
  void ReceiveChunk(const NativeMessage& message, const NativeMessage::Chunk& chunk,
                    Done<void> acknowledge);
  bool MayFillStore(const NativeMessage& message);
  void TakeFrame(const NativeMessage& message, Arrived arrived, WatchedPtr last,
                 Done<void> acknowledge);
  Result<std::optional<ThreadRef>> ThreadOf(const NativeMessage& message, const Frame& frame);
  void RefuseUnbound(const NativeMessage& message);
  void AnswerOnce(const NativeMessage& message, std::string_view text);
  WatchedPtr WatchedOf(const NativeMessage& message, const NativeMessage::Chunk& chunk) const;
  void TellKept(WatchedPtr chunk);
  void Offer(Inbound inbound, std::optional<Bytes32> set, WatchedPtr last, Done<void> acknowledge);
  void OfferKept(Inbound inbound, std::optional<Bytes32> set, WatchedPtr last,
                 Done<void> acknowledge);
  void NoteConsent(const Inbound& inbound);
  void TellEnded(const NativeMessage& message, const Inbound& inbound);
  void Offered(const std::optional<Bytes32>& set, const Watched* last, Result<void> durable,
               Done<void> acknowledge);
  void Acknowledge(Done<void> acknowledge, Result<void> result);

  CarrierParts& parts_;
  Outbound& outbound_;
  AnswerLimiter answers_;
  std::size_t offers_ = 0;
  bool stopped_ = false;
};

}  // namespace trestle
