// Answers whether an envelope is erased, with the proof out of the store's log of erasures.
#pragma once

#include "bridge/pipeline/answers.h"
#include "bridge/pipeline/turn.h"

namespace trestle {

// kNotFound when nothing is known of the envelope, or it is not the account's.
Result<ErasureProofAnswer> ProveErasure(Turn& turn, const ErasureQuestion& question);

}  // namespace trestle
