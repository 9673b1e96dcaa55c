#include "tests/sim/carrier_network.h"

namespace trestle::world {
namespace {

constexpr std::uint64_t kTag = 3;
constexpr Millis kTickPause{2000};
constexpr Millis kSendTimeout{10'000};   // as GraphLink's
constexpr Millis kKnockTimeout{15'000};  // then the network asks again
constexpr Millis kKnockPause{700};

Attempt Unknown() { return {Certainty::kMaybeSent, Retry::kLater, Rule::kAdapterDown, {}}; }
Attempt NotNow(Millis pause) {
  return {Certainty::kNotSent, Retry::kLater, Rule::kAdapterDown, pause};
}

}  // namespace

class CarrierAdapter final : public Adapter, public NativeSender {
 public:
  CarrierAdapter(CarrierNetwork& net, Capabilities capabilities, const AdapterSeams& seams)
      : net_(net),
        capabilities_(std::move(capabilities)),
        queue_(seams.queue),
        life_(seams.life),
        loop_(*seams.loop) {
    Carrier::Options options;
    options.capabilities = capabilities_;
    options.text_bytes_max = net.kind().text_bytes_max;
    options.service_identity = net.kind().service;
    options.ghosts = GhostPool{net.kind().ghosts, Millis{0}, {}};
    options.data_folder = seams.folder;
    auto carrier = Carrier::Create(std::move(options),
                                   {loop_, seams.queue, seams.random, seams.metrics}, *this);
    if (carrier) carrier_ = *std::move(carrier);
  }

  bool is_open() const { return carrier_ != nullptr; }
  const Capabilities& capabilities() const override { return capabilities_; }

  void Start(AdapterHost& host, Done<void> started) override {
    host_ = &host;
    (void)loop_.Post([this, started = std::move(started)]() mutable {
      carrier_->Attach(*host_);
      net_.AdapterStarted(*this);
      TellHealth();
      std::move(started)({});
    });
  }
  void Deliver(Delivery delivery, Done<Attempt> done) override {
    carrier_->Deliver(std::move(delivery), std::move(done));
  }
  void Withdraw(const DeliveryId& delivery) override { carrier_->Withdraw(delivery); }
  void Stop(Done<void> stopped) override { carrier_->Stop(std::move(stopped)); }

  void SendUnit(NativeUnit unit, Done<NativeOutcome> done) override {
    // As every real sender: never after its time.
    if (queue_.wall_now() >= unit.expires_at) {
      return std::move(done)(
          NativeOutcome{{Certainty::kNotSent, Retry::kNever, Rule::kExpired, {}}, ""});
    }
    if (unit.withdrawn && *unit.withdrawn) {
      return std::move(done)(
          NativeOutcome{{Certainty::kNotSent, Retry::kNever, Rule::kNoConsent, {}}, ""});
    }
    CarrierNetwork::Request request;
    request.identity = unit.identity;
    request.to = std::string(unit.to.Reveal(Purpose::kWriteToNetwork));
    request.issued_wall = queue_.wall_now();
    request.issued_at = queue_.mono_now();
    if (auto* text = std::get_if<std::string>(&unit.body)) {
      request.body = *text;
    } else {
      request.body = NativeMessage::Chunk{ToHex(unit.ref), unit.index, unit.count,
                                          std::get<Bytes>(unit.body), false};
    }
    const std::uint64_t serial = ++last_serial_;
    waiting_.emplace(serial, std::move(done));
    const auto answer = [this, serial, life = life_](const NativeOutcome& outcome) {
      if (life->dead) return;
      const auto found = waiting_.find(serial);
      if (found == waiting_.end()) return;  // the time-out was first
      Done<NativeOutcome> waiting = std::move(found->second);
      waiting_.erase(found);
      std::move(waiting)(outcome);
    };
    request.answer = answer;
    queue_.After(kSendTimeout, kTag, [answer] { answer({Unknown(), ""}); });
    net_.TakeRequest(std::move(request));
  }

  // From the network.
  void Receive(NativeMessage message, Done<void> acknowledge) {
    auto shared = std::make_shared<Done<void>>(std::move(acknowledge));
    auto held = std::make_shared<NativeMessage>(std::move(message));
    (void)loop_.Post(
        [this, held, shared] { carrier_->Receive(std::move(*held), std::move(*shared)); });
  }
  void Report(const std::string& native_id, std::function<void()> heard) {
    (void)loop_.Post([this, native_id, heard = std::move(heard)] {
      carrier_->ReportDelivered(native_id);
      heard();
    });
  }
  void TellHealth() {
    if (host_ == nullptr) return;
    host_->ReportHealth(capabilities_.network, net_.is_down() ? Health::kDown : Health::kHealthy);
  }
  const std::shared_ptr<Life>& life() const { return life_; }

 private:
  CarrierNetwork& net_;
  const Capabilities capabilities_;
  TimeQueue& queue_;
  const std::shared_ptr<Life> life_;
  AdapterHost* host_ = nullptr;
  std::map<std::uint64_t, Done<NativeOutcome>> waiting_;  // dropped with the loop still there
  std::uint64_t last_serial_ = 0;
  SimExecutor& loop_;  // the bay's, which outlives this
  std::unique_ptr<Carrier> carrier_;
};

CarrierNetwork::CarrierNetwork(Options options, TimeQueue& queue, SeededRandom& random,
                               Chaos& chaos)
    : PhoneNetwork(std::move(options.kind), queue, random),
      capabilities_(std::move(options.capabilities)),
      chaos_(chaos),
      weather_(queue, random, chaos) {
  Tick();
}

void CarrierNetwork::Tick() {
  weather_.Tick([this] {
    if (adapter_ != nullptr && !adapter_->life()->dead) adapter_->TellHealth();
  });
  queue().After(kTickPause, kTag, [this] { Tick(); });
}

std::unique_ptr<Adapter> CarrierNetwork::NewAdapter(const AdapterSeams& seams) {
  auto adapter = std::make_unique<CarrierAdapter>(*this, capabilities_, seams);
  if (!adapter->is_open()) return nullptr;
  return adapter;
}

void CarrierNetwork::AdapterStarted(CarrierAdapter& adapter) { adapter_ = &adapter; }

// ---- From phones to the bridge ----

void CarrierNetwork::TakeFromPhone(const std::string& from, const std::string& identity,
                                   PhoneBody body, std::function<void()> taken) {
  auto post = std::make_shared<Post>();
  const auto* chunk = std::get_if<NativeMessage::Chunk>(&body);
  post->from = from;
  post->identity = identity;
  post->native_id = network().name() + "-in-" + std::to_string(++last_id_);
  post->body = std::move(body);
  post->taken = std::move(taken);
  if (queue().is_traced()) {
    const std::string part = chunk == nullptr ? "" : " part " + std::to_string(chunk->index + 1);
    queue().Trace(post->native_id + " from " + from + " to " + identity + part);
  }
  ++waiting_;
  // Messages of one person to one identity keep their order, unless the run's faults say otherwise.
  MonoTime at = queue().mono_now() + weather_.Latency();
  if (chaos_.Hit(Fault::kReorder)) {
    at = at + Millis{3000};
  } else {
    MonoTime& last = last_knock_[from + " " + identity];
    last = at = std::max(at, last);
  }
  Try(post, at - queue().mono_now());
  if (chaos_.Hit(Fault::kDuplicate)) Try(post, weather_.Latency());
}

void CarrierNetwork::Try(const std::shared_ptr<Post>& post, Millis after) {
  queue().After(after, kTag, [this, post] { Knock(post); });
}

// Tells the bridge of the message, again and again until it says that it has it.
void CarrierNetwork::Knock(const std::shared_ptr<Post>& post) {
  if (post->is_taken && !chaos_.Hit(Fault::kDuplicate)) return;
  const std::uint64_t number = ++post->tries;
  const auto again = [this, post, number](Millis after) {
    queue().After(after, kTag, [this, post, number] {
      if (!post->is_taken && post->tries == number) Knock(post);
    });
  };
  const bool reaches = adapter_ != nullptr && !adapter_->life()->dead && !weather_.is_down();
  if (!reaches) return again(kKnockPause);
  again(kKnockTimeout);
  if (weather_.is_half_open() || chaos_.Hit(Fault::kRequestLost)) return;
  NativeMessage message;
  message.from = NativeAddress(post->from);
  message.identity = post->identity;
  message.native_id = post->native_id;
  message.body = post->body;
  adapter_->Receive(
      std::move(message), [this, post, again, life = adapter_->life()](Result<void> result) {
        if (life->dead || chaos_.Hit(Fault::kAnswerLost)) return;
        if (queue().is_traced()) {
          queue().Trace(
              post->native_id +
              (result ? " is taken" : std::string(" is not: ") + result.error().what.c_str()));
        }
        if (!result) return again(kKnockPause);
        queue().After(weather_.Latency(), kTag, [this, post] {
          if (std::exchange(post->is_taken, true)) return;
          --waiting_;
          post->taken();
        });
      });
}

// ---- From the bridge to phones ----

void CarrierNetwork::TakeRequest(Request request) {
  const auto answer = [&](const Attempt& attempt) {
    queue().After(weather_.Latency(), kTag, [tell = request.answer, attempt] {
      tell({attempt, ""});
    });
  };
  if (weather_.is_down()) return answer(NotNow(Millis{1000}));
  if (weather_.is_half_open() || chaos_.Hit(Fault::kRequestLost)) return;
  if (chaos_.Hit(Fault::kThrottle)) {
    return answer(NotNow(Millis{static_cast<std::int64_t>(1000 + random().Below(15'000))}));
  }
  queue().After(weather_.Latency(), kTag,
                [this, request = std::move(request)] { Arrive(request); });
}

void CarrierNetwork::Arrive(const Request& request) {
  PhoneSeat* phone = FindPhone(request.to);
  const std::string id = network().name() + "-out-" + std::to_string(++last_id_);
  queue().hash().Add(id + request.to);
  if (phone == nullptr) {
    return request.answer({{Certainty::kNotSent, Retry::kNever, Rule::kNetworkRefused, {}}, ""});
  }
  fates_[id];
  phone->Receive({request.identity, id, request.body, request.issued_wall, request.issued_at});
  if (capabilities_.reports_delivered) Report(id, weather_.Latency());
  if (chaos_.Hit(Fault::kAnswerLost)) return;
  const bool cut = chaos_.Hit(Fault::kPartialPage);
  queue().After(weather_.Latency(), kTag,
                [this, id, cut, issued = request.issued_at, tell = request.answer] {
                  if (cut) return tell({Unknown(), ""});
                  const bool in_time = queue().mono_now() - issued < kSendTimeout;
                  if (in_time) fates_[id].answered = true;
                  tell({{Certainty::kSent, Retry::kNever, Rule::kNone, {}}, id});
                });
}

void CarrierNetwork::Report(const std::string& native_id, Millis after) {
  queue().After(after, kTag, [this, native_id] {
    const bool reaches = adapter_ != nullptr && !adapter_->life()->dead && !weather_.is_down();
    if (!reaches) return Report(native_id, kKnockPause);
    adapter_->Report(native_id,
                     [this, native_id] { fates_[native_id].reported = queue().wall_now(); });
    if (chaos_.Hit(Fault::kDuplicate)) adapter_->Report(native_id, [] {});
  });
}

bool CarrierNetwork::KnowsArrival(const std::string& native_id, WallTime by) const {
  const auto found = fates_.find(native_id);
  return found != fates_.end() && found->second.answered && found->second.reported &&
         *found->second.reported < by;
}

}  // namespace trestle::world
