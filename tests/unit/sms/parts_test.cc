// The small parts of the session, each by itself and with time moved by hand.
#include <catch2/catch.hpp>
#include <set>

#include "adapters/sms/incoming.h"
#include "adapters/sms/references.h"
#include "adapters/sms/send_rate.h"
#include "adapters/sms/sim_rules.h"
#include "adapters/sms/submit_queue.h"
#include "bridge/base/system_seams.h"

namespace trestle::sms {
namespace {

MonoTime At(std::int64_t ms) { return {1'000'000 + ms}; }

// How many may leave within a second from `begin`, tried every millisecond.
int LeavesInSecond(SendRate& rate, std::int64_t begin) {
  int count = 0;
  for (std::int64_t ms = begin; ms < begin + 1000; ++ms) {
    if (rate.Take(At(ms)) == Millis{0}) ++count;
  }
  return count;
}

}  // namespace

TEST_CASE("The rate holds what was sold, with a small burst") {
  SendRate rate(600, Millis{1000});
  const int first = LeavesInSecond(rate, 0);
  CHECK(first >= 10);
  CHECK(first <= 14);
  CHECK(LeavesInSecond(rate, 1000) == 10);
}

TEST_CASE("Throttling stops everything for a pause and halves the rate") {
  SendRate rate(6000, Millis{1000});
  CHECK(rate.Throttled(At(0)) == Millis{1000});
  CHECK(rate.Take(At(400)) == Millis{600});
  CHECK(rate.per_minute() == 3000);
}

TEST_CASE("Answers of one window throttle once") {
  SendRate rate(6000, Millis{1000});
  rate.Throttled(At(0));
  CHECK(rate.Throttled(At(10)) == Millis{990});
  CHECK(rate.per_minute() == 3000);
}

TEST_CASE("The pause doubles while throttling goes on, to a minute, and is short after a success") {
  SendRate rate(6000, Millis{1000});
  std::int64_t at = 0;
  for (const std::int64_t expected : {1, 2, 4, 8, 16, 32, 60, 60}) {
    const Millis pause = rate.Throttled(At(at));
    CHECK(pause == std::chrono::seconds(expected));
    at += pause.count();
  }
  rate.Succeeded();
  CHECK(rate.Throttled(At(at)) == Millis{1000});
  CHECK(rate.per_minute() >= SendRate::kPerMinuteMin);
}

TEST_CASE("The rate recovers by a tenth every five seconds, to what was sold") {
  SendRate rate(6000, Millis{1000});
  rate.Throttled(At(0));
  rate.Take(At(5000));
  CHECK(rate.per_minute() == 3600);
  rate.Take(At(60000));
  CHECK(rate.per_minute() == 6000);
}

TEST_CASE("Texts to one person have different references") {
  SystemRandom random;
  References references(random);
  std::set<std::uint8_t> seen;
  for (int i = 0; i < 256; ++i) seen.insert(references.ForText("447700900001"));
  CHECK(seen.size() == 256);
}

namespace {

// What a fold has told, in order.
struct Told {
  std::vector<std::pair<std::string, MessageState>> all;
  ReceiptFold fold{
      [this](const std::string& id, MessageState state) { all.emplace_back(id, state); }};
  using Rows = std::vector<std::pair<std::string, MessageState>>;
};

}  // namespace

TEST_CASE(
    "Receipts of the parts of a text are one: when all have arrived, or when one has failed") {
  Told told;
  const auto text = told.fold.Begin(3);
  for (const char* id : {"a", "b", "c"}) {
    told.fold.PartSubmitted();
    told.fold.PartAnswered(text, id);
  }
  told.fold.Take("b", MessageState::kDelivered);
  told.fold.Take("b", MessageState::kDelivered);  // brought twice
  told.fold.Take("c", MessageState::kEnroute);    // on the way is no end
  told.fold.Take("c", MessageState::kDelivered);
  // The repetition is nobody's part any more and is told as it came; its text is not.
  CHECK(told.all == Told::Rows{{"b", MessageState::kDelivered}});
  told.fold.Take("a", MessageState::kDelivered);
  CHECK(told.all.back() == std::pair<std::string, MessageState>("a", MessageState::kDelivered));
  const auto failing = told.fold.Begin(2);
  for (const char* id : {"d", "e"}) {
    told.fold.PartSubmitted();
    told.fold.PartAnswered(failing, id);
  }
  told.fold.Take("e", MessageState::kUndeliverable);
  told.fold.Take("d", MessageState::kDelivered);
  CHECK(told.all.size() == 3);
  CHECK(told.all.back() == std::pair<std::string, MessageState>("d", MessageState::kUndeliverable));
}

TEST_CASE("Receipts before their answers are parked, and no more than the bound") {
  Told told;
  const auto text = told.fold.Begin(2);
  told.fold.PartSubmitted();
  told.fold.Take("first", MessageState::kDelivered);
  for (std::size_t i = 0; i < ReceiptFold::kHeldMax; ++i) {
    told.fold.Take("other" + std::to_string(i), MessageState::kDelivered);
  }
  // The oldest had to go: it is told as it came.
  CHECK(told.all == Told::Rows{{"first", MessageState::kDelivered}});
  told.fold.Take("second", MessageState::kDelivered);
  told.fold.PartAnswered(text, "second");
  told.fold.PartSubmitted();
  told.fold.Take("third", MessageState::kDelivered);
  told.fold.PartAnswered(text, "third");
  CHECK(std::count(told.all.begin(), told.all.end(),
                   std::pair<std::string, MessageState>("second", MessageState::kDelivered)) == 1);
  CHECK(std::count(told.all.begin(), told.all.end(),
                   std::pair<std::string, MessageState>("third", MessageState::kDelivered)) == 0);
}

TEST_CASE("A validity period says the span in the relative form") {
  CHECK(RelativeValidity(std::chrono::hours(24)) == "000001000000000R");
  CHECK(RelativeValidity(std::chrono::seconds(3725)) == "000000010205000R");
  CHECK(RelativeValidity(std::chrono::hours(24 * 365)) == "000030000000000R");
  CHECK(RelativeValidity(Millis{999}).empty());
  CHECK(RelativeValidity(Millis{-5}).empty());
}

TEST_CASE("A period that is written is read as the same span") {
  const WallTime now{1'795'000'000'000};
  for (const std::int64_t seconds : {1, 59, 3600, 86399, 604800}) {
    const auto end = EndOfValidity(RelativeValidity(std::chrono::seconds(seconds)), now);
    CHECK(end.value() - now == std::chrono::seconds(seconds));
  }
}

TEST_CASE("An absolute time is read with its zone, and written in UTC") {
  // 2026-11-22 18:21:50 UTC.
  const WallTime at{1'795'371'710'000};
  CHECK(AbsoluteTime(at) == "261122182150000+");
  CHECK(EndOfValidity("261122182150000+", {}) == at);
  CHECK(EndOfValidity("261122192150004+", {}) == at);
  CHECK(EndOfValidity("261122172150004-", {}) == at);
  CHECK(ReceiptTime(at) == "2611221821");
}

TEST_CASE("Each class of status becomes the attempt it means") {
  CHECK(AttemptOf(0x58, Millis{7}).retry_after == Millis{7});
  CHECK(AttemptOf(0x14, Millis{7}).retry == Retry::kLater);
  CHECK(AttemptOf(0x08, Millis{0}).retry == Retry::kLater);
  CHECK(AttemptOf(0x0B, Millis{0}).retry == Retry::kNever);
  CHECK(AttemptOf(0x0B, Millis{0}).rule == Rule::kNetworkRefused);
  CHECK(AttemptOf(0x04, Millis{0}).retry == Retry::kLater);
  CHECK(AttemptOf(0x00, Millis{0}).certainty == Certainty::kSent);
  for (const CommandStatus code : {0x58u, 0x08u, 0x0Bu, 0x04u, 0x4FFu}) {
    CHECK(AttemptOf(code, Millis{0}).certainty == Certainty::kNotSent);
  }
}

TEST_CASE("An unnumbered text repeats within half a minute, and longer when it was not kept") {
  using Content = RepeatWatch::Content;
  RepeatWatch watch;
  const Bytes32 text{1};
  const std::string first = watch.IdOf({text, "ana", Content::kUnnumbered}, At(0), {0});
  watch.Acknowledged(text);
  CHECK(watch.IdOf({text, "ana", Content::kUnnumbered}, At(29'000), {29'000}) == first);
  const std::string later = watch.IdOf({text, "ana", Content::kUnnumbered}, At(31'000), {31'000});
  CHECK(later != first);
  CHECK(watch.IdOf({text, "ana", Content::kUnnumbered}, At(300'000), {300'000}) == later);
  watch.Acknowledged(text);
  watch.LinkBroke();
  CHECK(watch.IdOf({text, "ana", Content::kUnnumbered}, At(500'000), {500'000}) == later);
  CHECK(watch.IdOf({text, "ana", Content::kUnnumbered}, At(700'000), {700'000}) != later);
}

TEST_CASE("A text that its phone numbered repeats within ten minutes") {
  using Content = RepeatWatch::Content;
  RepeatWatch watch;
  const Bytes32 text{1};
  const std::string first = watch.IdOf({text, "ana", Content::kNumberedByPhone}, At(0), {0});
  watch.Acknowledged(text);
  CHECK(watch.IdOf({text, "ana", Content::kNumberedByPhone}, At(599'000), {1}) == first);
  CHECK(watch.IdOf({text, "ana", Content::kNumberedByPhone}, At(601'000), {2}) != first);
}

TEST_CASE("A STOP after another text is a new one, and a text after a STOP is not") {
  using Content = RepeatWatch::Content;
  RepeatWatch watch;
  const Bytes32 stop{1};
  const Bytes32 join{2};
  const std::string first_join = watch.IdOf({join, "ana", Content::kUnnumbered}, At(0), {0});
  const std::string first_stop =
      watch.IdOf({stop, "ana", Content::kUnnumberedStop}, At(1000), {1000});
  watch.Acknowledged(join);
  watch.Acknowledged(stop);
  CHECK(watch.IdOf({stop, "ana", Content::kUnnumberedStop}, At(2000), {2000}) == first_stop);
  // What the network repeats joins nobody again.
  CHECK(watch.IdOf({join, "ana", Content::kUnnumbered}, At(3000), {3000}) == first_join);
  CHECK(watch.IdOf({stop, "ana", Content::kUnnumberedStop}, At(4000), {4000}) != first_stop);
}

TEST_CASE("The watch forgets the oldest texts at its bound") {
  using Content = RepeatWatch::Content;
  RepeatWatch watch;
  Bytes32 text{};
  const std::string first = watch.IdOf({text, "ana", Content::kUnnumbered}, At(0), {0});
  for (std::size_t i = 1; i <= RepeatWatch::kTextsMax; ++i) {
    text[0] = static_cast<std::uint8_t>(i);
    text[1] = static_cast<std::uint8_t>(i >> 8);
    watch.IdOf({text, "ana", Content::kUnnumbered}, At(0), {0});
  }
  CHECK(watch.IdOf({Bytes32{}, "ana", Content::kUnnumbered}, At(0), {9}) != first);
}

}  // namespace trestle::sms
