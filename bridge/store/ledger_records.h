// The ledger's records: envelopes, the outbox, what was seen, and traces. All are short-lived; each
// table's erasure is stated in schema.cc. Payloads are ciphertext and are erased with the delivery.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "bridge/base/bytes.h"
#include "bridge/base/ids.h"
#include "bridge/envelope/erasure.h"
#include "bridge/envelope/network.h"
#include "bridge/envelope/refusal.h"

namespace trestle {

// One of the daemon's stores, by its place in the configuration. Home holds the directory, and what
// waits of the contacts that are placed there; the others hold what waits of theirs.
using StoreIndex = std::size_t;
inline constexpr StoreIndex kHomeStore = 0;

// A row's number in the daemon: its number in its file, and above that its store.
inline constexpr int kFileNumberBits = 48;
constexpr std::int64_t RowNumber(StoreIndex store, std::int64_t in_file) {
  return static_cast<std::int64_t>(store) << kFileNumberBits | in_file;
}
constexpr StoreIndex StoreOf(std::int64_t row) {
  return static_cast<StoreIndex>(static_cast<std::uint64_t>(row) >> kFileNumberBits);
}
constexpr std::int64_t InFile(std::int64_t row) {
  return row & ((std::int64_t{1} << kFileNumberBits) - 1);
}

// Where a contact's messages stand, and in which store: all that an accepted envelope changes
// beside itself, so that it lies in the same file and is written in the same commit.
struct ConversationRecord {
  ContactId contact;
  StoreIndex store = kHomeStore;
  std::int64_t moves = 0;           // how often the store changed; the row with the most counts
  std::optional<GroupId> group_id;  // the MLS group, named by the first message
  std::uint64_t epoch = 0;
  std::uint64_t next_seq = 1;

  void MoveTo(StoreIndex to) {
    moves += to == store ? 0 : 1;
    store = to;
  }
};

enum class EnvelopeKind : std::uint8_t { kApplication = 1, kWelcome = 2, kHandshake = 3 };
std::string_view EnvelopeKindName(EnvelopeKind kind);

struct EnvelopeRecord {
  std::int64_t row = 0;  // given by the store
  StoreIndex store = kHomeStore;
  ContactId contact;
  EnvelopeId envelope_id;
  LinkId sender_link;
  EnvelopeKind kind = EnvelopeKind::kApplication;
  std::uint64_t seq = 0;
  WallTime accepted_at{};
  WallTime expires_at{};
  std::size_t payload_bytes = 0;  // given by the store
  Bytes payload;                  // empty when it was not asked for, or cannot be opened
  bool readable = true;           // false: its storage key is destroyed
};

// Whether a row's payload is opened when the row is read.
enum class Payload : std::uint8_t { kLeftSealed, kOpened };

enum class OutboxKind : std::uint8_t {
  kEnvelope = 1,   // the payload stands in the envelope row
  kEphemeral = 2,  // tried once, never kept over a restart; the payload stands in the body
  kReceipt = 3,
  kOffer = 4,
  kPeerKeys = 5,
  kReply = 6,  // the body is text, not a frame
};
std::string_view OutboxKindName(OutboxKind kind);

enum class OutboxState : std::uint8_t {
  kWaits = 1,      // for its due time and for older rows of its thread
  kWaitsOpen = 2,  // for its thread to be opened
  kLeased = 3,     // an attempt is under way
};

// A thread as the ledger keys it; the variant's types tell which.
using ThreadKey = std::variant<EnrolmentId, LinkId>;

struct OutboxRow {
  std::int64_t row = 0;  // insertion order; given by the store
  StoreIndex store = kHomeStore;
  DeliveryId delivery_id;
  ThreadKey thread;
  // Rows of one lane go one after another, whatever network each is on: a contact's messages in one
  // direction. Empty: the thread is the lane.
  Bytes lane;
  std::optional<AccountId> sender;    // on whose behalf; none for somebody without an account
  std::optional<AccountId> receiver;  // likewise
  Network network = Network::Native();
  OutboxKind kind = OutboxKind::kReply;
  std::optional<ContactId> contact;
  Bytes body;  // an encoded frame, a reply's text, or empty for kEnvelope
  std::optional<LinkId> offers_link;
  std::optional<std::int64_t> envelope_row;
  OutboxState state = OutboxState::kWaits;
  WallTime due_at{};
  WallTime created_at{};
  WallTime expires_at{};
  int attempts = 0;
  bool readable = true;     // false: the body's storage key is destroyed, and the body empty
  bool maybe_sent = false;  // an attempt ended in doubt, or its process died
};

// A row of the outbox that has become the oldest of its lane.
struct HeadRow {
  std::int64_t row = 0;
  Network network = Network::Native();
};

// A row of the outbox as its answer names it: the number to find it by, and the id that it must
// have.
struct RowRef {
  std::int64_t row = 0;
  DeliveryId delivery;
};

struct DeadLetterRecord {
  std::int64_t id = 0;
  OutboxRow row;  // as it stood
  Rule rule = Rule::kNone;
  WallTime failed_at{};
  std::size_t size_bytes = 0;
};

// Where an envelope's erasure stands in the log, and what its leaf says beside the commitment.
struct ErasureNote {
  std::uint32_t shard = 0;
  std::uint64_t index = 0;
  ErasureCause cause = ErasureCause::kDelivered;
  std::uint32_t hour = 0;
};

struct SeenEnvelopeRecord {
  std::int64_t row = 0;  // given by the store; 0: not written yet
  StoreIndex store = kHomeStore;
  ContactId contact;
  EnvelopeId envelope_id;
  LinkId sender_link;
  DeliveryId delivery_id;
  EnvelopeKind kind = EnvelopeKind::kApplication;
  Bytes32 payload_hash{};
  std::uint64_t seq = 0;
  WallTime accepted_at{};
  WallTime expires_at{};
  ReceiptLevel level = ReceiptLevel::kAccepted;  // folded: see bridge/policy/receipts.h
  std::optional<ErasureNote> erased;             // none while it waits, and for what never waited
  Bytes steps;                                   // of its way; see trace_steps.h
};

// Which step of the flow something happened in; the room follows from it.
enum class Step : std::uint8_t {
  kAccept = 1,   // ingest: accepted, refused or a duplicate
  kRoute = 2,    // router: chosen, waits, or none
  kLease = 3,    // dispatch: taken out of the outbox, or withdrawn there
  kAttempt = 4,  // dispatch: what the adapter answered
  kReport = 5,   // ingest: the network's later word
  kExpire = 6,   // sweep
  kGiveUp = 7,   // dispatch: dead letter
  kRequeue = 8,  // admin
  kReroute = 9,  // sweep: over another network, because the first was down for too long
};
std::string_view StepName(Step step);
std::string_view RoomOf(Step step);  // "ingest", "router", "dispatch", "sweep", "admin"

enum class Outcome : std::uint8_t {
  kOk = 1,
  kRefused = 2,
  kDuplicate = 3,
  kWaits = 4,
  kNotSent = 5,
  kMaybeSent = 6,
  kSent = 7,
  kDelivered = 8,
  kRead = 9,
  kFailed = 10,
  kExpired = 11,
  kDropped = 12,
  kWithdrawn = 13,
};
std::string_view OutcomeName(Outcome outcome);

// One step of one envelope's (or delivery's) way. Answers Messages.Trace and feeds Routing.Watch.
struct TraceRecord {
  StoreIndex store = kHomeStore;
  WallTime at{};
  Step step = Step::kAccept;
  Outcome outcome = Outcome::kOk;
  Rule rule = Rule::kNone;
  std::optional<EnvelopeId> envelope_id;  // none for receipts, offers and replies
  std::optional<DeliveryId> delivery_id;  // none before the outbox
  std::optional<ContactId> contact;
  std::optional<Network> from_network;
  std::optional<Network> to_network;
  std::size_t size_bytes = 0;  // of the payload
  int attempt = 0;             // counted from 1
  Millis latency{0};           // since acceptance; 0 where unknown
  WallTime expires_at{};       // of this record itself
};

}  // namespace trestle
