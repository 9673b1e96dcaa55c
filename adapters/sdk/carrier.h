// What all adapters have in common, between a network's session and the core: service thread and
// ghost threads, frames cut to native messages and put together again, service words, thread offers
// and binding, receipts folded over the units of a frame. An adapter owns one Carrier, gives it a
// NativeSender, and hands it whatever comes in.
//
// All methods run on the adapter's loop (the Executor given in), except Deliver, which may be
// called from any thread and posts. The NativeSender is called on the loop.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "adapters/sdk/address_book.h"
#include "adapters/sdk/frame_watcher.h"
#include "bridge/adapter_api/adapter.h"
#include "bridge/base/metrics.h"
#include "bridge/base/seams.h"
#include "bridge/base/sensitive.h"
#include "bridge/envelope/fragment.h"

namespace trestle {

// One native message to send. `identity` is ours: the service address or a ghost.
struct NativeUnit {
  // A message that the adapter has made itself, as its session is to send it.
  struct Prepared {
    Bytes octets;
    // What the network calls such octets, where they are no binary message.
    struct Form {
      std::uint8_t coding = 0;
      std::uint8_t flags = 0;
    };
    std::optional<Form> form = std::nullopt;
  };
  std::string identity;
  NativeAddress to;
  // A text (service reply, or a whole "tr1." fragment), or for UnitKind::kBinary a raw chunk of a
  // frame that the adapter gives its network's own header with ref, index and count.
  std::variant<std::string, Bytes, Prepared> body;
  FragmentRef ref{};
  std::uint8_t index = 0;
  std::uint8_t count = 1;
  DeliveryId delivery;
  WallTime expires_at{};
  // True once consent was withdrawn. A sender that lets units wait looks at it on the loop before
  // it sends one, and answers kNotSent, kNever, kNoConsent.
  std::shared_ptr<const bool> withdrawn = {};
  std::uint8_t round = 0;   // of sending it again after it was taken (FrameWatcher)
  bool is_awaited = false;  // its frame is to be confirmed by the receiver
};

struct NativeOutcome {
  Attempt attempt;
  std::string native_id;  // the network's id of the message, when sent; "" when it gives none
};

class NativeSender {
 public:
  virtual ~NativeSender() = default;
  virtual void SendUnit(NativeUnit unit, Done<NativeOutcome> done) = 0;  // done on any thread
};

// One chunk of a frame with its place.
struct NativeMessageChunk {
  std::string ref;  // names the set together with from and identity
  std::uint8_t index = 0;
  std::uint8_t count = 1;
  Bytes octets;
  bool is_awaited = false;  // its sender waits for our word on the frame
};

// One native message that came in.
struct NativeMessage {
  NativeAddress from;     // as the network spells it at this identity
  std::string identity;   // ours: the service address or a ghost
  std::string native_id;  // unique per identity; repeated when the network repeats itself
  // A text; or for binary networks one chunk.
  using Chunk = NativeMessageChunk;
  std::variant<std::string, Chunk> body;
  // Another address of the same sender that the network showed beside `from`, if it has two kinds.
  std::optional<NativeAddress> also_from = std::nullopt;
};

class Carrier {
 public:
  struct Options {
    Capabilities capabilities;
    std::size_t text_bytes_max = 0;  // for UnitKind::kText: octets of one native text
    std::string service_identity;    // where JOIN and the other words go
    GhostPool ghosts;                // the identities for contacts
    std::string data_folder;         // of this adapter alone
    ServiceWords service_words = ServiceWords::Standard();
    KeySource keys = {};        // of its address book
    std::string loopback = {};  // see AdapterContext
    // Where frames are confirmed end to end; null elsewhere. Units of confirmed frames are not to
    // reach their phone later than `confirm_within` after they were sent, and fragments that came
    // are kept for so long.
    FrameWatcher* watcher = nullptr;
    Millis confirm_within = std::chrono::minutes(10);
  };
  struct Seams {
    Executor& loop;
    const Clock& clock;
    Random& random;
    Metrics& metrics;
    GroupCommit& groups;  // of all the adapter's stores
  };

  // Opens the address book and the fragment store in the data folder. The loop and the sender
  // outlive the carrier's Stop; every Done given to the sender is run or dropped before the loop
  // dies.
  static Result<std::unique_ptr<Carrier>> Create(Options options, Seams seams,
                                                 NativeSender& sender);
  virtual ~Carrier() = default;

  virtual void Attach(AdapterHost& host) = 0;  // before anything else

  // `acknowledge` runs when the network may be told that we have it: a fragment of an incomplete
  // frame once it is durable in this adapter's own store, the last one once its frame is durable in
  // the core. An error means: do not acknowledge, let the network try again. Runs on the loop.
  virtual void Receive(NativeMessage message, Done<void> acknowledge) = 0;

  // The keys of the adapter's stores, for one that the adapter keeps itself.
  virtual AdapterKeys keys() const = 0;

  // The one address of a sender by the address book, as the watcher is told it.
  virtual Result<NativeAddress> PersonOf(const NativeAddress& from,
                                         const std::optional<NativeAddress>& also_from) = 0;

  // The network's word on something sent earlier, by its native id.
  virtual void ReportDelivered(const std::string& native_id) = 0;
  virtual void ReportRead(const std::string& native_id) = 0;
  virtual void ReportFailed(const std::string& native_id, Rule rule) = 0;

  // For what came in and was no message: `acknowledge` runs on the loop, when all that was reported
  // before is durable. An error as in Receive.
  virtual void WhenKept(Done<void> acknowledge) = 0;

  // Done runs on the loop. Units of one frame go out one after another; deliveries of one thread
  // wait for each other. When the first unit of an attempt is not sent, its outcome is the whole
  // attempt's; when a later one fails, the answer is kMaybeSent and the next attempt goes on where
  // this one stopped.
  virtual void Deliver(Delivery delivery, Done<Attempt> done) = 0;
  // Any thread. What of the delivery has not left yet stays: see Adapter::Withdraw.
  virtual void Withdraw(const DeliveryId& delivery) = 0;
  // Answers what is under way with kMaybeSent and takes nothing more.
  virtual void Stop(Done<void> stopped) = 0;
};

}  // namespace trestle
