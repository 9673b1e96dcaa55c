// Random histories of a group, from a seed: whatever members do in whatever order, those who are in
// agree, hear each other, and survive storage. A failure names its seed.
#include <catch2/catch.hpp>

#include "tests/unit/endpoint/group_world.h"

namespace trestle::mls {
namespace {

using namespace testing;

constexpr std::size_t kMembersMax = 14;

class History {
 public:
  explicit History(std::uint64_t seed) : world_(seed, seed % 2 == 0 ? 1 : 3) {
    world_.Create(2 + DrawBelow(world_.random, 4));
  }

  void Step() {
    switch (DrawBelow(world_.random, 8)) {
      case 0:
      case 1:
        Grow();
        break;
      case 2:
        Shrink();
        break;
      case 3:
        Propose();
        break;
      case 4:
        Talk();
        break;
      case 5:
        Store();
        break;
      default:
        Commit({});
        break;
    }
    world_.ExpectAgreement();
  }

 private:
  std::vector<std::size_t> Present() const {
    std::vector<std::size_t> out;
    for (std::size_t i = 0; i < world_.groups.size(); ++i) {
      if (world_.groups[i]) out.push_back(i);
    }
    return out;
  }
  std::size_t Anyone() {
    const auto present = Present();
    return present[DrawBelow(world_.random, present.size())];
  }
  HandshakeWire AnyWire() {
    return DrawBelow(world_.random, 2) == 0 ? HandshakeWire::kPrivate : HandshakeWire::kPublic;
  }
  // Who proposed to leave cannot commit that.
  void Commit(CommitOptions options) {
    options.wire = AnyWire();
    options.force_path = DrawBelow(world_.random, 2) == 0;
    world_.Commit(Anyone(), std::move(options));
  }
  void Grow() {
    const std::size_t room = kMembersMax - Present().size();
    if (room == 0) return Shrink();
    CommitOptions options;
    options.force_path = DrawBelow(world_.random, 2) == 0;
    world_.Add(Anyone(), 1 + DrawBelow(world_.random, std::min<std::size_t>(room, 3)),
               std::move(options));
  }
  void Shrink() {
    if (Present().size() < 3) return;
    const std::size_t leaver = Anyone();
    std::size_t committer = Anyone();
    while (committer == leaver) committer = Anyone();
    CommitOptions options;
    options.proposals.push_back({Remove{world_.at(leaver).own_leaf()}});
    // An update of the leaver may wait; then the removal is proposed too, and wins.
    const std::size_t proposer = committer;
    world_.Deliver(Must(world_.at(proposer).Propose(std::move(options.proposals.front()))),
                   proposer);
    options.proposals.clear();
    world_.Commit(committer, std::move(options));
  }
  void Propose() {
    const std::size_t who = Anyone();
    const bool update = DrawBelow(world_.random, 2) == 0;
    world_.Deliver(Must(update ? world_.at(who).ProposeUpdate(AnyWire())
                               : world_.at(who).Propose(
                                     world_.at(who).ExternalPsk(AsBytes("shared")), AnyWire())),
                   who);
  }
  void Talk() {
    if (world_.at(Anyone()).pending_proposals() > 0) Commit({});
    const std::size_t from = Anyone();
    std::vector<PrivateMessage> sent;
    for (int i = 0; i < 5; ++i) sent.push_back(world_.Say(from, std::to_string(i)));
    if (DrawBelow(world_.random, 2) == 0) Commit({});
    for (const std::size_t to : Present()) {
      if (to == from) continue;
      for (const int i : {3, 0, 4, 1}) {
        CHECK(world_.Read(to, sent[static_cast<std::size_t>(i)]) == std::to_string(i));
      }
    }
  }
  void Store() {
    Group& group = world_.at(Anyone());
    const Bytes stored = StateOf(group);
    TlsReader in(stored);
    group = Must(Group::Read(world_.services(), in));
  }

  GroupWorld world_;
};

void RunHistories(std::uint64_t first_seed, std::uint64_t last_seed, int steps) {
  for (std::uint64_t seed = first_seed; seed <= last_seed; ++seed) {
    CAPTURE(seed);
    History history(seed);
    for (int i = 0; i < steps; ++i) history.Step();
  }
}

#ifdef TRESTLE_LONG_HISTORIES
TEST_CASE("Sixty long random histories keep a group in agreement") { RunHistories(100, 159, 60); }

// The design's largest group is fifty people with three devices each.
TEST_CASE("A group of a hundred and fifty agrees, talks, grows and shrinks") {
  GroupWorld world;
  world.Create(150);
  for (const std::size_t committer : {149UL, 0UL, 75UL}) world.Commit(committer);
  world.ExpectAgreement();
  world.Add(70, 3);
  CommitOptions removals;
  for (std::uint32_t leaf = 20; leaf < 40; ++leaf) removals.proposals.push_back({Remove{{leaf}}});
  world.Commit(5, std::move(removals));
  world.ExpectAgreement();
  const PrivateMessage message = world.Say(152, "to all");
  for (std::size_t to = 0; to < 152; ++to) {
    if (world.groups[to]) CHECK(world.Read(to, message) == "to all");
  }
}
#else
TEST_CASE("Six random histories keep a group in agreement") { RunHistories(1, 6, 30); }
#endif

}  // namespace
}  // namespace trestle::mls
