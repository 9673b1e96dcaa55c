// The two doors that phones and the command use: whatever order a network brings things in, and
// however often, each message is shown once.
#include <catch2/catch.hpp>

#include "tests/unit/endpoint/world.h"

namespace trestle::endpoint {
namespace {

using namespace testing;

struct Arrivals : World {
  Bytes keys = Must(ben->MakeKeyPackages(1)).front();

  Bytes Welcome() { return Must(ana->Invite("ben", keys)).value(); }
  Arrival BenGets(const Bytes& payload) { return Must(ben->Receive("ana", payload)); }
  Bytes BenSays(std::string text) {
    return Must(ben->Seal("ana", content::Message::Text(std::move(text)), {})).payload;
  }
  void RestartBen() {
    ben.reset();
    ben = Open("ben");
  }
};

TEST_CASE_METHOD(Arrivals, "A Welcome, a message and a rekey each arrive as what they are") {
  CHECK(BenGets(Welcome()).kind == ArrivalKind::kJoined);
  const Arrival message = BenGets(AnaSays("hello").payload);
  CHECK(message.kind == ArrivalKind::kMessage);
  CHECK(message.messages.at(0).message.text() == "hello");
  const Bytes commit = Must(ana->Rekey("ben"));
  Must(ana->ConfirmRekey("ben", true));
  CHECK(BenGets(commit).kind == ArrivalKind::kRekeyed);
  CHECK(BenGets(AnaSays("fresh").payload).messages.at(0).message.text() == "fresh");
}

TEST_CASE_METHOD(Arrivals,
                 "Messages that overtake their Welcome are kept, and opened with it in order") {
  const Bytes welcome = Welcome();
  const Sealed first = AnaSays("first");
  const Sealed second = AnaSays("second");
  CHECK(BenGets(first.payload).kind == ArrivalKind::kKept);
  CHECK(BenGets(second.payload).kind == ArrivalKind::kKept);
  CHECK(BenGets(first.payload).kind == ArrivalKind::kKept);
  RestartBen();
  const Arrival joined = BenGets(welcome);
  CHECK(joined.kind == ArrivalKind::kJoined);
  REQUIRE(joined.messages.size() == 2);
  CHECK(joined.messages[0].message.text() == "first");
  CHECK(joined.messages[1].message.text() == "second");
  CHECK(joined.unopened == 0);
}

TEST_CASE_METHOD(Arrivals,
                 "What waits for a Welcome has a bound, and what does not open is counted") {
  const Bytes welcome = Welcome();
  Bytes broken = AnaSays("x").payload;
  broken.back() ^= 1;
  CHECK(BenGets(broken).kind == ArrivalKind::kKept);
  for (std::size_t i = 1; i < Endpoint::kEarlyMax; ++i) BenGets(AnaSays("n").payload);
  CHECK(WhyNot(ben->Receive("ana", AnaSays("more").payload)) ==
        "too many messages wait for their Welcome");
  const Arrival joined = BenGets(welcome);
  CHECK(joined.messages.size() == Endpoint::kEarlyMax - 1);
  CHECK(joined.unopened == 1);
}

TEST_CASE_METHOD(Arrivals, "A Welcome or a message that comes again is not taken twice") {
  const Bytes welcome = Welcome();
  BenGets(welcome);
  CHECK(BenGets(welcome).kind == ArrivalKind::kRepeated);
  const Sealed sealed = AnaSays("once");
  BenGets(sealed.payload);
  const auto again = ben->Receive("ana", sealed.payload);
  REQUIRE_FALSE(again.has_value());
  CHECK(again.error().reason == Reason::kConflict);
}

TEST_CASE_METHOD(Arrivals,
                 "An invitation is the same until the peer has answered, also after a crash") {
  const Bytes welcome = Welcome();
  ana.reset();
  ana = Open("ana");
  CHECK(Must(ana->Invite("ben", keys)) == welcome);
  BenGets(welcome);
  CHECK(Must(ana->Invite("ben", keys)) == welcome);
  CHECK(Must(ana->Receive("ben", BenSays("I am here"))).messages.size() == 1);
  CHECK_FALSE(Must(ana->Invite("ben", keys)).has_value());
}

TEST_CASE_METHOD(Arrivals, "A key package is no message, and nonsense changes nothing") {
  CHECK(WhyNot(ben->Receive("ana", keys)) == "a key package is no message of a thread");
  CHECK_FALSE(ben->Receive("ana", Bytes{1, 2, 3}).has_value());
  Welcome();
  CHECK(WhyNot(ben->Receive("", AnaSays("x").payload)) == "a thread's name is 1 to 255 octets");
}

}  // namespace
}  // namespace trestle::endpoint
