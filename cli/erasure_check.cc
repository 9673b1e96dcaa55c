#include "cli/erasure_check.h"

#include <algorithm>

#include "bridge/base/merkle.h"
#include "bridge/base/signing.h"

namespace trestle::cli {
namespace {

constexpr std::size_t kMemoryBytes = 4 + 8 + 32 + 32;

std::optional<Bytes32> HashIn(const std::string& octets) {
  if (octets.size() != 32) return std::nullopt;
  Bytes32 out;
  std::copy(octets.begin(), octets.end(), out.begin());
  return out;
}

std::optional<ErasureHead> HeadIn(const v1::ErasureHead& head) {
  const auto root = HashIn(head.root());
  const auto previous = HashIn(head.previous());
  if (!root || !previous) return std::nullopt;
  return ErasureHead{head.shard(), head.size(), *root, *previous};
}

std::optional<std::vector<Bytes32>> HashesIn(
    const google::protobuf::RepeatedPtrField<std::string>& list) {
  std::vector<Bytes32> out;
  for (const std::string& each : list) {
    const auto hash = HashIn(each);
    if (!hash) return std::nullopt;
    out.push_back(*hash);
  }
  return out;
}

merkle::Head TreeOf(const ErasureHead& head) { return {head.size, head.root}; }

// The signed head and the final heads before it, newest first, each named by the one after it.
struct Chain {
  std::vector<ErasureHead> heads;

  const ErasureHead* Of(std::uint32_t shard) const {
    const auto found =
        std::ranges::find_if(heads, [&](const ErasureHead& head) { return head.shard == shard; });
    return found == heads.end() ? nullptr : &*found;
  }
};

std::optional<Chain> ChainOf(const v1::ErasureProofResponse& proof) {
  Chain chain;
  const auto newest = HeadIn(proof.head());
  if (!newest) return std::nullopt;
  chain.heads.push_back(*newest);
  for (int i = proof.closed_heads_size() - 1; i >= 0; --i) {
    const auto head = HeadIn(proof.closed_heads(i));
    const ErasureHead& after = chain.heads.back();
    if (!head || head->shard >= after.shard || HashOfHead(*head) != after.previous) {
      return std::nullopt;
    }
    chain.heads.push_back(*head);
  }
  return chain;
}

// An alarm, or nothing when the log goes on from the head that was seen.
std::string AlarmAbout(const ErasureHead& seen, const Chain& chain,
                       const v1::ErasureProofResponse& proof, bool& continued) {
  const ErasureHead& newest = chain.heads.front();
  const bool shorter =
      newest.shard < seen.shard || (newest.shard == seen.shard && newest.size < seen.size);
  if (shorter) return "the log is shorter than it was: erasures have been taken back";
  const ErasureHead* later = chain.Of(seen.shard);
  // Shards without an erasure have no head; the seen one then was empty.
  if (later == nullptr) {
    if (seen.size > 0) return "the log does not lead back to the head that was seen last";
    return "";
  }
  if (later->previous != seen.previous) return "the log's past has been changed";
  if (proof.consistency_gone()) {
    continued = false;
    return "";
  }
  const auto path = HashesIn(proof.consistency());
  if (!path || !merkle::IsConsistent(TreeOf(seen), TreeOf(*later), *path)) {
    return "the log does not continue the head that was seen last";
  }
  return "";
}

// None when the proof does not prove it.
std::optional<ErasureLeaf> LeafProven(const EnvelopeId& envelope,
                                      const v1::ErasureProofResponse& proof, const Chain& chain) {
  const Result<ErasureLeaf> leaf = ParseErasureLeaf(AsBytes(proof.leaf()));
  const auto path = HashesIn(proof.path());
  const ErasureHead* head = chain.Of(proof.shard());
  if (!leaf || !path || head == nullptr || leaf->commitment != CommitmentTo(envelope)) {
    return std::nullopt;
  }
  const Bytes32 hash = merkle::LeafHash(AsBytes(proof.leaf()));
  if (!merkle::IsIncluded(hash, proof.index(), TreeOf(*head), *path)) return std::nullopt;
  return *leaf;
}

}  // namespace

ErasureVerdict CheckErasure(const EnvelopeId& envelope, const v1::ErasureProofResponse& proof,
                            const LogMemory& memory) {
  ErasureVerdict verdict;
  const auto key = HashIn(proof.public_key());
  const auto chain = ChainOf(proof);
  const auto alarm = [&](std::string sentence) {
    verdict.alarm = std::move(sentence);
    return verdict;
  };
  if (!key || !chain) return alarm("the proof is malformed, or its heads are no chain");
  if (memory.key && *memory.key != *key)
    return alarm("the log is signed with another key than before");
  verdict.key = *key;
  verdict.head = chain->heads.front();
  if (!VerifyMessage(*key, EncodeErasureHead(verdict.head), AsBytes(proof.signature()))) {
    return alarm("the signature of the log is wrong");
  }
  if (memory.head) {
    std::string about = AlarmAbout(*memory.head, *chain, proof, verdict.continued);
    if (!about.empty()) return alarm(std::move(about));
  }
  verdict.log_is_sound = true;
  if (!proof.erased()) return verdict;
  verdict.leaf = LeafProven(envelope, proof, *chain);
  if (!verdict.leaf) return alarm("the bridge says it is erased and does not prove it");
  return verdict;
}

Bytes EncodeMemory(const ErasureHead& head) {
  Bytes out = EncodeErasureHead(head);
  return {out.end() - static_cast<std::ptrdiff_t>(kMemoryBytes), out.end()};
}

std::optional<ErasureHead> ParseMemory(ByteView octets) {
  if (octets.size() != kMemoryBytes) return std::nullopt;
  ErasureHead head;
  for (const std::uint8_t each : octets.first(4)) head.shard = head.shard << 8 | each;
  for (const std::uint8_t each : octets.subspan(4, 8)) head.size = head.size << 8 | each;
  std::copy_n(octets.begin() + 12, 32, head.root.begin());
  std::copy_n(octets.begin() + 44, 32, head.previous.begin());
  return head;
}

}  // namespace trestle::cli
