// Accepts or refuses one envelope: reads the facts, asks the policy, asks the router, and writes
// the envelope, its outbox row and what was seen, all in one turn.
#pragma once

#include "bridge/pipeline/answers.h"
#include "bridge/pipeline/turn.h"

namespace trestle {

enum class Accepts : std::uint8_t { kAny, kApplications, kHandshakes };

struct Submission {
  LinkId link;                       // the sender's
  Network from = Network::Native();  // the network it came over
  Accepts accepts = Accepts::kAny;
  ByteView payload;
};

struct SubmissionResult {
  SubmitAnswer answer;
  std::optional<LinkRecord> sender;  // where a receipt can be told; none for a link unknown here
  bool ephemeral = false;            // told nothing about
  ReceiptLevel level = ReceiptLevel::kAccepted;  // with a duplicate: how far the first one came
};

// A refusal is an answer and is committed like one: traced and counted. The caller tells the
// sender.
Result<SubmissionResult> SubmitEnvelope(Turn& turn, const Submission& submission);

}  // namespace trestle
