// The edge's desk in one thread: a session and a bridge that write down what they are given, a
// clock that moves by hand, and a buyer with a real endpoint on the other side.
#pragma once

#include <catch2/catch.hpp>
#include <optional>

#include "adapters/sms/user_data.h"
#include "edge/desk.h"
#include "edge/words.h"
#include "tests/unit/sdk/manual_seams.h"

namespace trestle::edge::test {

using trestle::test::CountingRandom;
using trestle::test::ManualClock;
using trestle::test::ManualExecutor;
using trestle::test::ScratchFolder;

// A centre that answers as scripted, then well; what is held is answered by nobody.
class FakeSession final : public NativeSender {
 public:
  explicit FakeSession(Executor& loop) : loop_(loop) {}

  void SendUnit(NativeUnit unit, Done<NativeOutcome> done) override {
    units.push_back(std::move(unit));
    if (hold) {
      held.push_back(std::move(done));
      return;
    }
    NativeOutcome outcome{{.certainty = Certainty::kSent}, "id" + std::to_string(units.size())};
    if (!script.empty()) {
      outcome = {script.front(), ""};
      script.erase(script.begin());
    }
    auto shared = std::make_shared<Done<NativeOutcome>>(std::move(done));
    REQUIRE(loop_.Post([shared, outcome] { std::move (*shared)(outcome); }));
  }

  std::vector<NativeUnit> units;
  std::vector<Attempt> script;
  bool hold = false;
  std::vector<Done<NativeOutcome>> held;

 private:
  Executor& loop_;
};

class FakeBridge final : public BridgePort {
 public:
  void Offer(const KeptOffer& offer) override { offers.push_back(offer); }
  void Answer(const DeliveryId& delivery, const Attempt& attempt) override {
    answers.emplace_back(delivery, attempt);
  }
  void Report(const DeliveryReport& report) override { reports.push_back(report); }

  std::vector<KeptOffer> offers;
  std::vector<std::pair<DeliveryId, Attempt>> answers;
  std::vector<DeliveryReport> reports;
};

class EdgeWorld {
 public:
  static constexpr const char* kPhone = "447700900001";
  static constexpr const char* kService = "12345";
  static constexpr const char* kGhost = "447700900900";

  EdgeWorld() { Begin(); }

  // The process dies where it stands, and another one begins on its folder.
  void Crash() {
    desk.reset();
    session.reset();
    executor = std::make_unique<ManualExecutor>(clock);
    bridge = FakeBridge();
    Begin();
  }
  void Run() { executor->RunAll(); }

  // The phone texts; answers what the centre would be told. All that is offered becomes durable.
  Result<void> Texts(const std::string& to, const std::string& text) {
    NativeMessage message;
    message.from = NativeAddress(kPhone);
    message.identity = to;
    message.native_id = "n" + std::to_string(++heard_);
    message.body = text;
    std::optional<Result<void>> told;
    desk->TakeMessage(std::move(message), [&](Result<void> result) { told = result; });
    TakeOffers();
    REQUIRE(told.has_value());
    return *told;
  }
  void TakeOffers() {
    for (; taken_ < bridge.offers.size(); ++taken_) {
      desk->Offered(bridge.offers[taken_].number, true, std::nullopt);
      Run();
    }
  }
  DeliveryId Delivers(const ThreadRef& to, std::variant<Frame, ServiceReply> body,
                      std::optional<LinkId> offers_link = std::nullopt) {
    Delivery delivery;
    delivery.id = DeliveryId::Mint(random);
    delivery.to = to;
    delivery.body = std::move(body);
    delivery.offers_link = offers_link;
    delivery.expires_at = clock.wall_now() + std::chrono::hours(1);
    last = delivery.id;
    last_delivery = std::make_unique<Delivery>(std::move(delivery));
    Again();
    return last;
  }
  void Again() {
    desk->Deliver(*last_delivery);
    Run();
    TakeOffers();
  }
  const Attempt& LastAnswer() const { return bridge.answers.back().second; }

  template <class Kind>
  std::vector<Kind> Offered() const {
    std::vector<Kind> out;
    for (const KeptOffer& each : bridge.offers) {
      const auto* octets = std::get_if<Bytes>(&each.body);
      if (octets == nullptr) continue;
      const Frame frame = DecodeFrame(*octets).value();
      if (const auto* kind = std::get_if<Kind>(&frame)) out.push_back(*kind);
    }
    return out;
  }
  std::vector<std::string> Words() const {
    std::vector<std::string> out;
    for (const KeptOffer& each : bridge.offers) {
      if (const auto* word = std::get_if<std::string>(&each.body)) out.push_back(*word);
    }
    return out;
  }
  // The text that the last parts make together, as a phone shows it.
  std::string ShownFrom(std::size_t unit) const {
    std::string out;
    for (; unit < session->units.size(); ++unit) {
      const NativeUnit& each = session->units[unit];
      if (const auto* text = std::get_if<std::string>(&each.body)) {
        out.append(*text);
        continue;
      }
      const auto& prepared = std::get<NativeUnit::Prepared>(each.body);
      const std::size_t header =
          (prepared.form->flags & sms::kEsmUserDataHeader) != 0 ? prepared.octets[0] + 1U : 0U;
      out.append(sms::DecodeText(prepared.form->coding, ByteView(prepared.octets).subspan(header))
                     .value());
    }
    return out;
  }

  void Joins() {
    REQUIRE(Texts(kService, "JOIN"));
    person = std::get<EnrolmentId>(bridge.offers.front().from);
    keys = Offered<PublishKeysFrame>().back().key_packages;
  }
  // Up to a shared conversation; the phone's owner has agreed.
  void Meets(ThreadRole role = ThreadRole::kOwner) {
    Joins();
    link = LinkId::Mint(random);
    Delivers(person, Frame(ThreadOfferFrame{{}, role, "", "bicycle"}), link);
    REQUIRE(Texts(kGhost, "agree"));
    const Bytes welcome = buyer->StartThread("seller", keys.front()).value();
    Delivers(link, Frame(EnvelopeFrame{1, clock.wall_now(), welcome}));
  }
  Bytes Sealed(const content::Message& message) {
    endpoint::SealOptions options;
    options.edge = endpoint::EdgeUse::kAgreed;
    return buyer->Seal("seller", message, options).value().payload;
  }
  DeliveryId BuyerSays(const std::string& text) {
    return Delivers(
        link, Frame(EnvelopeFrame{2, clock.wall_now(), Sealed(content::Message::Text(text))}));
  }
  Desk::Options DeskOptions() const {
    Desk::Options options;
    options.folder = folder.path() + "/edge";
    options.service_number = kService;
    options.ghosts.ghosts = {kGhost};
    return options;
  }

  ManualClock clock;
  CountingRandom random;
  ScratchFolder folder;
  Metrics metrics;
  std::unique_ptr<ManualExecutor> executor = std::make_unique<ManualExecutor>(clock);
  std::unique_ptr<FakeSession> session;
  FakeBridge bridge;
  std::unique_ptr<Desk> desk;
  std::unique_ptr<endpoint::Endpoint> buyer;
  EnrolmentId person;
  LinkId link;
  std::vector<Bytes> keys;
  DeliveryId last;
  std::unique_ptr<Delivery> last_delivery;

 private:
  void Begin() {
    session = std::make_unique<FakeSession>(*executor);
    auto made = Desk::Create(DeskOptions(), {*executor, clock, random, metrics}, *session, bridge);
    REQUIRE(made);
    desk = *std::move(made);
    if (buyer == nullptr) {
      buyer = endpoint::Endpoint::Open(folder.path() + "/buyer", random, clock).value();
    }
    taken_ = 0;
    desk->Connected();
  }

  std::size_t taken_ = 0;
  int heard_ = 0;
};

}  // namespace trestle::edge::test
