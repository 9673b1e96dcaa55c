#include "bridge/pipeline/erasure_proofs.h"

#include <algorithm>

namespace trestle {
namespace {

Result<bool> MayAsk(Turn& turn, const std::optional<AccountId>& account, const ContactId& id) {
  if (!account) return true;
  const auto contact = TRESTLE_TRY(turn.tx.FindContact(id));
  return contact && (contact->owner == *account || contact->requester == *account);
}

// What was seen of the envelope in a contact that the asker belongs to; the erased one first,
// should an id have been used in two.
Result<SeenEnvelopeRecord> NeedSeen(Turn& turn, const ErasureQuestion& question) {
  std::optional<SeenEnvelopeRecord> found;
  for (SeenEnvelopeRecord& seen : TRESTLE_TRY(turn.tx.SeenOf(question.envelope, turn.now))) {
    if (!TRESTLE_TRY(MayAsk(turn, question.account, seen.contact))) continue;
    if (!found || seen.erased) found = std::move(seen);
  }
  if (!found) return Fail(Reason::kNotFound, "nothing is known of this envelope");
  return *std::move(found);
}

// From the older of the leaf's shard and the one seen last.
Result<void> AddChain(ErasureLog& log, const ErasureQuestion& question,
                      ErasureProofAnswer& answer) {
  std::uint32_t from = answer.note ? answer.note->shard : answer.head.shard;
  if (question.last_size > 0) from = std::min(from, question.last_shard);
  if (from < answer.head.shard) answer.closed_heads = TRESTLE_TRY(log.ClosedHeads(from));
  if (question.last_size == 0) return {};
  auto path = log.ConsistencyPath(question.last_shard, question.last_size);
  if (path) {
    answer.consistency = *std::move(path);
    return {};
  }
  if (path.error().reason != Reason::kNotFound) return tl::unexpected(path.error());
  answer.consistency_gone = true;
  return {};
}

}  // namespace

Result<ErasureProofAnswer> ProveErasure(Turn& turn, const ErasureQuestion& question) {
  const SeenEnvelopeRecord seen = TRESTLE_TRY(NeedSeen(turn, question));
  ErasureLog& log = turn.tx.erasure_log(seen.store);
  ErasureProofAnswer answer;
  answer.note = seen.erased;
  answer.head = TRESTLE_TRY(log.Head());
  answer.signature = turn.core.store.SignHead(seen.store, answer.head);
  answer.public_key = turn.core.store.log_public_key(seen.store);
  if (seen.store != kHomeStore) answer.store = turn.tx.store_name(seen.store);
  TRESTLE_TRY(AddChain(log, question, answer));
  if (!answer.note) return answer;
  answer.leaf =
      EncodeErasureLeaf({CommitmentTo(question.envelope), answer.note->cause, answer.note->hour});
  answer.path = TRESTLE_TRY(log.InclusionPath(answer.note->shard, answer.note->index));
  return answer;
}

}  // namespace trestle
