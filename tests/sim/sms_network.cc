#include "tests/sim/sms_network.h"

#include "adapters/sms/adapter.h"
#include "adapters/sms/factory.h"

namespace trestle::world {
namespace {

constexpr std::uint64_t kTag = 3;
const std::string kService = "12345";
const std::vector<std::string> kGhosts = {"4915200000001", "4915200000002", "4915200000003",
                                          "4915200000004"};
const std::string kSystemId = "trestle";
const std::string kPassword = "secret";

PhoneNetwork::Kind SmsKind() {
  PhoneNetwork::Kind kind;
  kind.network = Network::Sms();
  kind.unit_kind = UnitKind::kBinary;
  kind.chunk_bytes = sms::kSegmentChunkBytesMax;
  kind.service = kService;
  kind.ghosts = kGhosts;
  return kind;
}

SmsSimOptions CentreOptions() {
  SmsSimOptions out;
  out.service_number = kService;
  out.ghost_numbers = kGhosts;
  out.system_id = kSystemId;
  out.password = kPassword;
  return out;
}

SmsOptions BridgeOptions() {
  SmsOptions out;
  out.service_number = kService;
  out.ghost_numbers = kGhosts;
  out.ghost_cool_down = Millis{0};
  out.confirm_within = std::chrono::minutes(10);  // a run is no longer than it must be
  out.binds = 2;
  out.system_id = kSystemId;
  out.password = Secret(kPassword);
  return out;
}

}  // namespace

SmsNetwork::SmsNetwork(TimeQueue& queue, SeededRandom& random, Chaos& chaos)
    : WireNetwork(SmsKind(), queue, random, chaos, static_cast<int>(sms::status::kThrottled)),
      chaos_(chaos),
      loop_(std::make_shared<SimExecutor>(queue, kTag, life_, [] { return Millis{0}; })),
      smpp_({queue, random, chaos, loop_},
            {[this](std::unique_ptr<sms::Wire> wire) { centre_.TakeWire(std::move(wire)); },
             [this](const std::string& id) { Answered(id); }}),
      centre_(CentreOptions(), *loop_, queue, random) {
  SimControl::Network network;
  network.phone_sends = [this](const SimMessage& message) { return centre_.FromPhone(message); };
  control_ = OpenControl(std::move(network));
  centre_.Attach(*control_);
  StartWeather();
}

// Binds, pipes and what waits on the loop hold each other until somebody lets go.
SmsNetwork::~SmsNetwork() {
  centre_.Stop();
  life_->dead = true;
  loop_->Stop();
}

std::unique_ptr<Adapter> SmsNetwork::NewAdapter(const AdapterSeams& seams) {
  SmsOptions options = BridgeOptions();
  TRESTLE_CHECK(CheckSmsOptions(options).has_value());
  AdapterContext context{seams.folder, seams.queue, seams.random, seams.metrics};
  auto adapter =
      sms::SmsAdapter::Create(std::move(options), std::move(context), smpp_.NewLoop(seams.loop));
  if (!adapter) return nullptr;
  return *std::move(adapter);
}

void SmsNetwork::WeatherChanged() {
  if (weather().is_down()) smpp_.BreakAll();
}

std::size_t SmsNetwork::waiting() const {
  std::size_t out = WireNetwork::waiting();
  for (const auto& [number, phone] : confirming_) out += phone->frames_waiting();
  return out;
}

// ---- From phones to the bridge ----

void SmsNetwork::TakeFromPhone(const std::string& from, const std::string& identity, PhoneBody body,
                               std::function<void()> taken) {
  const auto* chunk = std::get_if<NativeMessage::Chunk>(&body);
  if (chunk != nullptr) return PhoneOf(from).Send(identity, *chunk, std::move(taken));
  WireNetwork::TakeFromPhone(from, identity, std::move(body), std::move(taken));
}

void SmsNetwork::SendData(const std::string& from, const std::string& identity,
                          const Bytes& user_data, std::function<void()> taken) {
  if (IsLostInTheAir(user_data)) return;
  SimMessage message;
  message.from = from;
  message.to = identity;
  message.is_binary = true;
  message.body = std::string(AsText(user_data));
  Submit(message, std::move(taken));
}

// Whatever is confirmed may get lost; nobody promises the rest over such air.
bool SmsNetwork::IsLostInTheAir(const Bytes& user_data) {
  const auto segment = sms::DecodeSegment(user_data);
  const bool is_covered = !segment || segment->is_awaited();
  return is_covered && chaos_.Hit(Fault::kRequestLost);
}

// ---- From the bridge to phones ----

void SmsNetwork::Bring(PhoneSeat& phone, const SimMessage& message, InboxMessage shown) {
  if (!message.is_binary) return WireNetwork::Bring(phone, message, std::move(shown));
  const Bytes user_data = ToBytes(message.body);
  const auto first = first_tried_.try_emplace(message.to + message.body, shown.issued_at).first;
  shown.first_tried_at = first->second;
  if (!IsLostInTheAir(user_data)) PhoneOf(message.to).Take(std::move(shown), user_data);
}

SmsPhone& SmsNetwork::PhoneOf(const std::string& number) {
  auto& phone = confirming_[number];
  if (phone != nullptr) return *phone;
  phone = std::make_unique<SmsPhone>(
      number, queue(), random(),
      SmsPhone::Ways{[this, number](const std::string& identity, const Bytes& user_data,
                                    std::function<void()> taken) {
                       SendData(number, identity, user_data, std::move(taken));
                     },
                     [this, number](const InboxMessage& message) {
                       if (PhoneSeat* seat = FindPhone(number)) seat->Receive(message);
                     },
                     [this](const std::string& id) { Arrived(id); }});
  return *phone;
}

}  // namespace trestle::world
