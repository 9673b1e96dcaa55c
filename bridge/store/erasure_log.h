// The append-only list of what was erased, as a Merkle tree in the store: leaf hashes in tiles of
// 64 and the roots of full tiles in tiles above them, so that a group of any number of erasures
// writes a few rows and a proof reads two tiles a level. Appends wait in memory until the group
// commits and are rolled back with the work that made them. Tiles of a shard are kept until two
// weeks after its end, its final head for ever (52 rows a year). On the writer executor only.
#pragma once

#include <map>
#include <set>
#include <utility>
#include <vector>

#include "bridge/base/merkle.h"
#include "bridge/envelope/erasure.h"
#include "bridge/store/database.h"

namespace trestle {

class ErasureLog {
 public:
  static constexpr int kTileBits = 6;
  static constexpr std::uint64_t kTileHashes = std::uint64_t{1} << kTileBits;
  static constexpr std::uint32_t kShardsKept = 2;  // besides the open one, with their tiles
  static constexpr std::size_t kHeadsAtOnceMax = 64;

  explicit ErasureLog(Database& database) : database_(database) {}

  // Takes up the open shard, or begins the first.
  Result<void> Load(WallTime now);

  std::uint32_t shard() const { return shard_; }
  std::uint64_t size() const { return size_; }
  std::uint64_t Append(const Bytes32& leaf_hash);  // the leaf's index
  void RollBackTo(std::uint64_t size);

  // Inside the transaction that is about to commit, and after it did or did not.
  Result<void> Flush();
  void Settle();
  void Forget() { RollBackTo(settled_size_); }

  // Outside of any transaction: closes the shard when its week is over and begins another, and
  // erases the tiles of old ones.
  Result<void> Turn(WallTime now);

  // What is appended and not yet settled counts.
  Result<ErasureHead> Head();
  Result<std::vector<ErasureHead>> ClosedHeads(std::uint32_t from_shard);
  // kNotFound for a shard whose tiles are gone, or places that it does not have.
  Result<std::vector<Bytes32>> InclusionPath(std::uint32_t shard, std::uint64_t index);
  Result<std::vector<Bytes32>> ConsistencyPath(std::uint32_t shard, std::uint64_t from);

 private:
  using Place = std::pair<int, std::uint64_t>;  // level and number of a tile
  using Tile = std::vector<Bytes32>;

  Result<std::uint64_t> SizeOf(std::uint32_t shard);
  Result<Tile> ReadTile(std::uint32_t shard, const Place& place);
  Result<Bytes32> Subtree(std::uint32_t shard, int level, std::uint64_t index);
  Result<void> LoadTail();
  Result<void> Begin(std::uint32_t shard, const Bytes32& previous);
  Result<void> Close(std::uint32_t next);

  Database& database_;
  std::uint32_t shard_ = 0;
  std::uint64_t size_ = 0;
  std::uint64_t settled_size_ = 0;
  Bytes32 previous_{};
  std::map<Place, Tile> tail_;  // the last tile of each level, and those that wait for Flush
  std::set<Place> dirty_;
};

}  // namespace trestle
