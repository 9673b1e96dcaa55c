// Answers the words that people text to the bridge itself. One word in, at most one sentence out,
// on the service thread it came from.
#pragma once

#include "bridge/pipeline/turn.h"

namespace trestle {

// On the service thread. `enrolment` may be unknown here: then only JOIN does something.
Result<void> AnswerServiceWord(Turn& turn, const EnrolmentId& enrolment, const Network& network,
                               const ServiceCommand& command);

// On a contact's thread: only STOP, which ends that contact. `link` is known and of its network.
Result<void> AnswerThreadWord(Turn& turn, const LinkRecord& link, const ServiceCommand& command);

// For frames from an enrolment that has not joined.
Result<void> SayHowToJoin(Turn& turn, const EnrolmentId& enrolment, const Network& network);

}  // namespace trestle
