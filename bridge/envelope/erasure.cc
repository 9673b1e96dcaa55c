#include "bridge/envelope/erasure.h"

#include <algorithm>

#include "bridge/base/digest.h"

namespace trestle {
namespace {

constexpr std::uint8_t kLeafVersion = 1;
constexpr std::size_t kLeafBytes = 1 + 32 + 1 + 4;
constexpr std::string_view kCommitmentLabel = "trestle erased envelope 1";
constexpr std::string_view kHeadLabel = "trestle erasure head 1";

void Put(Bytes& out, std::uint64_t value, int octets) {
  for (int shift = 8 * (octets - 1); shift >= 0; shift -= 8) {
    out.push_back(static_cast<std::uint8_t>(value >> shift));
  }
}

}  // namespace

std::string_view ErasureCauseName(ErasureCause cause) {
  switch (cause) {
    case ErasureCause::kDelivered:
      return "delivered";
    case ErasureCause::kExpired:
      return "expired";
    case ErasureCause::kRevoked:
      return "revoked";
    case ErasureCause::kGivenUp:
      return "given up";
  }
  return "unknown";
}

Bytes32 CommitmentTo(const EnvelopeId& envelope) {
  return Sha256({AsBytes(kCommitmentLabel), envelope.bytes()});
}

Bytes EncodeErasureLeaf(const ErasureLeaf& leaf) {
  Bytes out = {kLeafVersion};
  out.insert(out.end(), leaf.commitment.begin(), leaf.commitment.end());
  out.push_back(static_cast<std::uint8_t>(leaf.cause));
  Put(out, leaf.hour, 4);
  return out;
}

Result<ErasureLeaf> ParseErasureLeaf(ByteView octets) {
  if (octets.size() != kLeafBytes || octets[0] != kLeafVersion) {
    return Fail(Reason::kMalformed, "not an erasure leaf of version 1");
  }
  ErasureLeaf out;
  std::copy_n(octets.begin() + 1, 32, out.commitment.begin());
  out.cause = static_cast<ErasureCause>(octets[33]);
  if (ErasureCauseName(out.cause) == "unknown") {
    return Fail(Reason::kMalformed, "an erasure leaf with an unknown cause");
  }
  for (const std::uint8_t each : octets.last(4)) out.hour = out.hour << 8 | each;
  return out;
}

Bytes EncodeErasureHead(const ErasureHead& head) {
  Bytes out = ToBytes(kHeadLabel);
  Put(out, head.shard, 4);
  Put(out, head.size, 8);
  out.insert(out.end(), head.root.begin(), head.root.end());
  out.insert(out.end(), head.previous.begin(), head.previous.end());
  return out;
}

Bytes32 HashOfHead(const ErasureHead& head) { return Sha256(EncodeErasureHead(head)); }

}  // namespace trestle
