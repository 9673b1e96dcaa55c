// All that an adapter author needs. An adapter speaks one network's wire and alone knows its native
// addresses: the core names people by enrolment and link. An enrolment is a person's presence on
// the network, reached on the service thread; a link is one side of a contact, reached on the
// thread with that contact's ghost. The daemon owns adapters by unique_ptr and destroys them after
// Stop's Done.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "bridge/adapter_api/capabilities.h"
#include "bridge/adapter_api/service_words.h"
#include "bridge/base/ids.h"
#include "bridge/base/seams.h"
#include "bridge/envelope/frame.h"
#include "bridge/envelope/trouble.h"

namespace trestle {

// A thread of the network: with the bridge's service address, or with a contact's ghost.
using ThreadRef = std::variant<EnrolmentId, LinkId>;

// A text the bridge itself says to a person, on the service thread or about a contact. Made of
// literals and aliases, never of anybody's content.
struct ServiceReply {
  std::string text;
};

struct Delivery {
  DeliveryId id;  // stays the same over all attempts: the idempotency key
  ThreadRef to;
  std::variant<Frame, ServiceReply> body;
  // With a ThreadOfferFrame, which goes to an enrolment: the adapter allots a ghost to this link
  // (the same again when asked again), fills in `ghost` and `bind_code`, and remembers both durably
  // before anything is sent.
  std::optional<LinkId> offers_link;
  WallTime expires_at{};  // never handed to the network after this
};

// How sure we are that the network took it; after kMaybeSent only the same key may be sent again.
enum class Certainty : std::uint8_t { kNotSent, kMaybeSent, kSent };
std::string_view CertaintyName(Certainty certainty);  // "not_sent", …

enum class Retry : std::uint8_t { kLater, kNever };

struct Attempt {
  Certainty certainty = Certainty::kNotSent;
  Retry retry = Retry::kLater;             // what to do when not sent
  Rule rule = Rule::kNone;                 // why, when not sent
  std::optional<Millis> retry_after = {};  // the network's own word on when
  Trouble trouble = Trouble::kNone;        // its class; kNone: as TroubleOf concludes
};
// The class by which the next try is timed.
Trouble TroubleOf(const Attempt& attempt);

// Something that came in. `key` is the same whenever the network tells of the same thing again: the
// adapter derives it from the native ids (SHA-256 of network, identity and native id).
struct Inbound {
  Bytes32 key{};
  ThreadRef from;
  // A ThreadAcceptFrame from a link says: bound, durably, in the adapter's address book.
  std::variant<Frame, ServiceCommand> body;
};

// The network's word on a delivery after it was handed over.
struct DeliveryReport {
  DeliveryId id;
  ReceiptLevel level = ReceiptLevel::kDelivered;  // kDelivered, kRead or kFailed
  Rule rule = Rule::kNone;
};

enum class Health : std::uint8_t { kStarting, kHealthy, kDegraded, kDeaf, kDown };
std::string_view HealthName(Health health);

// Implemented by the core; outlives every adapter. Any thread may call.
class AdapterHost {
 public:
  virtual ~AdapterHost() = default;
  // `durable` runs on any thread once the inbound is committed (or was committed before: duplicates
  // succeed). Acknowledge to the network inside it, never earlier. An error answer, from the call
  // or in `durable`, means: not stored, let the network try again. When the call itself fails,
  // `durable` is never run. Refusals of content are told to the sender by the core and count as
  // success.
  virtual Result<void> Offer(Inbound inbound, Done<void> durable) = 0;
  virtual void Report(DeliveryReport report) = 0;  // held in memory while the store cannot write
  // The ghost behind this link is gone (its number left the pool): the link is not bound any more
  // and its person is to be offered the thread anew. `durable` as for Offer. kUnsupported from
  // hosts that offer nothing.
  virtual Result<void> Reopen(const LinkId& link, Done<void> durable) {
    static_cast<void>(link);
    static_cast<void>(durable);
    return Fail(Reason::kUnsupported, "this host opens no threads");
  }
  virtual void ReportHealth(const Network& network, Health health) = 0;
  // Whoever is behind this enrolment sends back what is written to it: the core writes it an "ECHO
  // <nonce>" from time to time and judges the flow by what comes back. Once, after Start; adapters
  // without a loop-back peer are judged by what waits.
  virtual void NameLoopback(const EnrolmentId& peer) { static_cast<void>(peer); }
};

class Adapter {
 public:
  virtual ~Adapter() = default;
  virtual const Capabilities& capabilities() const = 0;  // any thread; fixed for life
  // Main thread, once. Done runs when the adapter can be used, or with the reason why not. An
  // adapter whose network is merely away starts, reports kDown and keeps trying.
  virtual void Start(AdapterHost& host, Done<void> started) = 0;
  // From the core's lane; returns at once. Done runs exactly once on any thread. At most one
  // delivery a thread is under way, so an adapter keeps order by keeping to that. A delivery
  // without an answer is taken as maybe sent after Limits::attempt_age_max: the same id may then be
  // given again while the first is still in the adapter's hands, and both are answered.
  virtual void Deliver(Delivery delivery, Done<Attempt> done) = 0;
  // From the core's lane; returns at once. Consent was withdrawn while the delivery is under way:
  // whatever has not been handed to the network yet is not any more, and Deliver's Done says
  // kNotSent, kNever, kNoConsent. What is on the wire already is answered as ever; an id that is
  // not under way changes nothing.
  virtual void Withdraw(const DeliveryId& delivery) { static_cast<void>(delivery); }
  // From the core's lane; returns at once. The adapter looks well and nothing comes in: give up
  // every connection to the network and make it anew, losing nothing that is under way.
  // kUnsupported when there is nothing that could be made anew.
  virtual Result<void> Reconnect() {
    return Fail(Reason::kUnsupported, "this adapter has no connection to make anew");
  }
  // Main thread, once; after its Done there is no call into the host.
  virtual void Stop(Done<void> stopped) = 0;
};

}  // namespace trestle
