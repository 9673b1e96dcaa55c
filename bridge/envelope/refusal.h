// The closed list of reasons for which the bridge says no, as data. Rules are shown by
// Routing.Explain, carried to senders in receipts and counted in metrics. Numbers are on the wire
// and never reused.
#pragma once

#include <cstdint>
#include <string_view>

namespace trestle {

enum class Rule : std::uint8_t {
  kNone = 0,  // not refused
  // About who may write to whom.
  kNotJoined = 1,  // the sender has no enrolment
  kNoConsent = 2,  // also: unknown, closed, expired alias, blocked; they look the same from outside
  kNoContact = 3,  // the thread belongs to no contact
  // About the envelope.
  kMalformed = 10,
  kTooLarge = 11,
  kBadPadding = 12,  // the ciphertext is not a bucket of 256 * 2^k
  kWrongGroup = 13,  // another MLS group than this contact's
  kEpochTooOld = 14,
  kWrongEpoch = 15,  // a commit for another epoch than the current one
  kIdReused = 16,    // an envelope id came again with other octets
  kExpired = 17,
  kPlainText = 18,      // this thread carries sealed messages only
  kKeysExhausted = 19,  // the peer has published no key package that is left
  // About routes; refusals of one candidate each.
  kNotEnrolled = 30,          // the recipient is not on this network
  kEndToEndUnavailable = 31,  // the recipient has no endpoint: E2EE_UNAVAILABLE
  kRefusedByRecipient = 32,   // switched off in the recipient's preferences
  kSmsNotAllowed = 33,        // SMS is an explicit choice and was not made
  kAdapterDown = 34,
  kAdapterDraining = 35,
  kUnitsOverBudget = 36,  // would take more native messages than allowed
  kThreadNotOpen = 37,    // the recipient's phone has not opened the thread yet
  kLessPreferred = 38,    // acceptable, and another one ranks higher
  kNoRoute = 39,          // no candidate is left
  kQueueFull = 40,
  kGivenUp = 41,          // tried as often as allowed
  kNetworkRefused = 42,   // the network said no for good
  kLeftOut = 43,          // a what-if asks about another network only
  kResidency = 44,        // no store stands where sender, recipient and operator accept it
  kNotConfirmed = 50,     // handed over, and the receiver has not said in time that it arrived
  kPriceOverBudget = 51,  // would cost more than allowed
  kPersonClosed = 52,     // the person blocked this ghost, or is gone from the network
  kGhostsExhausted = 53,  // no identity is left under which one more contact may appear to a person
  // About load and doubt.
  kOverLimit = 60,       // faster than a row of the limits table allows
  kNoAnswer = 61,        // an attempt was not answered in time: it may have been sent
  kAdapterDeaf = 62,     // sends, and nothing comes back: quarantined until it is heard again
  kMaybeSentThere = 63,  // may have gone out on the network it waits for, so no other one is used
  // About the SMS edge.
  kEdgeNotAgreed = 64,  // would be opened in the SMS edge, to which both sides have not agreed
  kOpenedAtEdge = 65,   // no refusal but a label: it was opened in the SMS edge and sent on as text
};

std::string_view RuleName(Rule rule);  // "no_consent", "adapter_down", …

// How far an envelope came, as told to its sender. A lattice: a later report never lowers it.
enum class ReceiptLevel : std::uint8_t {
  kAccepted = 1,    // durable at the bridge
  kHandedOver = 2,  // the network took it
  kDelivered = 3,   // the network says that it reached the phone
  kRead = 4,
  kFailed = 5,  // given up; the rule says why
  kExpired = 6,
  kRefused = 7,  // never accepted; the rule says why
  kUnknown = 8,  // given up or expired after it may have been sent: nobody can say
};

std::string_view ReceiptLevelName(ReceiptLevel level);

}  // namespace trestle
