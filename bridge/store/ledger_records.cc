#include "bridge/store/ledger_records.h"

namespace trestle {

std::string_view EnvelopeKindName(EnvelopeKind kind) {
  switch (kind) {
    case EnvelopeKind::kApplication:
      return "application";
    case EnvelopeKind::kWelcome:
      return "welcome";
    case EnvelopeKind::kHandshake:
      return "handshake";
  }
  return "unknown";
}

std::string_view OutboxKindName(OutboxKind kind) {
  switch (kind) {
    case OutboxKind::kEnvelope:
      return "envelope";
    case OutboxKind::kEphemeral:
      return "ephemeral";
    case OutboxKind::kReceipt:
      return "receipt";
    case OutboxKind::kOffer:
      return "offer";
    case OutboxKind::kPeerKeys:
      return "peer_keys";
    case OutboxKind::kReply:
      return "reply";
  }
  return "unknown";
}

std::string_view StepName(Step step) {
  switch (step) {
    case Step::kAccept:
      return "accept";
    case Step::kRoute:
      return "route";
    case Step::kLease:
      return "lease";
    case Step::kAttempt:
      return "attempt";
    case Step::kReport:
      return "report";
    case Step::kExpire:
      return "expire";
    case Step::kGiveUp:
      return "give_up";
    case Step::kRequeue:
      return "requeue";
    case Step::kReroute:
      return "reroute";
  }
  return "unknown";
}

std::string_view RoomOf(Step step) {
  switch (step) {
    case Step::kAccept:
    case Step::kReport:
      return "ingest";
    case Step::kRoute:
      return "router";
    case Step::kLease:
    case Step::kAttempt:
    case Step::kGiveUp:
      return "dispatch";
    case Step::kExpire:
    case Step::kReroute:
      return "sweep";
    case Step::kRequeue:
      return "admin";
  }
  return "unknown";
}

std::string_view OutcomeName(Outcome outcome) {
  switch (outcome) {
    case Outcome::kOk:
      return "ok";
    case Outcome::kRefused:
      return "refused";
    case Outcome::kDuplicate:
      return "duplicate";
    case Outcome::kWaits:
      return "waits";
    case Outcome::kNotSent:
      return "not_sent";
    case Outcome::kMaybeSent:
      return "maybe_sent";
    case Outcome::kSent:
      return "sent";
    case Outcome::kDelivered:
      return "delivered";
    case Outcome::kRead:
      return "read";
    case Outcome::kFailed:
      return "failed";
    case Outcome::kExpired:
      return "expired";
    case Outcome::kDropped:
      return "dropped";
    case Outcome::kWithdrawn:
      return "withdrawn";
  }
  return "unknown";
}

}  // namespace trestle
