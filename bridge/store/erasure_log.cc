#include "bridge/store/erasure_log.h"

#include <algorithm>

namespace trestle {
namespace {

// Of a power of two of hashes.
Bytes32 RootOfHashes(std::vector<Bytes32> hashes) {
  TRESTLE_CHECK(!hashes.empty());
  while (hashes.size() > 1) {
    for (std::size_t i = 0; i < hashes.size() / 2; ++i) {
      hashes[i] = merkle::NodeHash(hashes[2 * i], hashes[2 * i + 1]);
    }
    hashes.resize(hashes.size() / 2);
  }
  return hashes.front();
}

Bytes Joined(const std::vector<Bytes32>& hashes) {
  Bytes out;
  out.reserve(hashes.size() * 32);
  for (const Bytes32& each : hashes) out.insert(out.end(), each.begin(), each.end());
  return out;
}

std::vector<Bytes32> Parted(ByteView octets) {
  std::vector<Bytes32> out(octets.size() / 32);
  for (std::size_t i = 0; i < out.size(); ++i) {
    std::copy_n(octets.begin() + static_cast<std::ptrdiff_t>(i * 32), 32, out[i].begin());
  }
  return out;
}

// How many hashes the level has when the list has `size` leaves.
std::uint64_t CountAt(int level, std::uint64_t size) {
  return size >> (ErasureLog::kTileBits * level);
}

}  // namespace

Result<void> ErasureLog::Load(WallTime now) {
  {
    Query query = database_.Use(
        "SELECT shard, size, previous FROM erasure_shard WHERE root IS NULL ORDER BY shard LIMIT "
        "1");
    if (!TRESTLE_TRY(query.Step())) return Begin(ErasureShardOf(now), Bytes32{});
    shard_ = static_cast<std::uint32_t>(query.Number());
    size_ = query.Count();
    previous_ = query.Hash();
  }
  settled_size_ = size_;
  return LoadTail();
}

Result<void> ErasureLog::LoadTail() {
  tail_.clear();
  dirty_.clear();
  for (int level = 0; CountAt(level, size_) > 0; ++level) {
    const std::uint64_t count = CountAt(level, size_);
    if (count % kTileHashes == 0) continue;  // the next hash begins a tile
    const Place place{level, count / kTileHashes};
    Tile tile = TRESTLE_TRY(ReadTile(shard_, place));
    if (tile.size() < count % kTileHashes) {
      return Fail(Reason::kStorage, "the erasure log is damaged: restore it from a backup");
    }
    tile.resize(count % kTileHashes);
    tail_[place] = std::move(tile);
  }
  return {};
}

Result<void> ErasureLog::Begin(std::uint32_t shard, const Bytes32& previous) {
  Query query = database_.Use(
      "INSERT INTO erasure_shard (shard, size, previous, root) VALUES (?, 0, ?, NULL)");
  TRESTLE_TRY(query.Run(std::uint64_t{shard}, previous));
  shard_ = shard;
  previous_ = previous;
  size_ = settled_size_ = 0;
  tail_.clear();
  dirty_.clear();
  return {};
}

std::uint64_t ErasureLog::Append(const Bytes32& leaf_hash) {
  const std::uint64_t index = size_++;
  Bytes32 hash = leaf_hash;
  std::uint64_t at = index;
  for (int level = 0;; ++level) {
    const Place place{level, at / kTileHashes};
    Tile& tile = tail_[place];
    TRESTLE_CHECK(tile.size() == at % kTileHashes);
    tile.push_back(hash);
    dirty_.insert(place);
    if (tile.size() < kTileHashes) return index;
    hash = RootOfHashes(tile);
    at = place.second;
  }
}

void ErasureLog::RollBackTo(std::uint64_t size) {
  size_ = size;
  for (auto each = tail_.begin(); each != tail_.end();) {
    const auto& [level, number] = each->first;
    const std::uint64_t count = CountAt(level, size);
    const std::uint64_t begin = number * kTileHashes;
    const std::uint64_t kept = count > begin ? std::min(count - begin, kTileHashes) : 0;
    if (kept < each->second.size()) each->second.resize(kept);
    if (kept == 0) dirty_.erase(each->first);
    each = kept == 0 ? tail_.erase(each) : std::next(each);
  }
}

Result<void> ErasureLog::Flush() {
  if (size_ == settled_size_) return {};
  for (const Place& place : dirty_) {
    Query query = database_.Use(
        "INSERT OR REPLACE INTO erasure_tile (shard, level, tile, hashes) VALUES (?, ?, ?, ?)");
    TRESTLE_TRY(query.Run(std::uint64_t{shard_}, place.first, std::uint64_t{place.second},
                          Joined(tail_.at(place))));
  }
  Query query = database_.Use("UPDATE erasure_shard SET size = ? WHERE shard = ?");
  return query.Run(std::uint64_t{size_}, std::uint64_t{shard_});
}

void ErasureLog::Settle() {
  if (size_ == settled_size_) return;
  settled_size_ = size_;
  dirty_.clear();
  std::erase_if(tail_, [](const auto& each) { return each.second.size() == kTileHashes; });
}

Result<void> ErasureLog::Turn(WallTime now) {
  const std::uint32_t week = ErasureShardOf(now);
  if (week <= shard_) return {};
  TRESTLE_TRY(database_.Execute("BEGIN IMMEDIATE"));
  const Result<void> closed = Close(week);
  const Result<void> committed = closed ? database_.Execute("COMMIT") : closed;
  if (committed) return {};
  static_cast<void>(database_.Execute("ROLLBACK"));
  TRESTLE_TRY(Load(now));
  return committed;
}

Result<void> ErasureLog::Close(std::uint32_t next) {
  const ErasureHead final_head = TRESTLE_TRY(Head());
  if (final_head.size > 0) {
    Query query = database_.Use("UPDATE erasure_shard SET root = ? WHERE shard = ?");
    TRESTLE_TRY(query.Run(final_head.root, std::uint64_t{shard_}));
  } else {
    // Nothing was erased in it: it leaves no head, so that the chain has one for each week with
    // any.
    Query query = database_.Use("DELETE FROM erasure_shard WHERE shard = ?");
    TRESTLE_TRY(query.Run(std::uint64_t{shard_}));
  }
  Query old = database_.Use("DELETE FROM erasure_tile WHERE shard < ?");
  TRESTLE_TRY(old.Run(std::uint64_t{next - std::min(next, kShardsKept)}));
  return Begin(next, final_head.size > 0 ? HashOfHead(final_head) : previous_);
}

Result<ErasureHead> ErasureLog::Head() {
  ErasureHead head{shard_, size_, {}, previous_};
  head.root = TRESTLE_TRY(merkle::RootOf(
      size_, [this](int level, std::uint64_t index) { return Subtree(shard_, level, index); }));
  return head;
}

Result<std::vector<ErasureHead>> ErasureLog::ClosedHeads(std::uint32_t from_shard) {
  Query query = database_.Use(
      "SELECT shard, size, root, previous FROM erasure_shard WHERE shard >= ? AND root IS NOT NULL "
      "ORDER BY shard DESC LIMIT ?");
  query.With(std::uint64_t{from_shard}, std::uint64_t{kHeadsAtOnceMax});
  std::vector<ErasureHead> heads;
  while (TRESTLE_TRY(query.Step())) {
    ErasureHead& head = heads.emplace_back();
    head.shard = static_cast<std::uint32_t>(query.Number());
    head.size = query.Count();
    head.root = query.Hash();
    head.previous = query.Hash();
  }
  std::ranges::reverse(heads);
  return heads;
}

Result<std::vector<Bytes32>> ErasureLog::InclusionPath(std::uint32_t shard, std::uint64_t index) {
  const std::uint64_t size = TRESTLE_TRY(SizeOf(shard));
  if (index >= size) return Fail(Reason::kNotFound, "the log has no such leaf");
  return merkle::InclusionPath(index, size, [this, shard](int level, std::uint64_t at) {
    return Subtree(shard, level, at);
  });
}

Result<std::vector<Bytes32>> ErasureLog::ConsistencyPath(std::uint32_t shard, std::uint64_t from) {
  const std::uint64_t size = TRESTLE_TRY(SizeOf(shard));
  if (from > size) return Fail(Reason::kNotFound, "the log is shorter than that");
  return merkle::ConsistencyPath(
      from, size, [this, shard](int level, std::uint64_t at) { return Subtree(shard, level, at); });
}

Result<std::uint64_t> ErasureLog::SizeOf(std::uint32_t shard) {
  if (shard == shard_) return size_;
  Query query = database_.Use("SELECT size FROM erasure_shard WHERE shard = ?");
  if (!TRESTLE_TRY(query.With(std::uint64_t{shard}).Step())) return std::uint64_t{0};
  return query.Count();
}

Result<ErasureLog::Tile> ErasureLog::ReadTile(std::uint32_t shard, const Place& place) {
  if (shard == shard_) {
    const auto found = tail_.find(place);
    if (found != tail_.end()) return found->second;
  }
  Query query =
      database_.Use("SELECT hashes FROM erasure_tile WHERE shard = ? AND level = ? AND tile = ?");
  query.With(std::uint64_t{shard}, place.first, std::uint64_t{place.second});
  if (!TRESTLE_TRY(query.Step())) {
    return Fail(Reason::kNotFound, "that part of the erasure log is kept no longer");
  }
  return Parted(query.Blob());
}

Result<Bytes32> ErasureLog::Subtree(std::uint32_t shard, int level, std::uint64_t index) {
  const int above = level % kTileBits;  // levels above the tile's own hashes
  const std::uint64_t first = index << above;
  const std::uint64_t count = std::uint64_t{1} << above;
  const Tile tile = TRESTLE_TRY(ReadTile(shard, {level / kTileBits, first / kTileHashes}));
  const std::uint64_t offset = first % kTileHashes;
  if (offset + count > tile.size()) {
    return Fail(Reason::kStorage, "the erasure log is damaged: restore it from a backup");
  }
  const auto begin = tile.begin() + static_cast<std::ptrdiff_t>(offset);
  return RootOfHashes({begin, begin + static_cast<std::ptrdiff_t>(count)});
}

}  // namespace trestle
