// What the core's operations take and answer. Refusals are fields of an answer (a Rule); an Error
// means that the operation itself could not be done. Nothing here names a native address or the
// peer's account.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bridge/base/sensitive.h"
#include "bridge/directory/records.h"
#include "bridge/envelope/key_log.h"
#include "bridge/pipeline/router.h"
#include "bridge/store/transaction.h"

namespace trestle {

struct EnrolAnswer {
  AccountId account;
  EnrolmentId enrolment;  // on the native network
  Secret token;           // 32 random octets in base64url; shown once, only its hash is kept
};

struct JoinCodeAnswer {
  std::string code;  // eight digits
  WallTime expires_at{};
};

struct CreateAliasRequest {
  std::string label;  // at most kLabelBytesMax octets of printable UTF-8; may be empty
  AliasPolicy policy = AliasPolicy::kAsk;
  std::optional<Millis> ttl = {};             // from now; none: until revoked
  std::optional<std::int64_t> uses_max = {};  // contacts that may begin through it; 1: one-time
  std::string listing = {};                   // the owner's name for what it is shown on
};

struct AliasView {
  AliasId id;
  std::string name;  // "brisk-otter-4821"
  std::string label;
  AliasPolicy policy = AliasPolicy::kAsk;
  WallTime created_at{};
  std::optional<WallTime> expires_at;
  std::optional<WallTime> revoked_at;
  std::int64_t uses = 0;
  std::optional<std::int64_t> uses_max;
  std::string listing;
  std::optional<WallTime> restorable_until;  // released, and to be had back until then
};

// The same for every alias, reachable or not: only time tells.
struct ReachAnswer {
  std::string text;
};

struct LinkView {
  LinkId id;
  Network network = Network::Native();
  bool bound = false;  // its thread is open
};

// One entry of the consent ledger, as the account sees it whose doing it was.
using ConsentEntryView = ConsentRecord;

// Until when the two sides agree to the SMS edge, as one of them sees it.
struct EdgeView {
  std::optional<WallTime> own_until;
  std::optional<WallTime> peer_until;
};

// A contact as one of its two sides sees it. A requester sees it once it has been granted; before,
// it could be told apart from an alias that does not exist.
struct ContactView {
  ContactId id;
  Side side = Side::kOwner;
  ContactState state = ContactState::kRequested;
  bool waits_for_keys = false;  // granted by the owner, who has no key package left
  std::string label;            // owner: the alias's label; requester: the alias
  std::vector<LinkView> links;  // this side's own
  WallTime created_at{};
  std::optional<EdgeView> edge;  // a side has its endpoint at the SMS edge
};

struct ConsentAnswer {
  Rule rule = Rule::kNone;  // kNoConsent: not this side's to do; kKeysExhausted: granted, and waits
  ContactState state = ContactState::kRequested;
};

struct PublishKeysAnswer {
  std::size_t stored = 0;
  std::size_t refused = 0;  // not key packages, known already, or above the bound
  std::size_t held = 0;     // afterwards
};

struct ClaimKeysAnswer {
  Rule rule = Rule::kNone;  // kNoConsent, or kKeysExhausted: none left, or claimed too often
  Bytes key_package;        // one MLSMessage(KeyPackage)
};

struct SubmitAnswer {
  Rule rule = Rule::kNone;  // kNone: accepted, durably
  bool duplicate = false;   // accepted before; the other fields are those of the first time
  EnvelopeId envelope_id;   // all zeros when the payload has none that can be read
  std::uint64_t seq = 0;    // gapless within the contact; 0 for ephemeral envelopes
  WallTime accepted_at{};
  std::uint64_t known_epoch = 0;  // with kWrongEpoch and kEpochTooOld: the current one
  // What the rule looked at and what it allows, such as 70000 and 65536 for kTooLarge.
  std::int64_t measured = 0;
  std::int64_t limit = 0;
};

struct ExplainQuestion {
  // None: the operator asks, who may name any link or alias. An account may name its own links, and
  // aliases through which it has a granted contact; others answer kNoConsent everywhere.
  std::optional<AccountId> account;
  std::optional<LinkId> sender_link;  // exactly one of these two
  std::string alias;
  std::size_t frame_bytes = 0;  // of the encoded frame; 0 means the smallest padding bucket's
  // What-ifs.
  std::vector<Network> networks_down;
  std::vector<Network> networks_draining;
  std::optional<bool> sms_allowed;
  std::optional<Network> only_network;
  std::optional<StorePlace> place;  // as if this were the bridge's one store, and nothing waited
};

// One contact and where its messages would go now.
struct RouteView {
  ContactId contact;
  LinkId own_link;  // the first of this side
  std::string label;
  RouteDecision decision;  // for the smallest padding bucket
};

struct TraceAnswer {
  std::vector<TraceRecord> steps;  // oldest first; empty: unknown, expired or not the caller's
};

struct ErasureQuestion {
  std::optional<AccountId> account;  // none: the operator asks
  EnvelopeId envelope;
  std::uint32_t last_shard = 0;  // of the newest head that the caller has seen
  std::uint64_t last_size = 0;
};

// What proves an erasure: see docs/erasure.md.
struct ErasureProofAnswer {
  std::string store;                // whose log it is, when it is a placed store's
  std::optional<ErasureNote> note;  // none: it waits, or it never waited
  Bytes leaf;
  std::vector<Bytes32> path;
  ErasureHead head;  // the newest
  Bytes signature;
  Bytes32 public_key{};
  std::vector<ErasureHead> closed_heads;
  std::vector<Bytes32> consistency;
  bool consistency_gone = false;
};

// An account's threads on one network, and what waits on them.
struct PresenceAnswer {
  std::vector<EnrolmentId> enrolments;
  std::vector<LinkId> links;
  std::size_t rows_waiting = 0;  // of the outbox, those in flight included
};

// Whether what waits is made due at once, because its receiver has come back.
enum class Rouse : std::uint8_t { kNo, kYes };

struct AdapterView {
  Network network = Network::Native();
  Capabilities capabilities;
  Health health = Health::kStarting;
  bool draining = false;
  std::size_t rows_waiting = 0;  // of the outbox, those in flight included
  std::size_t rows_in_flight = 0;
  std::optional<Millis> oldest_waiting_age;
  std::optional<Millis> last_inbound_age;  // none: nothing has come in since the start
  Health reported = Health::kStarting;     // by the adapter itself
  Health flow = Health::kHealthy;          // as messages show it; `health` is the worse of the two
  Millis down_for{0};                      // how long it has carried nothing
  std::optional<Millis> canary;            // how long the last canary took
  int canary_misses = 0;                   // in a row
  int restarts = 0;                        // of its connections, since the start
};

struct DeadLetterView {
  std::int64_t id = 0;
  DeliveryId delivery_id;
  std::optional<ContactId> contact;
  std::optional<EnvelopeId> envelope_id;
  Network network = Network::Native();
  OutboxKind kind = OutboxKind::kEnvelope;
  Rule rule = Rule::kNone;
  int attempts = 0;
  std::size_t size_bytes = 0;
  WallTime failed_at{};
  WallTime expires_at{};
};

// How many dead letters a sweep over them touched.
struct LetterCount {
  std::size_t done = 0;
  std::size_t refused = 0;  // expired meanwhile, or their contact does not allow them any more
};

struct DeadLetterPage {
  std::vector<DeadLetterView> letters;  // ascending ids
  std::optional<std::int64_t> next;     // give it as `after` for the next page
};

}  // namespace trestle
