// A hostile bridge against the check of erasures: whatever it changes, the home notices.
#include "cli/erasure_check.h"

#include <catch2/catch.hpp>

#include "bridge/base/merkle.h"
#include "bridge/base/signing.h"

using namespace trestle;
using namespace trestle::cli;

namespace {

EnvelopeId IdOf(std::uint8_t number) { return EnvelopeId(Bytes16{number}); }
std::string Text(ByteView octets) { return std::string(AsText(octets)); }

// A bridge that proves what it is told to: shards of leaves, a key, and the lies of a test.
struct Bridge {
  std::vector<std::vector<ErasureLeaf>> shards;
  std::uint32_t first_shard = 2900;
  Secret key{std::string(32, 'k')};

  void Erase(std::uint8_t number, ErasureCause cause = ErasureCause::kDelivered) {
    if (shards.empty()) shards.emplace_back();
    shards.back().push_back({CommitmentTo(IdOf(number)), cause, 490'000});
  }
  std::vector<Bytes32> Leaves(std::size_t shard) const {
    std::vector<Bytes32> out;
    for (const ErasureLeaf& leaf : shards.at(shard)) {
      out.push_back(merkle::LeafHash(EncodeErasureLeaf(leaf)));
    }
    return out;
  }
  static Bytes32 Root(std::span<const Bytes32> leaves) {
    if (leaves.empty()) return merkle::EmptyRoot();
    if (leaves.size() == 1) return leaves[0];
    std::size_t split = 1;
    while (split * 2 < leaves.size()) split *= 2;
    return merkle::NodeHash(Root(leaves.first(split)), Root(leaves.subspan(split)));
  }
  ErasureHead Head(std::size_t shard) const {
    ErasureHead head;
    head.shard = first_shard + static_cast<std::uint32_t>(shard);
    head.size = shards.at(shard).size();
    head.root = Root(Leaves(shard));
    if (shard > 0) head.previous = HashOfHead(Head(shard - 1));
    return head;
  }
  static void Fill(const ErasureHead& head, v1::ErasureHead& out) {
    out.set_shard(head.shard);
    out.set_size(head.size);
    out.set_root(Text(head.root));
    out.set_previous(Text(head.previous));
  }
  // About leaf `index` of shard `shard`, to a home that saw `seen`.
  v1::ErasureProofResponse Prove(std::size_t shard, std::uint64_t index,
                                 std::optional<ErasureHead> seen = std::nullopt) const {
    v1::ErasureProofResponse out;
    const std::size_t newest = shards.size() - 1;
    out.set_erased(true);
    out.set_leaf(Text(EncodeErasureLeaf(shards.at(shard).at(index))));
    out.set_shard(Head(shard).shard);
    out.set_index(index);
    for (const Bytes32& each : PathOf(shard, index)) out.add_path(Text(each));
    Fill(Head(newest), *out.mutable_head());
    out.set_signature(Text(SignMessage(key, EncodeErasureHead(Head(newest)))));
    out.set_public_key(Text(SigningPublicKey(key)));
    for (std::size_t i = 0; i < newest; ++i) Fill(Head(i), *out.add_closed_heads());
    if (seen) {
      for (const Bytes32& each : GrowthOf(seen->shard - first_shard, seen->size)) {
        out.add_consistency(Text(each));
      }
    }
    return out;
  }
  std::vector<Bytes32> PathOf(std::size_t shard, std::uint64_t index) const {
    const auto leaves = Leaves(shard);
    return *merkle::InclusionPath(index, leaves.size(), [&](int level, std::uint64_t at) {
      return Result<Bytes32>(Root(std::span(leaves).subspan(at << level, std::size_t{1} << level)));
    });
  }
  std::vector<Bytes32> GrowthOf(std::size_t shard, std::uint64_t from) const {
    const auto leaves = Leaves(shard);
    return *merkle::ConsistencyPath(from, leaves.size(), [&](int level, std::uint64_t at) {
      return Result<Bytes32>(Root(std::span(leaves).subspan(at << level, std::size_t{1} << level)));
    });
  }
};

struct Scene {
  Scene() {
    for (std::uint8_t i = 0; i < 6; ++i) bridge.Erase(i);
    memory.key = SigningPublicKey(bridge.key);
    memory.head = bridge.Head(0);
    bridge.Erase(6, ErasureCause::kExpired);
    bridge.Erase(7);
    proof = bridge.Prove(0, 6, memory.head);
  }
  ErasureVerdict Check() const { return CheckErasure(IdOf(6), proof, memory); }
  void CheckAlarm(const char* words) const {
    const ErasureVerdict verdict = Check();
    CHECK_FALSE(verdict.leaf);
    CHECK_FALSE(verdict.log_is_sound);
    CHECK(verdict.alarm.find(words) != std::string::npos);
  }

  Bridge bridge;
  LogMemory memory;
  v1::ErasureProofResponse proof;
};

}  // namespace

TEST_CASE("A right proof is believed, and says when and why") {
  const ErasureVerdict verdict = Scene().Check();
  CHECK(verdict.log_is_sound);
  REQUIRE(verdict.leaf);
  CHECK(verdict.leaf->cause == ErasureCause::kExpired);
  CHECK(verdict.leaf->hour == 490'000);
  CHECK(verdict.head.size == 8);
}

TEST_CASE("At the first use there is nothing to compare with, and key and head are to be kept") {
  Scene scene;
  scene.memory = {};
  scene.proof = scene.bridge.Prove(0, 6);
  const ErasureVerdict verdict = scene.Check();
  CHECK(verdict.leaf);
  CHECK(verdict.key == SigningPublicKey(scene.bridge.key));
}

TEST_CASE("Another key than the pinned one is an alarm") {
  Scene scene;
  scene.bridge.key = Secret(std::string(32, 'x'));
  scene.proof = scene.bridge.Prove(0, 6, scene.memory.head);
  scene.CheckAlarm("another key");
}

TEST_CASE("A head that nobody signed is an alarm") {
  Scene scene;
  scene.proof.mutable_head()->set_size(9);
  scene.CheckAlarm("signature");
}

TEST_CASE("A log that was rewritten, shortened or grown beside its past is an alarm") {
  Scene scene;
  SECTION("rewritten") {
    scene.bridge.shards[0][2].cause = ErasureCause::kRevoked;
    scene.proof = scene.bridge.Prove(0, 6, scene.memory.head);
    scene.CheckAlarm("does not continue");
  }
  SECTION("shortened") {
    scene.memory.head = scene.bridge.Head(0);
    scene.bridge.shards[0].resize(7);
    scene.proof = scene.bridge.Prove(0, 6);
    scene.CheckAlarm("shorter");
  }
  SECTION("same length, other leaves") {
    scene.memory.head = scene.bridge.Head(0);
    scene.bridge.shards[0][7].cause = ErasureCause::kRevoked;
    scene.proof = scene.bridge.Prove(0, 6, scene.memory.head);
    scene.CheckAlarm("does not continue");
  }
}

TEST_CASE("A leaf about another envelope, or in another place, proves nothing") {
  Scene scene;
  SECTION("another envelope") { scene.proof = scene.bridge.Prove(0, 5, scene.memory.head); }
  SECTION("another place") { scene.proof.set_index(5); }
  SECTION("another cause") { scene.proof.mutable_leaf()->at(33) = 1; }
  SECTION("no path") { scene.proof.clear_path(); }
  const ErasureVerdict verdict = scene.Check();
  CHECK(verdict.log_is_sound);
  CHECK_FALSE(verdict.leaf);
  CHECK(verdict.alarm.find("does not prove") != std::string::npos);
}

TEST_CASE("A new week continues the old one, and a changed old one is an alarm") {
  Scene scene;
  scene.bridge.shards.emplace_back();
  scene.bridge.Erase(8);
  SECTION("right") {
    scene.proof = scene.bridge.Prove(0, 6, scene.memory.head);
    CHECK(scene.Check().leaf);
  }
  SECTION("the old week left out") {
    scene.proof = scene.bridge.Prove(1, 0);
    scene.proof.clear_closed_heads();
    scene.CheckAlarm("does not lead back");
  }
  SECTION("the old week changed") {
    scene.bridge.shards[0][2].cause = ErasureCause::kRevoked;
    scene.proof = scene.bridge.Prove(0, 6, scene.memory.head);
    scene.CheckAlarm("does not continue");
  }
  SECTION("the chain broken") {
    scene.proof = scene.bridge.Prove(0, 6, scene.memory.head);
    scene.proof.mutable_closed_heads(0)->set_size(7);
    scene.CheckAlarm("no chain");
  }
}

TEST_CASE("After a long absence the weeks are still checked as a chain, and it is said") {
  Scene scene;
  scene.bridge.shards.emplace_back();
  scene.bridge.Erase(9);
  scene.proof = scene.bridge.Prove(1, 0);
  scene.proof.set_consistency_gone(true);
  const ErasureVerdict verdict = CheckErasure(IdOf(9), scene.proof, scene.memory);
  CHECK(verdict.leaf);
  CHECK_FALSE(verdict.continued);
}

TEST_CASE("What is not erased is not taken for erased") {
  Scene scene;
  scene.proof.set_erased(false);
  const ErasureVerdict verdict = scene.Check();
  CHECK(verdict.log_is_sound);
  CHECK_FALSE(verdict.leaf);
  CHECK(verdict.alarm.empty());
}

TEST_CASE("The head comes back from the home as it was kept, and damage shows") {
  const ErasureHead head{2901, 77, Bytes32{1}, Bytes32{2}};
  const Bytes octets = EncodeMemory(head);
  CHECK(HashOfHead(*ParseMemory(octets)) == HashOfHead(head));
  CHECK_FALSE(ParseMemory(ByteView(octets).first(75)));
}
