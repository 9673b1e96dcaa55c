#include "tests/sim/wire_network.h"

namespace trestle::world {
namespace {

constexpr std::uint64_t kTag = 3;
constexpr Millis kTickPause{2000};

}  // namespace

class WireNetwork::Control final : public SimControl {
 public:
  Control(WireNetwork& net, Chaos& chaos) : net_(net), chaos_(chaos) {}

  std::uint16_t port() const override { return 0; }
  bool HasPhone(const std::string& address) const override {
    return net_.FindPhone(address) != nullptr;
  }
  void PutInInbox(SimMessage message) override { net_.Show(message); }
  void RecordWire(SimWireRecord record) override {
    if (!net_.queue().is_traced()) return;
    net_.queue().Trace(net_.network().name() + " " + record.direction + " " + record.what + " " +
                       record.shows);
  }
  bool TakeFault(int SimFaults::*counter) override {
    if (counter == &SimFaults::reject_next) return chaos_.Hit(Fault::kThrottle);
    if (counter == &SimFaults::duplicate_next) return chaos_.Hit(Fault::kDuplicate);
    if (counter == &SimFaults::late_next) return chaos_.Hit(Fault::kDelay);
    return false;  // the others happen on the way
  }
  SimFaults faults() const override {
    SimFaults out;
    out.reject_code = net_.throttling_code_;
    return out;
  }
  void Acknowledged(const std::string& id) override { net_.Acknowledged(id); }
  void Stop() override {}

 private:
  WireNetwork& net_;
  Chaos& chaos_;
};

WireNetwork::WireNetwork(Kind kind, TimeQueue& queue, SeededRandom& random, Chaos& chaos,
                         int throttling_code)
    : PhoneNetwork(std::move(kind), queue, random),
      chaos_(chaos),
      throttling_code_(throttling_code) {}

void WireNetwork::Tick() {
  weather().Tick([this] { WeatherChanged(); });
  queue().After(kTickPause, kTag, [this] { Tick(); });
}

std::unique_ptr<SimControl> WireNetwork::OpenControl(SimControl::Network network) {
  phone_sends_ = std::move(network.phone_sends);
  return std::make_unique<Control>(*this, chaos_);
}

void WireNetwork::TakeFromPhone(const std::string& from, const std::string& identity,
                                PhoneBody body, std::function<void()> taken) {
  SimMessage message;
  message.from = from;
  message.to = identity;
  message.body = std::get<std::string>(std::move(body));
  Submit(message, std::move(taken));
}

void WireNetwork::Submit(const SimMessage& message, std::function<void()> taken) {
  const auto id = phone_sends_(message);
  TRESTLE_CHECK(id.has_value());
  ++waiting_;
  posts_[*id] = std::move(taken);
}

// Perhaps more than once.
void WireNetwork::Acknowledged(const std::string& id) {
  if (auto post = posts_.extract(id)) {
    --waiting_;
    return post.mapped()();
  }
  ArrivalReported(id);
}

void WireNetwork::Arrived(const std::string& id) {
  const auto fate = fates_.find(id);
  if (fate != fates_.end() && !fate->second.reported) fate->second.reported = queue().wall_now();
}

void WireNetwork::Show(const SimMessage& message) {
  PhoneSeat* const phone = FindPhone(message.to);
  if (phone == nullptr) return;
  queue().hash().Add(message.id + message.to);
  Handing& now = handing();
  now.ids.push_back(message.id);
  fates_[message.id];
  Bring(*phone, message,
        {message.from, message.id, {}, now.issued_wall, now.issued_at, now.issued_at});
}

void WireNetwork::Bring(PhoneSeat& phone, const SimMessage& message, InboxMessage shown) {
  shown.body = message.body;
  phone.Receive(shown);
}

bool WireNetwork::KnowsArrival(const std::string& native_id, WallTime by) const {
  const auto found = fates_.find(native_id);
  return found != fates_.end() && found->second.answered && found->second.reported &&
         *found->second.reported < by;
}

}  // namespace trestle::world
