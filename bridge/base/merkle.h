// Merkle trees over an append-only list, hashed as Certificate Transparency does (RFC 9162, Section
// 2.1, which keeps the rules of RFC 6962): the same tree for whoever makes proofs and for whoever
// checks them. Pure.
#pragma once

#include <absl/functional/function_ref.h>

#include <vector>

#include "bridge/base/bytes.h"

namespace trestle::merkle {

// No list here is longer; a path has at most this many hashes.
inline constexpr int kLevelsMax = 40;
inline constexpr std::uint64_t kLeavesMax = std::uint64_t{1} << kLevelsMax;

Bytes32 LeafHash(ByteView leaf);                              // SHA-256(0x00 || leaf)
Bytes32 NodeHash(const Bytes32& left, const Bytes32& right);  // SHA-256(0x01 || left || right)
Bytes32 EmptyRoot();                                          // SHA-256 of nothing

// The hash of the complete subtree of 2^level leaves that starts at leaf index * 2^level.
using Subtree = absl::FunctionRef<Result<Bytes32>(int level, std::uint64_t index)>;

// The root of the first `size` leaves.
Result<Bytes32> RootOf(std::uint64_t size, Subtree subtree);
// What leads from leaf `index` to the root of the first `size`; index < size.
Result<std::vector<Bytes32>> InclusionPath(std::uint64_t index, std::uint64_t size,
                                           Subtree subtree);
// What shows that the tree of the first `from` leaves is the beginning of that of `to`; from <= to.
Result<std::vector<Bytes32>> ConsistencyPath(std::uint64_t from, std::uint64_t to, Subtree subtree);

struct Head {
  std::uint64_t size = 0;
  Bytes32 root{};
};
// RFC 9162, Sections 2.1.3.2 and 2.1.4.2. Any input; false for what does not prove it.
bool IsIncluded(const Bytes32& leaf_hash, std::uint64_t index, const Head& head,
                const std::vector<Bytes32>& path);
bool IsConsistent(const Head& from, const Head& to, const std::vector<Bytes32>& path);

}  // namespace trestle::merkle
