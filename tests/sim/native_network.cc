#include "tests/sim/native_network.h"

#include "bridge/rpc/convert.h"
#include "tests/unit/pipeline/sealed.h"

namespace trestle::world {
namespace {

constexpr std::uint64_t kTag = 4;
constexpr Millis kTickPause{2000};
constexpr Millis kAskAgain{12'000};
constexpr Millis kAskPause{800};
constexpr Millis kLookFirst{50};
constexpr Millis kLookMax{2000};

// The real adapter and the loop it wants.
class NativeLife final : public Adapter {
 public:
  explicit NativeLife(const AdapterSeams& seams) : adapter_(*seams.loop, seams.queue) {}

  const Capabilities& capabilities() const override { return adapter_.capabilities(); }
  void Start(AdapterHost& host, Done<void> started) override {
    adapter_.Start(host, std::move(started));
  }
  void Deliver(Delivery delivery, Done<Attempt> done) override {
    adapter_.Deliver(std::move(delivery), std::move(done));
  }
  void Stop(Done<void> stopped) override { adapter_.Stop(std::move(stopped)); }
  NativeAdapter& real() { return adapter_; }

 private:
  NativeAdapter adapter_;
};

}  // namespace

class NativeSeat::Session final : public NativeSession {
 public:
  Session(NativeSeat& seat, std::shared_ptr<Life> life) : seat_(seat), life_(std::move(life)) {}

  void Hand(v1::Inbound inbound) override {
    NativeNetwork& net = seat_.net_;
    if (life_->dead || is_over || net.weather_.is_half_open()) return;
    if (net.chaos_.Hit(Fault::kRequestLost)) return;
    const auto self = seat_.session_.get() == this ? seat_.session_ : nullptr;
    if (self == nullptr) return;
    // A stream keeps its order.
    last_at_ = std::max(last_at_, net.queue_.mono_now() + net.weather_.Latency());
    net.queue_.At(last_at_, kTag,
                  [self, inbound = std::move(inbound), issued = net.queue_.wall_now(),
                   issued_at = net.queue_.mono_now()] {
                    self->seat_.Hand(self, inbound, issued, issued_at);
                  });
  }
  void CutOff(Error) override {
    is_over = true;
    if (!life_->dead) seat_.Lost(this);
  }

  bool is_over = false;

 private:
  NativeSeat& seat_;
  const std::shared_ptr<Life> life_;
  MonoTime last_at_{};
};

NativeNetwork::NativeNetwork(TimeQueue& queue, SeededRandom& random, Chaos& chaos)
    : queue_(queue), random_(random), chaos_(chaos), weather_(queue, random, chaos) {
  Tick();
}

void NativeNetwork::Tick() {
  weather_.Tick([this] {
    for (NativeSeat* seat : seats_) {
      const auto session = seat->session_;
      if (!weather_.is_down() || session == nullptr || adapter_ == nullptr) continue;
      session->is_over = true;
      seat->Lost(session.get());
      adapter_->Disconnect(*seat->account_, *session);
    }
  });
  queue_.After(kTickPause, kTag, [this] { Tick(); });
}

std::unique_ptr<Adapter> NativeNetwork::NewAdapter(const AdapterSeams& seams) {
  auto life = std::make_unique<NativeLife>(seams);
  next_adapter_ = &life->real();
  return life;
}

void NativeNetwork::Begun(Core& core, const std::shared_ptr<Life>& life) {
  core_ = &core;
  life_ = life;
  adapter_ = next_adapter_;
  for (NativeSeat* seat : seats_) seat->Connect();
}

void NativeNetwork::Ended() {
  adapter_ = nullptr;
  core_ = nullptr;
  for (NativeSeat* seat : seats_) {
    if (seat->session_ != nullptr) seat->session_->is_over = true;
    seat->session_ = nullptr;
    seat->connecting_ = false;
  }
}

std::unique_ptr<Seat> NativeNetwork::NewSeat(const std::string&) {
  return std::make_unique<NativeSeat>(*this);
}

// ---- What the client asks ----

template <class Answer>
void NativeSeat::Ask(std::function<void(Core&, Done<Answer>)> start,
                     std::function<void(Answer)> take) {
  struct Asking {
    std::function<void(Core&, Done<Answer>)> start;
    std::function<void(Answer)> take;
    std::function<void()> go;
    std::uint64_t tries = 0;
    bool is_answered = false;
  };
  auto asking = std::make_shared<Asking>();
  asking->start = std::move(start);
  asking->take = std::move(take);
  ++net_.waiting_;
  // What is planned holds it.
  asking->go = [this, weak = std::weak_ptr(asking)] {
    const auto self = weak.lock();
    if (self == nullptr || self->is_answered) return;
    const std::uint64_t number = ++self->tries;
    const auto again = [this, self, number](Millis after) {
      net_.queue_.After(after, kTag, [self, number] {
        if (!self->is_answered && self->tries == number) self->go();
      });
    };
    const bool reaches = net_.core_ != nullptr && !net_.life_->dead && !net_.weather_.is_down();
    if (!reaches) return again(kAskPause);
    again(kAskAgain);
    if (net_.weather_.is_half_open() || net_.chaos_.Hit(Fault::kRequestLost)) return;
    self->start(*net_.core_, [this, self, again, life = net_.life_](Result<Answer> answer) {
      if (life->dead || net_.chaos_.Hit(Fault::kAnswerLost)) return;
      if (!answer && answer.error().reason != Reason::kNotFound) return again(kAskPause);
      auto held = std::make_shared<Result<Answer>>(std::move(answer));
      net_.queue_.After(net_.weather_.Latency(), kTag, [this, self, held] {
        if (std::exchange(self->is_answered, true)) return;
        --net_.waiting_;
        if (*held) self->take(*std::move(*held));
      });
    });
  };
  net_.queue_.After(net_.weather_.Latency(), kTag, [asking] { asking->go(); });
}

void NativeSeat::Join(const std::string& code) {
  Ask<EnrolAnswer>(
      [code](Core& core, Done<EnrolAnswer> done) { core.EnrolNative(code, std::move(done)); },
      [this](EnrolAnswer answer) {
        account_ = answer.account;
        Connect();
        events_->HearsText("Welcome.");
      });
}

void NativeSeat::AskForCode() {
  Ask<JoinCodeAnswer>(
      [this](Core& core, Done<JoinCodeAnswer> done) { core.JoinCode(*account_, std::move(done)); },
      [this](const JoinCodeAnswer& answer) { events_->HearsText("Send JOIN " + answer.code); });
}

void NativeSeat::PublishKeys(std::size_t count) {
  std::vector<Bytes> keys;
  for (std::size_t i = 0; i < count; ++i) keys.push_back(test::KeyPackage(net_.random_));
  Ask<PublishKeysAnswer>(
      [this, keys](Core& core, Done<PublishKeysAnswer> done) {
        core.PublishKeys(*account_, keys, std::move(done));
      },
      [](const PublishKeysAnswer&) {});
}

void NativeSeat::MakeAlias(const std::string& label) {
  Ask<AliasView>(
      [this, label](Core& core, Done<AliasView> done) {
        core.CreateAlias(*account_, {label, AliasPolicy::kAsk, std::nullopt}, std::move(done));
      },
      [this](const AliasView& alias) {
        alias_ = alias.id;
        events_->HearsText("Your new alias: " + alias.name + ".");
      });
}

void NativeSeat::RevokeAlias() {
  if (!alias_) return;
  Ask<std::monostate>(
      [this](Core& core, Done<std::monostate> done) {
        core.RevokeAlias(*account_, *alias_, [done = std::move(done)](Result<void> result) mutable {
          if (!result) return std::move(done)(tl::unexpected(result.error()));
          std::move(done)(std::monostate());
        });
      },
      [](std::monostate) {});
}

void NativeSeat::Reach(const std::string& alias) {
  Ask<ReachAnswer>(
      [this, alias](Core& core, Done<ReachAnswer> done) {
        core.Reach(*account_, alias, std::move(done));
      },
      [](const ReachAnswer&) {});
}

void NativeSeat::Consent(const std::string& line, ConsentAction action,
                         std::function<void()> durable) {
  Ask<ConsentAnswer>(
      [this, line, action](Core& core, Done<ConsentAnswer> done) {
        core.Consent(*account_, IdOf<LinkId>(line), action, std::move(done));
      },
      [durable = std::move(durable)](const ConsentAnswer&) { durable(); });
}

std::size_t NativeSeat::Send(const std::string& line, Bytes payload, Sending sending) {
  Ask<SubmitAnswer>(
      [this, line, payload = std::move(payload)](Core& core, Done<SubmitAnswer> done) {
        core.Submit(*account_, IdOf<LinkId>(line), payload, std::move(done));
      },
      [sending = std::move(sending)](const SubmitAnswer& answer) {
        sending.part_taken();
        if (answer.rule != Rule::kNone) sending.refused(answer.rule);
      });
  return 1;
}

// ---- The stream ----

void NativeSeat::Connect() {
  if (!account_ || session_ != nullptr || connecting_) return;
  if (net_.adapter_ == nullptr || net_.life_->dead || net_.weather_.is_down()) {
    connecting_ = true;
    net_.queue_.After(kAskPause, kTag, [this] {
      connecting_ = false;
      Connect();
    });
    return;
  }
  connecting_ = true;
  net_.core_->Presence(*account_, Network::Native(), Rouse::kNo,
                       [this, life = net_.life_](Result<PresenceAnswer> threads) {
                         if (life->dead || !connecting_) return;
                         connecting_ = false;
                         if (threads && net_.adapter_ != nullptr) return Connected(*threads);
                         Lost(nullptr);
                       });
}

void NativeSeat::Connected(const PresenceAnswer& threads) {
  if (session_ != nullptr) return;
  session_ = std::make_shared<Session>(*this, net_.life_);
  const auto session = session_;
  const auto connected = net_.adapter_->Connect(*account_, threads, session);
  if (!connected) {
    session_ = nullptr;
    return Lost(nullptr);
  }
  look_pause_ = kLookFirst;
  Look(Rouse::kYes);
}

void NativeSeat::Lost(const Session* session) {
  if (session != nullptr && session_.get() != session) return;
  session_ = nullptr;
  net_.queue_.After(kAskPause + Millis{static_cast<std::int64_t>(net_.random_.Below(1500))}, kTag,
                    [this] { Connect(); });
}

// As bridge/rpc/exchange_stream does: rows may wait while none is under way.
void NativeSeat::Look(Rouse rouse) {
  const auto session = session_;
  if (session == nullptr || net_.core_ == nullptr || net_.life_->dead) return;
  net_.core_->Presence(*account_, Network::Native(), rouse,
                       [this, session, life = net_.life_](Result<PresenceAnswer> waiting) {
                         if (life->dead || session->is_over) return;
                         Looked(session, waiting ? waiting->rows_waiting : 1);
                       });
}

void NativeSeat::Looked(const std::shared_ptr<Session>& session, std::size_t rows_waiting) {
  if (net_.adapter_ == nullptr || net_.adapter_->in_flight(*account_) > 0) return;
  if (rows_waiting == 0) {
    look_pause_ = kLookFirst;
    return;
  }
  net_.queue_.After(look_pause_, kTag, [this, session] {
    if (session_ == session && !session->is_over) Look(Rouse::kYes);
  });
  look_pause_ = std::min(look_pause_ * 2, kLookMax);
}

void NativeSeat::Hand(const std::shared_ptr<Session>& session, const v1::Inbound& inbound,
                      WallTime issued, MonoTime issued_at) {
  if (session->is_over || session_ != session) return;
  const std::string delivery = inbound.delivery_id();
  if (seen_.insert(delivery).second) Take(inbound, issued, issued_at);
  if (net_.weather_.is_half_open() || net_.chaos_.Hit(Fault::kAnswerLost)) return;
  net_.queue_.After(net_.weather_.Latency(), kTag, [this, session, delivery] {
    if (session->is_over || net_.adapter_ == nullptr || net_.life_->dead) return;
    const std::size_t left = net_.adapter_->Acknowledge(*account_, IdOf<DeliveryId>(delivery));
    if (left == 0) Look(Rouse::kNo);
  });
}

void NativeSeat::Take(const v1::Inbound& inbound, WallTime issued, MonoTime issued_at) {
  const std::string& line = inbound.link_id();
  net_.queue_.hash().Add(inbound.delivery_id());
  switch (inbound.body_case()) {
    case v1::Inbound::kEnvelope: {
      const v1::Envelope& envelope = inbound.envelope();
      const std::int64_t accepted =
          envelope.accepted_at().seconds() * 1000 + envelope.accepted_at().nanos() / 1'000'000;
      const EnvelopeFrame frame{envelope.seq(), WallTime{accepted}, ToBytes(envelope.payload())};
      return events_->HearsEnvelope({line, issued, issued_at, issued_at, issued_at, true, {}},
                                    frame);
    }
    case v1::Inbound::kReceipt: {
      ReceiptFrame receipt;
      receipt.envelope_id = IdOf<EnvelopeId>(inbound.receipt().envelope_id());
      receipt.level = static_cast<ReceiptLevel>(inbound.receipt().level());
      return events_->HearsReceipt(line, receipt);
    }
    case v1::Inbound::kThreadOffer: {
      ThreadOfferFrame offer;
      offer.role = static_cast<ThreadRole>(inbound.thread_offer().role());
      offer.label = inbound.thread_offer().label();
      return events_->HearsOffer(inbound.thread_offer().link_id(), offer);
    }
    case v1::Inbound::kPeerKeys:
      return events_->HearsKeys(line);
    case v1::Inbound::kServiceText:
      return events_->HearsText(inbound.service_text());
    case v1::Inbound::BODY_NOT_SET:
      return;
  }
}

}  // namespace trestle::world
