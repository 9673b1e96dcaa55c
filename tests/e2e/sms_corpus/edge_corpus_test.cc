// Real texts by the SMS edge: sealed by a buyer's endpoint, opened by the edge's desk, sent as
// plain SMS over SMPP on loopback. Each arrives at the phone as text, octet for octet behind its
// label, in as many segments as were predicted before it was sealed.
#include <iostream>
#include <map>

#include "adapters/sms/asio_loop.h"
#include "adapters/sms/session.h"
#include "edge/desk.h"
#include "edge/words.h"
#include "tests/e2e/sms_corpus/corpus_texts.h"
#include "tests/unit/sdk/manual_seams.h"
#include "tests/unit/sms/sms_world.h"

namespace trestle::edge {
namespace {

using sms::SmsWorld;

constexpr std::size_t kBatch = 50;
constexpr int kTriesMax = 60;  // of five seconds, for one batch

// A bridge that takes all that is offered and keeps what the edge answers. On the edge's loop.
class TestBridge final : public BridgePort {
 public:
  void Offer(const KeptOffer& offer) override {
    const std::lock_guard lock(mutex_);
    offers_.push_back(offer);
    changed_.notify_all();
  }
  void Answer(const DeliveryId& delivery, const Attempt& attempt) override {
    const std::lock_guard lock(mutex_);
    answers_[delivery] = attempt;
    changed_.notify_all();
  }
  void Report(const DeliveryReport&) override {}

  Attempt AnswerTo(const DeliveryId& delivery) {
    std::unique_lock lock(mutex_);
    REQUIRE(changed_.wait_for(lock, sms::kPatience, [&] { return answers_.contains(delivery); }));
    return answers_.at(delivery);
  }
  KeptOffer OfferNumber(std::size_t count) {
    std::unique_lock lock(mutex_);
    REQUIRE(changed_.wait_for(lock, sms::kPatience, [&] { return offers_.size() >= count; }));
    return offers_[count - 1];
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<KeptOffer> offers_;
  std::map<DeliveryId, Attempt> answers_;
};

// Counts the segments of each delivery on their way to the real session.
class CountingSession final : public NativeSender {
 public:
  void SendUnit(NativeUnit unit, Done<NativeOutcome> done) override {
    {
      const std::lock_guard lock(mutex_);
      ++segments_[unit.delivery];
    }
    session->SendUnit(std::move(unit), std::move(done));
  }
  std::size_t SegmentsOf(const DeliveryId& delivery) {
    const std::lock_guard lock(mutex_);
    return segments_[delivery];
  }
  sms::SmsSession* session = nullptr;

 private:
  std::mutex mutex_;
  std::map<DeliveryId, std::size_t> segments_;
};

class Rig {
 public:
  explicit Rig(SmsWorld& world)
      : world_(world), options_(Options(world)), loop_("edge", world.clock) {
    session_ = std::make_unique<sms::SmsSession>(
        loop_, options_, nullptr, world.clock, world.random, world.metrics,
        sms::SmsSession::Events{[this](NativeMessage message, Done<void> kept) {
                                  desk_->TakeMessage(std::move(message), std::move(kept));
                                },
                                [this](const std::string& id, sms::MessageState state) {
                                  desk_->TakeReceipt(id, state);
                                },
                                [](const NativeAddress&, const std::optional<NativeAddress>&,
                                   const std::string&, ByteView) {},
                                [](Done<void> kept) { std::move(kept)({}); },
                                [this](Health health) {
                                  if (health == Health::kHealthy) healthy_.set_value();
                                },
                                [](std::string_view) { return false; }});
    counting.session = session_.get();
    Desk::Options desk;
    desk.folder = folder_.path() + "/edge";
    desk.service_number = SmsWorld::kService;
    desk.ghosts.ghosts = world.ghosts;
    desk_ = Desk::Create(std::move(desk), {loop_, world.clock, world.random, world.metrics},
                         counting, bridge)
                .value();
    OnLoop([this] {
      desk_->Connected();
      session_->Start();
    });
    REQUIRE(healthy_.get_future().wait_for(sms::kPatience) == std::future_status::ready);
    buyer = endpoint::Endpoint::Open(folder_.path() + "/buyer", world.random, world.clock).value();
  }
  ~Rig() {
    std::promise<void> stopped;
    OnLoop([&] { session_->Stop([&](Result<void>) { stopped.set_value(); }); });
    stopped.get_future().wait();
    loop_.Stop();
  }

  void OnLoop(std::function<void()> run) {
    std::promise<void> done;
    REQUIRE(loop_.Post([&] {
      run();
      done.set_value();
    }));
    done.get_future().wait();
  }
  KeptOffer TakeOffer() {
    const KeptOffer offer = bridge.OfferNumber(++offers_);
    OnLoop([&] { desk_->Offered(offer.number, true, std::nullopt); });
    return offer;
  }
  DeliveryId Deliver(const ThreadRef& to, const Frame& frame,
                     std::optional<LinkId> offers = std::nullopt) {
    Delivery delivery;
    delivery.id = DeliveryId::Mint(world_.random);
    delivery.to = to;
    delivery.body = frame;
    delivery.offers_link = offers;
    delivery.expires_at = world_.clock.wall_now() + std::chrono::hours(1);
    OnLoop([&] { desk_->Deliver(delivery); });
    return delivery.id;
  }

  // The phone joins, agrees and shares a conversation with the buyer; answers its link.
  LinkId Meet() {
    world_.Sends(SmsWorld::kAna, SmsWorld::kService, "JOIN");
    const auto person = std::get<EnrolmentId>(TakeOffer().from);
    const Bytes octets = std::get<Bytes>(TakeOffer().body);
    const auto keys = std::get<PublishKeysFrame>(DecodeFrame(octets).value());
    const LinkId link = LinkId::Mint(world_.random);
    const DeliveryId offer =
        Deliver(person, Frame(ThreadOfferFrame{{}, ThreadRole::kRequester, "", "a-name-1"}), link);
    REQUIRE(bridge.AnswerTo(offer).certainty == Certainty::kSent);
    const auto inbox = world_.InboxAfter(SmsWorld::kAna, 0);
    after = inbox.back()["seq"].get<std::uint64_t>();
    world_.Sends(SmsWorld::kAna, inbox.back()["from"].get<std::string>(), "AGREE");
    TakeOffer();
    TakeOffer();
    const Bytes welcome = buyer->StartThread("ana", keys.key_packages.front()).value();
    const DeliveryId joined = Deliver(link, EnvelopeFrame{1, world_.clock.wall_now(), welcome});
    REQUIRE(bridge.AnswerTo(joined).certainty == Certainty::kSent);
    return link;
  }
  Frame Sealed(const std::string& text) {
    endpoint::SealOptions options;
    options.edge = endpoint::EdgeUse::kAgreed;
    const auto sealed = buyer->Seal("ana", content::Message::Text(text), options).value();
    return EnvelopeFrame{2, world_.clock.wall_now(), sealed.payload};
  }

  TestBridge bridge;
  CountingSession counting;
  std::unique_ptr<endpoint::Endpoint> buyer;
  std::uint64_t after = 0;  // of the phone's inbox

 private:
  static SmsOptions Options(SmsWorld& world) {
    SmsOptions options = world.Options();
    options.messages_per_minute = 1'000'000;
    options.window = 100;
    return options;
  }

  SmsWorld& world_;
  const SmsOptions options_;
  const trestle::test::ScratchFolder folder_;
  std::promise<void> healthy_;
  sms::AsioLoop loop_;
  std::unique_ptr<sms::SmsSession> session_;
  std::unique_ptr<Desk> desk_;
  std::size_t offers_ = 0;
};

}  // namespace

TEST_CASE("By the edge every text arrives octet for octet, in as many segments as predicted") {
  const std::vector<std::string> texts = corpus::TextsToSend();
  if (texts.empty()) {
    WARN("skipped: the SMS corpora are not in " << corpus::kFolder);
    return;
  }
  SmsSimOptions sim;
  sim.submits_per_second = 1'000'000;
  SmsWorld world(std::move(sim));
  Rig rig(world);
  const LinkId link = rig.Meet();

  std::size_t segments = 0;
  for (std::size_t sent = 0; sent < texts.size();) {
    const std::size_t batch = std::min(kBatch, texts.size() - sent);
    std::map<std::string, int> expected;
    std::vector<std::pair<DeliveryId, std::size_t>> predicted;
    for (std::size_t i = sent; i < sent + batch; ++i) {
      const std::string shown = std::string(words::kLabel) + texts[i];
      const std::size_t plan = sms::PlanText(shown).value().segments;
      predicted.emplace_back(rig.Deliver(link, rig.Sealed(texts[i])), plan);
      ++expected[shown];
    }
    for (const auto& [id, plan] : predicted) {
      REQUIRE(rig.bridge.AnswerTo(id).certainty == Certainty::kSent);
      REQUIRE(rig.counting.SegmentsOf(id) == plan);
      segments += plan;
    }
    std::map<std::string, int> arrived;
    std::size_t count = 0;
    for (int i = 0; i < kTriesMax && count < batch; ++i) {
      for (const auto& message : world.InboxAfter(SmsWorld::kAna, rig.after)) {
        rig.after = message["seq"].get<std::uint64_t>();
        ++arrived[message["text"].get<std::string>()];
        ++count;
      }
    }
    REQUIRE(arrived == expected);
    sent += batch;
  }
  std::cout << texts.size() << " texts by the edge, " << segments << " segments\n";
}

}  // namespace trestle::edge
