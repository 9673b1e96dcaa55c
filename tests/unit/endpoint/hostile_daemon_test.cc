// A daemon that hands out its own keys, adds itself, replays, reorders and splices. It holds no
// endpoint's key; everything that it carries, it may change. What it can do is drop, delay, and
// stand between two people who have never compared their safety number.
#include <algorithm>
#include <catch2/catch.hpp>

#include "bridge/envelope/mls_framing.h"
#include "tests/unit/endpoint/group_world.h"

namespace trestle::endpoint {
namespace {

using namespace testing;

// Ana asks for Ben. Every step in which the daemon carries something is one of its methods.
class HostileDaemon {
 public:
  explicit HostileDaemon(World& world)
      : world_(world),
        as_ben_(world.Open("mallory-as-ben")),
        as_ana_(world.Open("mallory-as-ana")) {}

  // Keys of its own in the place of Ben's, and a thread of its own with Ben.
  Result<void> StandBetween() {
    const Bytes ben_package = Must(world_.ben->MakeKeyPackages(1)).front();
    const Bytes own_package = Must(as_ben_->MakeKeyPackages(1)).front();
    const Bytes from_ana = TRESTLE_TRY(world_.ana->StartThread("ben", own_package));
    TRESTLE_TRY(as_ben_->JoinThread("ana", from_ana));
    const Bytes to_ben = TRESTLE_TRY(as_ana_->StartThread("ben", ben_package));
    return world_.ben->JoinThread("ana", to_ben);
  }
  // A Welcome of its own to Ben, in Ana's name.
  Result<void> InviteBen() {
    const Bytes ben_package = Must(world_.ben->MakeKeyPackages(1)).front();
    return world_.ben->JoinThread("ana", TRESTLE_TRY(as_ana_->StartThread("ben", ben_package)));
  }
  // What Ana said, read and said again to Ben.
  Sealed Relay(const Sealed& sealed) {
    const Opened opened = Must(as_ben_->Unseal("ana", sealed.payload));
    return Must(as_ana_->Seal("ben", opened.message, {}));
  }
  // A Welcome for Ben into a group with one leaf more than him and the inviter.
  Bytes WelcomeWithGhost() {
    const crypto::Suite& suite = crypto::Suites().front();
    const BindingAuthentication authentication(world_.clock);
    const mls::Services services{&world_.random, &authentication, &world_.clock, nullptr};
    mls::MemberIdentity inviter = Member(suite);
    mls::MemberIdentity ghost = Member(suite);
    const mls::OwnKeyPackage own = Package(suite, inviter);
    mls::Group group = Must(mls::Group::Create(services, suite, Bytes(16, 7), own,
                                               std::move(inviter.signature_private_key)));
    const Bytes ben_package = Must(world_.ben->MakeKeyPackages(1)).front();
    mls::CommitOptions options;
    options.proposals.push_back(
        {mls::Add{Must(mls::DecodeMessageAs<mls::KeyPackage>(ben_package))}});
    options.proposals.push_back({mls::Add{Package(suite, ghost).key_package}});
    mls::NewCommit commit = Must(group.Commit(std::move(options)));
    return mls::Encode(mls::MlsMessage{*commit.welcome});
  }

 private:
  mls::MemberIdentity Member(const crypto::Suite& suite) {
    const auto not_after_s = static_cast<std::uint64_t>(world_.clock.wall_now().ms / 1000 + 86'400);
    return Must(OwnIdentity::Make(world_.random).MakeMember(suite.id, not_after_s, world_.random));
  }
  mls::OwnKeyPackage Package(const crypto::Suite& suite, mls::MemberIdentity& member) {
    return Must(mls::MakeKeyPackage(suite, member, {0, ~0ULL}, world_.random));
  }

  World& world_;
  std::unique_ptr<Endpoint> as_ben_;
  std::unique_ptr<Endpoint> as_ana_;
};

TEST_CASE("A daemon in the middle of a first contact reads, and the safety numbers tell") {
  World world;
  HostileDaemon daemon(world);
  Must(daemon.StandBetween());
  // The control: the attack works as long as nobody compares. That is the residue of trust on first
  // use, and docs/threat_model.md says so.
  CHECK(world.BenReads(daemon.Relay(world.AnaSays("our secret"))) == "our secret");
  CHECK(Must(world.ana->SafetyNumber("ben")) != Must(world.ben->SafetyNumber("ana")));
}

TEST_CASE("The same daemon is refused by whoever has met the other before") {
  World world;
  world.Meet();
  Must(world.ana->ForgetThread("ben"));
  HostileDaemon daemon(world);
  CHECK(WhyNot(daemon.StandBetween()) == "the peer's identity key is not the pinned one");
}

TEST_CASE("The one who is asked refuses it as well") {
  World world;
  world.Meet();
  Must(world.ben->ForgetThread("ana"));
  HostileDaemon daemon(world);
  CHECK(WhyNot(daemon.InviteBen()) == "the peer's identity key is not the pinned one");
  CHECK_FALSE(world.ben->HasThread("ana"));
}

TEST_CASE("A Welcome with a ghost leaf beside the two is refused") {
  World world;
  HostileDaemon daemon(world);
  CHECK(WhyNot(world.ben->JoinThread("ana", daemon.WelcomeWithGhost())) ==
        "a thread is a group of two");
  CHECK_FALSE(world.ben->HasThread("ana"));
}

TEST_CASE("A key package that was handed to two people serves the first") {
  World world;
  auto cleo = world.Open("cleo");
  const Bytes package = Must(world.ben->MakeKeyPackages(1)).front();
  Must(world.ben->JoinThread("ana", Must(world.ana->StartThread("ben", package))));
  const Bytes second = Must(cleo->StartThread("ben", package));
  CHECK(WhyNot(world.ben->JoinThread("cleo", second)) == "a Welcome for none of our key packages");
}

TEST_CASE("What is told twice is shown once, in whatever order it comes") {
  World world;
  world.Meet();
  const Sealed first = world.AnaSays("first");
  const Sealed second = world.AnaSays("second");
  CHECK(world.BenReads(second) == "second");
  CHECK(world.BenReads(first) == "first");
  CHECK_FALSE(world.ben->Unseal("ana", first.payload).has_value());
  CHECK_FALSE(world.ben->Unseal("ana", second.payload).has_value());
}

TEST_CASE("A message that is carried to another thread is refused there") {
  World world;
  world.Meet();
  auto cleo = world.Open("cleo");
  const Bytes package = Must(world.ben->MakeKeyPackages(1)).front();
  Must(world.ben->JoinThread("cleo", Must(cleo->StartThread("ben", package))));
  const Sealed sealed = world.AnaSays("for Ben, from Ana");
  CHECK_FALSE(world.ben->Unseal("cleo", sealed.payload).has_value());
  CHECK(world.BenReads(sealed) == "for Ben, from Ana");
}

TEST_CASE("A message that is carried back to its sender is refused") {
  World world;
  world.Meet();
  const Sealed sealed = world.AnaSays("hello");
  CHECK_FALSE(world.ana->Unseal("ben", sealed.payload).has_value());
}

TEST_CASE("A header that the daemon acts on cannot be changed on the way") {
  World world;
  world.Meet();
  const Sealed sealed = world.AnaSays("for a day");
  const ApplicationMessage clear = Must(ParseApplicationMessage(sealed.payload));
  AadHeader longer = clear.header;
  longer.ttl = TtlClass::kWeek;
  const Bytes before = EncodeAad(clear.header);
  const Bytes after = EncodeAad(longer);
  Bytes changed = sealed.payload;
  const auto at = std::search(changed.begin(), changed.end(), before.begin(), before.end());
  REQUIRE(at != changed.end());
  REQUIRE(before.size() == after.size());
  std::copy(after.begin(), after.end(), at);
  // The control: the daemon itself would take it for a message of a week.
  CHECK(Must(ParseApplicationMessage(changed)).header.ttl == TtlClass::kWeek);
  CHECK_FALSE(world.ben->Unseal("ana", changed).has_value());
  CHECK(world.BenReads(sealed) == "for a day");
}

}  // namespace
}  // namespace trestle::endpoint
