// The log of erasures in the store: tiles, groups, rollbacks, weeks.
#include "bridge/store/erasure_log.h"

#include <catch2/catch.hpp>

#include "bridge/base/signing.h"
#include "tests/unit/store/store_scene.h"

using namespace trestle;
using namespace trestle::test;
using namespace std::chrono_literals;

namespace {

EnvelopeId IdOf(std::uint64_t number) {
  Bytes16 octets{};
  for (std::size_t i = 0; i < 8; ++i) octets[i] = static_cast<std::uint8_t>(number >> (8 * i));
  return EnvelopeId(octets);
}

Bytes32 LeafOf(std::uint64_t number, WallTime at) {
  return merkle::LeafHash(
      EncodeErasureLeaf({CommitmentTo(IdOf(number)), ErasureCause::kExpired, HourOf(at)}));
}

struct Scene : StoreScene {
  using StoreScene::StoreScene;

  // One piece of work that logs so many erasures, and then may fail.
  Result<void> Log(std::uint64_t count, bool fails = false) {
    return Do([&](Transaction& tx) -> Result<void> {
      for (std::uint64_t i = 0; i < count; ++i) {
        tx.LogErasure(kHomeStore, IdOf(next + i), ErasureCause::kExpired, clock.wall_now());
      }
      if (fails) return Fail(Reason::kConflict, "no");
      next += count;
      return {};
    });
  }
  ErasureHead Head() {
    ErasureHead head;
    CHECK(Do([&](Transaction& tx) -> Result<void> {
      head = TRESTLE_TRY(tx.erasure_log(kHomeStore).Head());
      return {};
    }));
    return head;
  }
  template <class Read>
  auto Ask(Read read) {
    std::optional<decltype(read(std::declval<ErasureLog&>()))> out;
    CHECK(Do([&](Transaction& tx) -> Result<void> {
      out = read(tx.erasure_log(kHomeStore));
      return {};
    }));
    return *out;
  }
  Bytes32 NaiveRoot(std::uint64_t size) {
    std::vector<Bytes32> level;
    for (std::uint64_t i = 0; i < size; ++i) level.push_back(LeafOf(i, clock.wall_now()));
    return NaiveRoot(level);
  }
  static Bytes32 NaiveRoot(std::span<const Bytes32> leaves) {
    if (leaves.empty()) return merkle::EmptyRoot();
    if (leaves.size() == 1) return leaves[0];
    std::size_t split = 1;
    while (split * 2 < leaves.size()) split *= 2;
    return merkle::NodeHash(NaiveRoot(leaves.first(split)), NaiveRoot(leaves.subspan(split)));
  }

  std::uint64_t next = 0;
};

}  // namespace

TEST_CASE("The root is that of all leaves, whatever groups they came in") {
  Scene scene;
  for (const std::uint64_t count : {1U, 1U, 62U, 1U, 63U, 200U, 1U}) {
    REQUIRE(scene.Log(count));
    REQUIRE(scene.Head().size == scene.next);
    REQUIRE(scene.Head().root == scene.NaiveRoot(scene.next));
  }
}

TEST_CASE("Work that is rolled back leaves no leaf, over any edge of a tile") {
  Scene scene;
  for (const std::uint64_t count : {60U, 4U, 64U, 63U, 1U, 130U}) {
    CHECK_FALSE(scene.Log(70, true));
    REQUIRE(scene.Log(count));
    CHECK_FALSE(scene.Log(1, true));
    scene.commit_fails = true;
    CHECK_FALSE(scene.Log(5));
    scene.next -= 5;
    scene.commit_fails = false;
    REQUIRE(scene.Head().root == scene.NaiveRoot(scene.next));
  }
}

TEST_CASE("A leaf keeps its place and its proof over the next start") {
  const ScratchFolder folder;
  const std::string path = folder.path() + "/store.db";
  ErasureHead before;
  {
    Scene scene(path);
    REQUIRE(scene.Log(100));
    before = scene.Head();
  }
  Scene scene(path);
  scene.next = 100;
  CHECK(scene.Head().root == before.root);
  REQUIRE(scene.Log(4000));
  const ErasureHead head = scene.Head();
  CHECK(head.root == scene.NaiveRoot(4100));
  for (const std::uint64_t index : {0U, 63U, 64U, 99U, 100U, 4095U, 4096U, 4099U}) {
    const auto path_up =
        scene.Ask([&](ErasureLog& log) { return log.InclusionPath(head.shard, index); }).value();
    REQUIRE(merkle::IsIncluded(LeafOf(index, scene.clock.wall_now()), index, {head.size, head.root},
                               path_up));
  }
  const auto grown =
      scene.Ask([&](ErasureLog& log) { return log.ConsistencyPath(head.shard, 100); }).value();
  CHECK(merkle::IsConsistent({before.size, before.root}, {head.size, head.root}, grown));
}

TEST_CASE("A place that the log does not have is not found") {
  Scene scene;
  REQUIRE(scene.Log(3));
  const std::uint32_t shard = scene.Head().shard;
  CHECK(scene.Ask([&](ErasureLog& log) { return log.InclusionPath(shard, 3); }).error().reason ==
        Reason::kNotFound);
  CHECK(
      scene.Ask([&](ErasureLog& log) { return log.InclusionPath(shard - 1, 0); }).error().reason ==
      Reason::kNotFound);
  CHECK(scene.Ask([&](ErasureLog& log) { return log.ConsistencyPath(shard, 4); }).error().reason ==
        Reason::kNotFound);
}

TEST_CASE("Each week has a shard; the heads are a chain, and old tiles are erased") {
  Scene scene;
  std::vector<ErasureHead> finals;
  for (int week = 0; week < 5; ++week) {
    REQUIRE(scene.Log(70));
    finals.push_back(scene.Head());
    scene.clock.Pass(7 * 24h);
    scene.store->AskForCheckpoint();
    scene.executor.RunAll();
  }
  const ErasureHead open = scene.Head();
  CHECK(open.size == 0);
  CHECK(open.previous == HashOfHead(finals.back()));
  const auto closed =
      scene.Ask([&](ErasureLog& log) { return log.ClosedHeads(finals[0].shard); }).value();
  REQUIRE(closed.size() == 5);
  for (std::size_t i = 0; i < 5; ++i) {
    CHECK(HashOfHead(closed[i]) == HashOfHead(finals[i]));
    if (i > 0) CHECK(closed[i].previous == HashOfHead(closed[i - 1]));
  }
  CHECK(scene.Ask([&](ErasureLog& log) { return log.InclusionPath(finals[3].shard, 69); }));
  CHECK(scene.Ask([&](ErasureLog& log) { return log.InclusionPath(finals[2].shard, 69); })
            .error()
            .reason == Reason::kNotFound);
}

TEST_CASE("A week in which nothing was erased has no head") {
  Scene scene;
  scene.clock.Pass(21 * 24h);
  scene.store->AskForCheckpoint();
  scene.executor.RunAll();
  CHECK(scene.Ask([](ErasureLog& log) { return log.ClosedHeads(0); }).value().empty());
  CHECK(scene.Head().shard == ErasureShardOf(scene.clock.wall_now()));
}

TEST_CASE("The signature is of the head and no other, under a key that stays") {
  const ScratchFolder folder;
  const std::string path = folder.path() + "/store.db";
  Bytes32 key{};
  {
    Scene scene(path);
    key = scene.store->log_public_key(kHomeStore);
  }
  Scene scene(path);
  CHECK(scene.store->log_public_key(kHomeStore) == key);
  ErasureHead head = scene.Head();
  const Bytes signature = scene.store->SignHead(kHomeStore, head);
  CHECK(VerifyMessage(key, EncodeErasureHead(head), signature));
  head.size += 1;
  CHECK_FALSE(VerifyMessage(key, EncodeErasureHead(head), signature));
}

TEST_CASE("A leaf says what it says in 38 octets, and nothing else parses") {
  const ErasureLeaf leaf{CommitmentTo(IdOf(7)), ErasureCause::kRevoked, 472222};
  const Bytes octets = EncodeErasureLeaf(leaf);
  REQUIRE(octets.size() == 38);
  const ErasureLeaf back = ParseErasureLeaf(octets).value();
  CHECK(back.commitment == leaf.commitment);
  CHECK(back.cause == leaf.cause);
  CHECK(back.hour == leaf.hour);
  CHECK_FALSE(ParseErasureLeaf(ByteView(octets).first(37)));
  Bytes other = octets;
  other[0] = 2;
  CHECK_FALSE(ParseErasureLeaf(other));
  other = octets;
  other[33] = 9;
  CHECK_FALSE(ParseErasureLeaf(other));
}
