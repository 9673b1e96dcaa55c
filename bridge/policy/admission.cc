#include "bridge/policy/admission.h"

#include <algorithm>
#include <array>

namespace trestle {
namespace {

struct Measure {
  bool passes = true;
  std::int64_t measured = 0;
  std::int64_t limit = 0;
};

std::int64_t Number(std::uint64_t value) {
  return static_cast<std::int64_t>(std::min<std::uint64_t>(value, INT64_MAX));
}

bool HasEpoch(const AdmissionFacts& facts) {
  return facts.payload.kind != PayloadKind::kWelcome && facts.known_group.has_value();
}

Measure IsJoined(const AdmissionFacts& facts) { return {facts.joined, facts.joined, 1}; }

Measure HasContact(const AdmissionFacts& facts) {
  return {facts.has_contact, facts.has_contact, 1};
}

Measure IsOpen(const AdmissionFacts& facts) { return {facts.thread_open, facts.thread_open, 1}; }

Measure HasConsent(const AdmissionFacts& facts) {
  return {MayPass(facts.state) == Rule::kNone, static_cast<std::int64_t>(facts.state),
          static_cast<std::int64_t>(ContactState::kGranted)};
}

Measure FitsSize(const AdmissionFacts& facts) {
  const PayloadFacts& payload = facts.payload;
  return {payload.payload_bytes <= payload.payload_bytes_max, Number(payload.payload_bytes),
          Number(payload.payload_bytes_max)};
}

Measure IsReadable(const AdmissionFacts& facts) {
  return {facts.payload.kind != PayloadKind::kUnreadable, Number(facts.payload.payload_bytes), 0};
}

Measure IsPadded(const AdmissionFacts& facts) {
  return {facts.payload.padded, Number(facts.payload.ciphertext_bytes), 256};
}

Measure HasFreshId(const AdmissionFacts& facts) { return {!facts.id_reused, facts.id_reused, 0}; }

Measure IsInGroup(const AdmissionFacts& facts) {
  const bool other = HasEpoch(facts) && *facts.known_group != facts.payload.group_id;
  return {!other, other, 0};
}

// reference e2ee, 8.7: an application message may be one epoch late, since its sender may not have
// seen the newest commit yet.
Measure IsRecent(const AdmissionFacts& facts) {
  if (!HasEpoch(facts) || facts.payload.kind != PayloadKind::kApplication) return {};
  const std::uint64_t oldest = facts.known_epoch == 0 ? 0 : facts.known_epoch - 1;
  return {facts.payload.epoch >= oldest, Number(facts.payload.epoch), Number(oldest)};
}

// One commit an epoch: the first to arrive wins, the others rebase.
Measure IsCurrent(const AdmissionFacts& facts) {
  const bool handshake =
      facts.payload.kind == PayloadKind::kCommit || facts.payload.kind == PayloadKind::kProposal;
  if (!HasEpoch(facts) || !handshake) return {};
  return {facts.payload.epoch == facts.known_epoch, Number(facts.payload.epoch),
          Number(facts.known_epoch)};
}

struct Row {
  Rule rule;
  Measure (*measure)(const AdmissionFacts&);
};

constexpr std::array kRows = {
    Row{Rule::kNoContact, HasContact}, Row{Rule::kNotJoined, IsJoined},
    Row{Rule::kThreadNotOpen, IsOpen}, Row{Rule::kNoConsent, HasConsent},
    Row{Rule::kTooLarge, FitsSize},    Row{Rule::kMalformed, IsReadable},
    Row{Rule::kBadPadding, IsPadded},  Row{Rule::kIdReused, HasFreshId},
    Row{Rule::kWrongGroup, IsInGroup}, Row{Rule::kEpochTooOld, IsRecent},
    Row{Rule::kWrongEpoch, IsCurrent},
};

void ReadApplication(const PrivateFraming& message, PayloadFacts& facts) {
  facts.payload_bytes_max = kApplicationPayloadBytesMax;
  facts.padded = IsBucket(message.ciphertext_bytes);
  const Result<AadHeader> header = ParseAad(message.authenticated_data);
  if (!header) return;
  facts.kind = PayloadKind::kApplication;
  facts.envelope_id = header->envelope_id;
  facts.ttl = header->ttl;
  facts.delivery = header->delivery;
}

}  // namespace

PayloadFacts ReadPayload(ByteView payload) {
  PayloadFacts facts;
  facts.payload_bytes = payload.size();
  const Result<Framing> framing = ParseFraming(payload);
  if (!framing || framing->wire_format == WireFormat::kKeyPackage) return facts;
  if (framing->wire_format == WireFormat::kWelcome) {
    facts.kind = PayloadKind::kWelcome;
    facts.envelope_id = WelcomeEnvelopeId(payload);
    return facts;
  }
  const PrivateFraming& message = framing->private_message;
  facts.group_id = message.group_id;
  facts.epoch = message.epoch;
  facts.ciphertext_bytes = message.ciphertext_bytes;
  if (message.content_type == ContentType::kApplication) {
    ReadApplication(message, facts);
    return facts;
  }
  facts.kind =
      message.content_type == ContentType::kCommit ? PayloadKind::kCommit : PayloadKind::kProposal;
  facts.envelope_id = WelcomeEnvelopeId(payload);
  return facts;
}

AdmissionDecision Admit(const AdmissionFacts& facts) {
  for (const Row& row : kRows) {
    const Measure measure = row.measure(facts);
    if (!measure.passes) return {row.rule, measure.measured, measure.limit};
  }
  return {};
}

std::uint64_t EpochAfter(const AdmissionFacts& facts) {
  const PayloadFacts& payload = facts.payload;
  if (payload.kind == PayloadKind::kWelcome) return facts.known_epoch;
  const std::uint64_t known = facts.known_group ? facts.known_epoch : payload.epoch;
  const bool commit = payload.kind == PayloadKind::kCommit && payload.epoch < UINT64_MAX;
  return std::max(known, commit ? payload.epoch + 1 : payload.epoch);
}

}  // namespace trestle
