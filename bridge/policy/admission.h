// Whether an envelope may pass, as a pure function over facts that were read in one transaction. A
// table of rules in a fixed order; the first that refuses is the answer, with what it measured and
// what it allows. Routing is asked afterwards.
#pragma once

#include <cstdint>
#include <optional>

#include "bridge/envelope/mls_framing.h"
#include "bridge/envelope/refusal.h"
#include "bridge/policy/consent.h"

namespace trestle {

// What kind of message the payload turned out to be.
enum class PayloadKind : std::uint8_t {
  kUnreadable = 0,
  kApplication = 1,
  kWelcome = 2,
  kCommit = 3,
  kProposal = 4,
};

// What can be read of a payload without any key.
struct PayloadFacts {
  PayloadKind kind = PayloadKind::kUnreadable;
  std::optional<EnvelopeId> envelope_id;
  std::size_t payload_bytes = 0;
  std::size_t payload_bytes_max = kHandshakePayloadBytesMax;
  bool padded = true;                // the ciphertext of an application message is a bucket
  std::size_t ciphertext_bytes = 0;  // of a private message
  GroupId group_id;                  // not for a Welcome
  std::uint64_t epoch = 0;
  TtlClass ttl = TtlClass::kWeek;
  DeliveryClass delivery = DeliveryClass::kNormal;
};

// Never fails: what cannot be read is kUnreadable, with its size.
PayloadFacts ReadPayload(ByteView payload);

struct AdmissionFacts {
  bool joined = false;       // the sender's account exists and has not stopped
  bool has_contact = false;  // the link belongs to a contact, on the network it came from
  bool thread_open = false;  // the sender's link is bound
  ContactState state = ContactState::kRequested;
  PayloadFacts payload;
  bool id_reused = false;  // the envelope id was accepted before with other octets
  std::optional<GroupId> known_group;
  std::uint64_t known_epoch = 0;
};

struct AdmissionDecision {
  Rule rule = Rule::kNone;
  std::int64_t measured = 0;
  std::int64_t limit = 0;
};

AdmissionDecision Admit(const AdmissionFacts& facts);

// The contact's epoch once this payload is accepted.
std::uint64_t EpochAfter(const AdmissionFacts& facts);

}  // namespace trestle
