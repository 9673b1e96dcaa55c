#include "tests/contract/adapter_conformance.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>

#include "tests/contract/conformance_world.h"

namespace trestle::test {
namespace {

// More than one native message on every network, within every network's budget.
constexpr std::size_t kLongPayloadBytes = 4000;

std::string FilesBelow(const std::string& folder) {
  std::string all;
  for (const auto& each : std::filesystem::recursive_directory_iterator(folder)) {
    if (!each.is_regular_file() || each.path().extension() == ".key") continue;
    std::ifstream in(each.path(), std::ios::binary);
    all.append(std::istreambuf_iterator<char>(in), {});
  }
  return all;
}

void JoinReachesTheHost(ConformanceWorld& world) {
  auto ana = world.NewPhone();
  auto ben = world.NewPhone();

  const EnrolmentId first = world.Joins(ana);

  CHECK(std::get<ServiceCommand>(world.host.AwaitOffer(0).body).verb == ServiceVerb::kJoin);
  CHECK(world.Joins(ana) == first);
  CHECK(world.Joins(ben) != first);
}

void RepetitionsHaveOneKey(ConformanceWorld& world) {
  auto ana = world.NewPhone();
  world.Order(R"({"duplicate_next":1})");

  world.Joins(ana);

  const Inbound first = world.host.AwaitOffer(0);
  const Inbound second = world.host.AwaitOffer(1);
  CHECK(first.key == second.key);
  const std::size_t before = world.host.offers_heard();
  world.Joins(ana);
  CHECK(world.host.AwaitOffer(before).key != first.key);
}

void UnstoredComesAgain(ConformanceWorld& world) {
  auto ana = world.NewPhone();
  world.host.FailNext(1);

  world.Joins(ana);

  const Inbound again = world.host.AwaitOffer(1);
  CHECK(again.key == world.host.AwaitOffer(0).key);
}

void ServiceReplyArrives(ConformanceWorld& world) {
  auto ana = world.NewPhone();
  const EnrolmentId enrolment = world.Joins(ana);

  const Attempt attempt = world.Delivers(world.Of(enrolment, ServiceReply{"Welcome to Trestle."}));

  CHECK(attempt.certainty == Certainty::kSent);
  CHECK(ana.AwaitText(world.service) == "Welcome to Trestle.");
}

void AcceptBinds(ConformanceWorld& world) {
  auto ana = world.NewPhone();

  const auto bound = world.Binds(ana);

  CHECK(std::ranges::find(world.ghosts, bound.ghost) != world.ghosts.end());
}

void ContactsHaveTheirOwnGhosts(ConformanceWorld& world) {
  auto ana = world.NewPhone();

  const auto first = world.Binds(ana);
  const auto second = world.BindsAgain(ana, first.enrolment);

  CHECK(first.ghost != second.ghost);
}

void LongFrameArrivesAtTheHost(ConformanceWorld& world) {
  auto ana = world.NewPhone();
  const auto bound = world.Binds(ana);
  const EnvelopeFrame envelope = world.Envelope(kLongPayloadBytes);
  const std::size_t before = world.host.offers_heard();

  ana.SendFrame(bound.ghost, envelope);

  const Inbound offer = world.host.AwaitOffer(before);
  CHECK(std::get<LinkId>(offer.from) == bound.link);
  CHECK(std::get<EnvelopeFrame>(std::get<Frame>(offer.body)) == envelope);
}

void LongFrameArrivesAtThePhone(ConformanceWorld& world) {
  auto ana = world.NewPhone();
  const auto bound = world.Binds(ana);
  const EnvelopeFrame envelope = world.Envelope(kLongPayloadBytes);

  const Attempt attempt = world.Delivers(world.Of(bound.link, Frame(envelope)));

  CHECK(attempt.certainty == Certainty::kSent);
  CHECK(std::get<EnvelopeFrame>(ana.AwaitFrame(bound.ghost)) == envelope);
}

void DeliveriesKeepTheirOrder(ConformanceWorld& world) {
  auto ana = world.NewPhone();
  const auto bound = world.Binds(ana);
  const EnvelopeFrame first = world.Envelope(256);
  const EnvelopeFrame second = world.Envelope(256);

  world.Delivers(world.Of(bound.link, Frame(first)));
  world.Delivers(world.Of(bound.link, Frame(second)));

  CHECK(std::get<EnvelopeFrame>(ana.AwaitFrame(bound.ghost)) == first);
  CHECK(std::get<EnvelopeFrame>(ana.AwaitFrame(bound.ghost)) == second);
}

void PlainTextStopsAtTheService(ConformanceWorld& world) {
  auto ana = world.NewPhone();

  ana.SendText(world.service, "hello, who is there?");

  CHECK_FALSE(ana.AwaitText(world.service).empty());
  CHECK(world.host.offers_heard() == 0);
}

void PlainTextStopsAtAGhost(ConformanceWorld& world) {
  auto ana = world.NewPhone();
  const auto bound = world.Binds(ana);
  const std::size_t before = world.host.offers_heard();

  ana.SendText(bound.ghost, "a secret typed into the wrong field");

  CHECK_FALSE(ana.AwaitText(bound.ghost).empty());
  CHECK(world.host.offers_heard() == before);
}

void StrangersAreRefused(ConformanceWorld& world) {
  auto stranger = world.NewPhone();

  stranger.SendFrame(world.ghosts.front(), ConsentFrame{});

  CHECK_FALSE(stranger.AwaitText(world.ghosts.front()).empty());
  CHECK(world.host.offers_heard() == 0);
}

void WrongCodesBindNothing(ConformanceWorld& world) {
  auto ana = world.NewPhone();
  const EnrolmentId enrolment = world.Joins(ana);
  const ThreadOfferFrame offer = world.Offers(ana, enrolment, LinkId::Mint(world.random));
  ThreadAcceptFrame guess{offer.bind_code};
  guess.bind_code[0] ^= 1;
  const std::size_t before = world.host.offers_heard();

  ana.SendFrame(offer.ghost, guess);

  CHECK_FALSE(ana.AwaitText(offer.ghost).empty());
  CHECK(world.host.offers_heard() == before);
}

void StopComesFromItsLink(ConformanceWorld& world) {
  auto ana = world.NewPhone();
  const auto bound = world.Binds(ana);
  const std::size_t before = world.host.offers_heard();

  ana.SendText(bound.ghost, "stop");

  const Inbound offer = world.host.AwaitOffer(before);
  CHECK(std::get<LinkId>(offer.from) == bound.link);
  CHECK(std::get<ServiceCommand>(offer.body).verb == ServiceVerb::kStop);
}

void UnopenedThreadsWait(ConformanceWorld& world) {
  auto ana = world.NewPhone();
  const EnrolmentId enrolment = world.Joins(ana);
  const LinkId link = LinkId::Mint(world.random);
  world.Offers(ana, enrolment, link);

  const Attempt attempt = world.Delivers(world.Of(link, Frame(world.Envelope(256))));

  CHECK(attempt.certainty == Certainty::kNotSent);
  CHECK(attempt.retry == Retry::kLater);
  CHECK(attempt.rule == Rule::kThreadNotOpen);
}

void NothingIsSentAfterExpiry(ConformanceWorld& world) {
  auto ana = world.NewPhone();
  Delivery delivery = world.Of(world.Joins(ana), ServiceReply{"too late"});
  delivery.expires_at = world.clock.wall_now();

  const Attempt attempt = world.Delivers(std::move(delivery));

  CHECK(attempt.certainty == Certainty::kNotSent);
  CHECK(attempt.retry == Retry::kNever);
  CHECK(attempt.rule == Rule::kExpired);
  CHECK(ana.messages_seen() == 0);
}

void DownTakesNothing(ConformanceWorld& world) {
  auto ana = world.NewPhone();
  const Delivery delivery = world.Of(world.Joins(ana), ServiceReply{"again"});
  world.Order(R"({"down":true})");

  const Attempt attempt = world.Delivers(delivery);

  CHECK(attempt.certainty == Certainty::kNotSent);
  CHECK(attempt.retry == Retry::kLater);
  world.Order(R"({"down":false})");
  world.DeliversUntilSent(delivery);
  CHECK(ana.AwaitText(world.service) == "again");
}

void LostAnswersAreUncertain(ConformanceWorld& world) {
  auto ana = world.NewPhone();
  const EnrolmentId enrolment = world.Joins(ana);
  world.Order(R"({"lose_answer_next":1})");

  const Attempt attempt = world.Delivers(world.Of(enrolment, ServiceReply{"taken"}));

  CHECK(attempt.certainty == Certainty::kMaybeSent);
  CHECK(ana.AwaitText(world.service) == "taken");
}

void RefusedIsNotSent(ConformanceWorld& world) {
  auto ana = world.NewPhone();
  const EnrolmentId enrolment = world.Joins(ana);
  const std::string code = std::to_string(world.fixture->refusing_code());
  world.Order(R"({"reject_next":1,"reject_code":)" + code + "}");

  const Attempt attempt = world.Delivers(world.Of(enrolment, ServiceReply{"never"}));

  CHECK(attempt.certainty == Certainty::kNotSent);
  CHECK(attempt.retry == Retry::kNever);
  CHECK(attempt.rule != Rule::kNone);
}

void ThrottledWaits(ConformanceWorld& world) {
  auto ana = world.NewPhone();
  const EnrolmentId enrolment = world.Joins(ana);
  const std::string code = std::to_string(world.fixture->throttling_code());
  world.Order(R"({"reject_next":1,"reject_code":)" + code + "}");

  const Attempt attempt = world.Delivers(world.Of(enrolment, ServiceReply{"slowly"}));

  CHECK(attempt.certainty == Certainty::kNotSent);
  CHECK(attempt.retry == Retry::kLater);
  CHECK(attempt.retry_after.value_or(Millis{0}) > Millis{0});
}

void ArrivalIsReported(ConformanceWorld& world) {
  if (!world.adapter->capabilities().reports_delivered) return;
  auto ana = world.NewPhone();
  const auto bound = world.Binds(ana);
  const Delivery delivery = world.Of(bound.link, Frame(world.Envelope(kLongPayloadBytes)));

  CHECK(world.Delivers(delivery).certainty == Certainty::kSent);

  world.host.AwaitReport(delivery.id, ReceiptLevel::kDelivered);
}

void LinksHoldOverARestart(ConformanceWorld& world) {
  auto ana = world.NewPhone();
  const auto bound = world.Binds(ana);
  world.StopAdapter();
  world.StartAdapter();
  const EnvelopeFrame envelope = world.Envelope(256);
  const std::size_t before = world.host.offers_heard();

  ana.SendFrame(bound.ghost, ConsentFrame{});

  CHECK(std::get<LinkId>(world.host.AwaitOffer(before).from) == bound.link);
  CHECK(world.Delivers(world.Of(bound.link, Frame(envelope))).certainty == Certainty::kSent);
  CHECK(std::get<EnvelopeFrame>(ana.AwaitFrame(bound.ghost)) == envelope);
}

void StoppedAdaptersTakeNothing(ConformanceWorld& world) {
  auto ana = world.NewPhone();
  const EnrolmentId enrolment = world.Joins(ana);
  auto promise = std::make_shared<std::promise<void>>();
  auto stopped = promise->get_future();
  world.adapter->Stop([promise](Result<void>) { promise->set_value(); });
  REQUIRE(stopped.wait_for(kPatience) == std::future_status::ready);

  const Attempt attempt = world.Delivers(world.Of(enrolment, ServiceReply{"late"}));

  CHECK(attempt.certainty == Certainty::kNotSent);
  CHECK(attempt.retry == Retry::kLater);
  world.adapter.reset();
}

void FilesHoldNoAddress(ConformanceWorld& world) {
  auto ana = world.NewPhone();
  const auto bound = world.Binds(ana);
  world.Delivers(world.Of(bound.link, Frame(world.Envelope(256))));

  const std::string files = FilesBelow(world.folder);

  CHECK(files.size() > 4096);
  CHECK(files.find(ana.address()) == std::string::npos);
  CHECK(files.find(ToHex(AsBytes(ana.address()))) == std::string::npos);
}

struct ClaimRow {
  const char* claim;
  void (*check)(ConformanceWorld& world);
};

constexpr ClaimRow kClaims[] = {
    {"JOIN reaches the host from one enrolment per person", JoinReachesTheHost},
    {"what the network tells twice has one key", RepetitionsHaveOneKey},
    {"what the host could not store comes again", UnstoredComesAgain},
    {"a service reply arrives as it is", ServiceReplyArrives},
    {"a thread accept binds its link", AcceptBinds},
    {"two contacts of a person have two ghosts", ContactsHaveTheirOwnGhosts},
    {"a frame of many fragments reaches the host byte for byte", LongFrameArrivesAtTheHost},
    {"a frame of many fragments reaches the phone byte for byte", LongFrameArrivesAtThePhone},
    {"deliveries of a thread arrive in order", DeliveriesKeepTheirOrder},
    {"plain text at the service is answered and stays here", PlainTextStopsAtTheService},
    {"plain text at a ghost is answered and stays here", PlainTextStopsAtAGhost},
    {"a stranger's frame at a ghost is refused", StrangersAreRefused},
    {"a wrong bind code binds nothing", WrongCodesBindNothing},
    {"STOP at a ghost comes from its link", StopComesFromItsLink},
    {"a thread that nobody opened waits", UnopenedThreadsWait},
    {"nothing is sent after its expiry", NothingIsSentAfterExpiry},
    {"a network that is down took nothing, and works again when it is back", DownTakesNothing},
    {"a lost answer is uncertain", LostAnswersAreUncertain},
    {"what the network refuses for good is not sent", RefusedIsNotSent},
    {"what is sent too fast waits as long as told", ThrottledWaits},
    {"an arrival is reported where the network reports it", ArrivalIsReported},
    {"links hold over a restart", LinksHoldOverARestart},
    {"a stopped adapter takes nothing", StoppedAdaptersTakeNothing},
    {"no file holds an address", FilesHoldNoAddress},
};

}  // namespace

void CheckAdapterClaims(const MakeAdapterFixture& make) {
  for (const ClaimRow& row : kClaims) {
    DYNAMIC_SECTION(row.claim) {
      ConformanceWorld world(make());
      row.check(world);
    }
  }
}

}  // namespace trestle::test
