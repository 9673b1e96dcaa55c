#include "cli/inbox.h"

#include <catch2/catch.hpp>
#include <sstream>

#include "bridge/base/system_seams.h"
#include "folder.h"

using namespace trestle;
using namespace trestle::cli;

namespace {

LinkId LinkOf(std::uint8_t digit) {
  Bytes16 octets{};
  octets.fill(digit);
  return LinkId(octets);
}

std::string Octets(const LinkId& link) { return std::string(AsText(link.bytes())); }

const LinkId kAnasLink = LinkOf(0xA0);
const LinkId kBensLink = LinkOf(0xB0);

// One person's home and inbox; what it hands to the bridge is kept.
struct Person {
  explicit Person(const std::string& folder) : home(*Home::At(folder)) {}

  Result<void> Takes(const v1::Inbound& delivery) { return inbox.Take(delivery); }
  Home::Lease device() { return *home.Endpoint(random, clock); }
  std::string shown() const { return out.str(); }

  SystemRandom random;
  SystemClock clock;
  Home home;
  std::ostringstream out;
  std::ostringstream err;
  std::vector<Bytes> welcomes;
  Inbox::Handed bridge_says = Inbox::Handed::kTaken;
  Inbox inbox{{.home = home,
               .random = random,
               .clock = clock,
               .out = out,
               .err = err,
               .hand_welcome = [this](const LinkId&, ByteView welcome) {
                 welcomes.push_back(ToBytes(welcome));
                 return bridge_says;
               }}};
};

v1::Inbound KeysFor(const LinkId& link, const Bytes& key_package) {
  v1::Inbound out;
  out.set_link_id(Octets(link));
  out.mutable_peer_keys()->set_key_package(std::string(AsText(key_package)));
  return out;
}

v1::Inbound EnvelopeFor(const LinkId& link, ByteView payload, std::uint64_t seq = 1) {
  v1::Inbound out;
  out.set_delivery_id(std::string(16, static_cast<char>(seq)));
  out.set_link_id(Octets(link));
  out.mutable_envelope()->set_seq(seq);
  out.mutable_envelope()->mutable_accepted_at()->set_seconds(1);
  out.mutable_envelope()->set_payload(std::string(AsText(payload)));
  return out;
}

// Ana owns the alias, Ben asked and was accepted: he gets her keys and makes the group.
struct Pair {
  Folder folder;
  Person ana{folder / "ana"};
  Person ben{folder / "ben"};
  Bytes anas_keys = ana.device()->MakeKeyPackages(1)->front();

  void BenGetsKeys() { REQUIRE(ben.Takes(KeysFor(kBensLink, anas_keys))); }
  v1::Inbound BensText(const std::string& text, std::uint64_t seq) {
    const auto sealed = ben.device()->Seal(kBensLink.hex(), content::Message::Text(text), {});
    return EnvelopeFor(kAnasLink, sealed->payload, seq);
  }
  v1::Inbound BensWelcome() { return EnvelopeFor(kAnasLink, ben.welcomes.back()); }
};

}  // namespace

TEST_CASE("A peer's keys become a Welcome that its owner can join") {
  Pair pair;
  pair.BenGetsKeys();

  REQUIRE(pair.ana.Takes(pair.BensWelcome()));

  CHECK(pair.ana.inbox.TakeJoined() == 1);
  CHECK(pair.ana.device()->HasThread(kAnasLink.hex()));
  CHECK(pair.ana.shown().find("ready") != std::string::npos);
}

TEST_CASE("A message that follows its Welcome is shown") {
  Pair pair;
  pair.BenGetsKeys();
  REQUIRE(pair.ana.Takes(pair.BensWelcome()));

  REQUIRE(pair.ana.Takes(pair.BensText("Is it still there?", 2)));

  CHECK(pair.ana.shown().find("message   a0a0a0a0 Is it still there?\n") != std::string::npos);
}

TEST_CASE("Messages that come before their Welcome are kept, and shown in order after it") {
  Pair pair;
  pair.BenGetsKeys();
  REQUIRE(pair.ana.Takes(pair.BensText("first", 2)));
  REQUIRE(pair.ana.Takes(pair.BensText("second", 10)));
  REQUIRE(pair.ana.shown().find("first") == std::string::npos);

  REQUIRE(pair.ana.Takes(pair.BensWelcome()));

  const std::size_t first = pair.ana.shown().find("first\n");
  REQUIRE(first != std::string::npos);
  CHECK(pair.ana.shown().find("second\n") > first);
}

TEST_CASE("Early messages outlive the run that took them") {
  Pair pair;
  pair.BenGetsKeys();
  REQUIRE(pair.ana.Takes(pair.BensText("kept", 2)));

  Person ana_later(pair.folder / "ana");
  REQUIRE(ana_later.Takes(pair.BensWelcome()));

  CHECK(ana_later.shown().find("kept\n") != std::string::npos);
}

TEST_CASE("A message that comes again is acknowledged and not shown again") {
  Pair pair;
  pair.BenGetsKeys();
  REQUIRE(pair.ana.Takes(pair.BensWelcome()));
  const v1::Inbound text = pair.BensText("once", 2);
  REQUIRE(pair.ana.Takes(text));
  const std::string shown = pair.ana.shown();

  REQUIRE(pair.ana.Takes(text));

  CHECK(pair.ana.shown() == shown);
}

TEST_CASE("A Welcome that could not be handed in is handed in again, the same") {
  Pair pair;
  pair.ben.bridge_says = Inbox::Handed::kNotNow;
  CHECK(pair.ben.Takes(KeysFor(kBensLink, pair.anas_keys)).error().reason == Reason::kUnavailable);

  pair.ben.bridge_says = Inbox::Handed::kTaken;
  pair.BenGetsKeys();

  REQUIRE(pair.ben.welcomes.size() == 2);
  CHECK(pair.ben.welcomes[0] == pair.ben.welcomes[1]);
}

TEST_CASE("Keys that come again after the peer has answered change nothing") {
  Pair pair;
  pair.BenGetsKeys();
  REQUIRE(pair.ana.Takes(pair.BensWelcome()));
  const auto sealed = pair.ana.device()->Seal(kAnasLink.hex(), content::Message::Text("hello"), {});
  REQUIRE(pair.ben.Takes(EnvelopeFor(kBensLink, sealed->payload)));

  pair.BenGetsKeys();

  CHECK(pair.ben.welcomes.size() == 1);
}

TEST_CASE("Foreign octets are shown as trouble and not asked for again") {
  Pair pair;

  REQUIRE(pair.ana.Takes(EnvelopeFor(kAnasLink, AsBytes("nonsense"))));
  REQUIRE(pair.ana.Takes(KeysFor(kAnasLink, ToBytes("nonsense"))));

  CHECK(pair.ana.shown().find("trouble   a0a0a0a0 an envelope does not parse") !=
        std::string::npos);
  CHECK(pair.ana.shown().find("the peer's keys cannot be used") != std::string::npos);
}

TEST_CASE("A Welcome for somebody else is trouble, and the thread stays open to the right one") {
  Pair pair;
  pair.BenGetsKeys();
  Person other(pair.folder / "other");

  REQUIRE(other.Takes(pair.BensWelcome()));

  CHECK(other.shown().find("a Welcome does not open") != std::string::npos);
  CHECK_FALSE(other.device()->HasThread(kAnasLink.hex()));
}

TEST_CASE("A request tells how to answer it") {
  const Folder folder;
  Person ana(folder / "ana");
  v1::Inbound offer;
  offer.mutable_thread_offer()->set_link_id(Octets(kAnasLink));
  offer.mutable_thread_offer()->set_role(v1::THREAD_ROLE_OWNER);
  offer.mutable_thread_offer()->set_label("bicycle");

  REQUIRE(ana.Takes(offer));

  CHECK(ana.shown().find("request   a0a0a0a0 \"bicycle\" ") != std::string::npos);
  CHECK(ana.shown().find("trestle accept " + kAnasLink.hex()) != std::string::npos);
}

TEST_CASE("A receipt names its envelope, its level and why") {
  const Folder folder;
  Person ana(folder / "ana");
  v1::Inbound receipt;
  receipt.set_link_id(Octets(kAnasLink));
  receipt.mutable_receipt()->set_envelope_id(std::string(16, '\x11'));
  receipt.mutable_receipt()->set_level(v1::RECEIPT_LEVEL_FAILED);
  receipt.mutable_receipt()->mutable_refusal()->set_rule(v1::RULE_GIVEN_UP);

  REQUIRE(ana.Takes(receipt));

  CHECK(ana.shown().find("envelope 11111111111111111111111111111111: failed, refused (given_up)") !=
        std::string::npos);
}

TEST_CASE("A peer's text cannot imitate a line of ours") {
  Pair pair;
  pair.BenGetsKeys();
  REQUIRE(pair.ana.Takes(pair.BensWelcome()));

  REQUIRE(pair.ana.Takes(pair.BensText("hi\n12:00:00.000  bridge\x1b[1A", 2)));

  CHECK(pair.ana.shown().find("hi\n              12:00:00.000  bridge?[1A\n") != std::string::npos);
}
