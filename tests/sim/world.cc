#include "tests/sim/world.h"

#include <algorithm>

#include "tests/sim/sealed_rows.h"

namespace trestle::world {
namespace {

constexpr std::uint64_t kLaneTag = 1;
constexpr std::uint64_t kWriterTag = 2;
constexpr std::uint64_t kTroubleTag = 7;
constexpr std::uint64_t kPlacesTag = 1'000'000'007;
constexpr Millis kTroublePause{1000};
constexpr Millis kPeekPause{7000};

}  // namespace

World::World(const Options& options)
    : options_(options),
      random_(options.seed * 2 + 1),
      product_random_(options.seed * 2 + 2),
      sqlite_random_(options.seed),
      places_random_(options.seed + kPlacesTag),
      has_placed_store_(places_random_.Percent(50)),
      chaos_(random_),
      disk_([this](std::uint64_t below) { return sqlite_random_.Below(below); }),
      limits_(DrawLimits()) {
  queue_.SetTraced(options.trace);
  disk_.OnSync([this](const std::string& path) { return DecideSync(path); });
}

World::~World() {
  if (process_ != nullptr) {
    process_->life->dead = true;
    for (const auto& bay : process_->bays) bay->ProcessDied();
    disk_.Freeze();
    TearDown();
  }
}

// Production's bounds, and in some runs bounds that ask for trouble.
Limits World::DrawLimits() {
  Limits limits;
  slow_percent_ = random_.Percent(50) ? 0 : 20;
  store_items_max_ = Store::kQueueItemsMax;
  if (random_.Percent(30)) limits.in_flight_per_adapter_max = 1 + random_.Below(3);
  if (random_.Percent(30)) limits.sweep_rows_max = 2;
  repeatable_pause_ = random_.Percent(70) ? Store::kRepeatablePause : Millis{0};
  if (chaos_.was_on(Fault::kFullQueue)) {
    limits.rows_per_thread_max = 8;
    store_items_max_ = 3 + random_.Below(6);
  }
  return limits;
}

Millis World::TurnAround() {
  if (slow_percent_ == 0 || !random_.Percent(slow_percent_)) return Millis{0};
  return Millis{static_cast<std::int64_t>(random_.Below(40))};
}

std::unique_ptr<SimExecutor> World::NewExecutor(std::uint64_t tag) {
  return std::make_unique<SimExecutor>(queue_, tag, process_->life,
                                       [this] { return TurnAround(); });
}

void World::Begin() {
  if (process_ != nullptr) return;
  process_ = std::make_unique<Process>();
  if (!MakeProcess()) return Die("does not start");
  process_->core->Start([this, life = process_->life](Result<void> started) {
    if (life->dead) return;
    if (!started)
      return Die(std::string("the core does not start: ") + started.error().what.c_str());
    queue_.After(Millis{1}, kTroubleTag, [this, life] {
      if (!life->dead) StartAdapters();
    });
  });
}

bool World::MakeProcess() {
  process_->lane = NewExecutor(kLaneTag);
  process_->writer = NewExecutor(kWriterTag);
  for (const std::string& path : StorePaths()) PlantBeforeOpening(path);
  const std::string path = StorePaths().front();
  Store::Options options{path, *process_->writer, process_->metrics};
  options.completions = process_->lane.get();
  if (has_placed_store_) options.placed.push_back(PlacedFile());
  options.clock = &queue_;
  options.random = &product_random_;
  options.keys.wrap_file = [this, path](std::unique_ptr<KeyFile>) {
    return disk_.OpenKeyFile(path + ".keys");
  };
  options.repeatable_pause = repeatable_pause_;
  options.queue_items_max = chaos_.is_active() ? store_items_max_ : Store::kQueueItemsMax;
  auto store = Store::Open(std::move(options));
  if (!store) {
    Trace(std::string("the store does not open: ") + store.error().what.c_str());
    return false;
  }
  process_->store = *std::move(store);
  process_->core = Core::Create({*process_->store, *process_->lane, queue_, product_random_,
                                 process_->metrics, limits_, DrawResidency()});
  return MakeAdapters();
}

std::vector<std::string> World::StorePaths() const {
  std::vector<std::string> out = {options_.folder + "/store.db"};
  if (has_placed_store_) out.push_back(options_.folder + "/placed.db");
  return out;
}

StoreFileOptions World::PlacedFile() {
  StoreFileOptions file{"placed", StorePaths().back()};
  file.keys.wrap_file = [this, path = file.path](std::unique_ptr<KeyFile>) {
    return disk_.OpenKeyFile(path + ".keys");
  };
  return file;
}

// Each process has its own mind about home, so that contacts are placed, held and moved.
ResidencyPolicy World::DrawResidency() {
  ResidencyPolicy policy;
  if (!has_placed_store_) return policy;
  policy.stores = {{"home", "eu", "DE"}, {"placed", "us", "US"}};
  if (places_random_.Percent(60)) policy.operators.refused = {"eu"};
  return policy;
}

bool World::MakeAdapters() {
  for (const auto& net : networks_) {
    AdapterBay::Options options{*net, queue_, process_->life, {}, {}, {}};
    options.seams = [this, &net = *net, &metrics = process_->metrics] {
      return AdapterSeams{queue_,
                          std::make_shared<Life>(),
                          product_random_,
                          metrics,
                          options_.folder + "/" + net.network().name(),
                          [this] { return TurnAround(); }};
    };
    if (traces()) {
      options.gives = [this, name = net->network().name()](const Delivery& delivery) {
        const auto* frame = std::get_if<Frame>(&delivery.body);
        Trace("core gives " + name + " " + delivery.id.hex().substr(0, 8) + " " +
              std::string(frame != nullptr ? FrameKindName(*frame) : "text"));
      };
      options.answers = [this, name = net->network().name()](const DeliveryId& id,
                                                             const Attempt& attempt) {
        Trace(name + " answers " + id.hex().substr(0, 8) + " " +
              std::string(CertaintyName(attempt.certainty)) + " " +
              std::string(RuleName(attempt.rule)));
      };
    }
    process_->bays.push_back(std::make_unique<AdapterBay>(std::move(options)));
    AdapterBay& bay = *process_->bays.back();
    if (!bay.Open()) return false;
    process_->planted.push_back(
        std::make_unique<PlantedAdapter>(bay, queue_, product_random_, process_->life));
    process_->core->AddAdapter(net->network(), *process_->planted.back());
  }
  return true;
}

void World::StartAdapters() {
  for (std::size_t i = 0; i < networks_.size(); ++i) {
    const Network network = networks_[i]->network();
    process_->planted[i]->Start(process_->core->HostFor(network), [](Result<void>) {});
    networks_[i]->Begun(*process_->core, process_->life);
  }
  process_->is_started = true;
  Trace("the bridge has begun");
}

void World::Die(std::string_view why) {
  if (process_ == nullptr || process_->life->dead) return;
  Trace("the bridge dies: " + std::string(why));
  ++record_.crashes;
  record_.forgettings.push_back(queue_.mono_now());
  process_->life->dead = true;
  for (const auto& bay : process_->bays) bay->ProcessDied();
  disk_.Freeze();
  dying_ = true;
}

// After the task in which it died.
void World::TearDown() {
  dying_ = false;
  LookAtMetrics();
  for (const auto& net : networks_) net->Ended();
  process_->core.reset();
  process_->store.reset();
  process_->planted.clear();
  process_->bays.clear();
  process_.reset();
  const bool cut = chaos_.Hit(Fault::kPowerCut);
  disk_.Thaw(cut ? MemoryDisk::Power::kCut : MemoryDisk::Power::kStays, random_.Next());
  queue_.After(Millis{static_cast<std::int64_t>(200 + random_.Below(4000))}, kTroubleTag,
               [this] { Begin(); });
}

bool World::RunUntil(const std::function<bool()>& enough, Millis at_most) {
  const MonoTime end = queue_.mono_now() + at_most;
  while (!enough()) {
    const bool more = queue_.Step(end);
    if (dying_) TearDown();
    if (!more) return enough();
  }
  return true;
}

void World::StartTrouble() {
  queue_.After(kTroublePause, kTroubleTag, [this] { Trouble(); });
  Peek();
}

// Until the end of the chaos: what waits then has been seen.
void World::Peek() {
  if (!disk_.is_frozen()) {
    for (const std::string& path : StorePaths()) LookInto(path);
  }
  if (chaos_.is_active()) queue_.After(kPeekPause, kTroubleTag, [this] { Peek(); });
}

void World::LookInto(const std::string& store_path) {
  for (const auto& [id, octets] : SealedRows(disk_, store_path)) {
    const auto letter = record_.letters.find(id);
    if (letter == record_.letters.end()) continue;
    auto& sealed = letter->second.sealed;
    if (std::ranges::find(sealed, octets) == sealed.end()) sealed.push_back(octets);
  }
}

void World::Trouble() {
  if (queue_.mono_now() >= full_until_) disk_.SetFull(false);
  if (disk_.is_full()) record_.forgettings.push_back(queue_.mono_now());
  if (!chaos_.is_active()) return;
  if (chaos_.Hit(Fault::kDiskFull)) {
    full_until_ = queue_.mono_now() + Millis{static_cast<std::int64_t>(random_.Below(8000))};
    disk_.SetFull(true);
    record_.forgettings.push_back(queue_.mono_now());
    Trace("the disk is full");
  }
  if (chaos_.Hit(Fault::kClockJump) && random_.Percent(40)) {
    const auto by = static_cast<std::int64_t>(random_.Below(150'000)) - 40'000;
    queue_.JumpWall(Millis{by});
    last_jump_ = queue_.mono_now();
    Trace("the clock jumps by " + std::to_string(by) + " ms");
  }
  if (chaos_.Hit(Fault::kCrash) && random_.Percent(15)) Die("killed");
  if (is_up() && !dying_ && chaos_.Hit(Fault::kAdapterKilled)) {
    AdapterBay& bay = *process_->bays[random_.Below(process_->bays.size())];
    Trace("the adapter of " + bay.capabilities().network.name() + " is killed");
    record_.forgettings.push_back(queue_.mono_now());
    bay.Kill();
    queue_.After(Millis{static_cast<std::int64_t>(500 + random_.Below(5000))}, kTroubleTag,
                 [&bay, life = process_->life, &core = *process_->core] {
                   if (!life->dead) bay.Revive(core);
                 });
  }
  queue_.After(kTroublePause, kTroubleTag, [this] { Trouble(); });
}

MemoryDisk::Sync World::DecideSync(const std::string& path) {
  if (path.starts_with(kPeekFolder)) return MemoryDisk::Sync::kWorks;
  if (!chaos_.is_active() || process_ == nullptr || process_->life->dead) {
    return MemoryDisk::Sync::kWorks;
  }
  // There are many of them, so each has a small part of the fault's rate.
  const auto hit = [this](Fault fault) { return chaos_.Hit(fault) && random_.Percent(4); };
  if (hit(Fault::kCommitFails)) {
    record_.forgettings.push_back(queue_.mono_now());
    return MemoryDisk::Sync::kFails;
  }
  if (hit(Fault::kCommitAnswerLost)) {
    Die("after a commit");
    return MemoryDisk::Sync::kDiesAfter;
  }
  if (hit(Fault::kCrash)) {
    Die("before a commit");
    return MemoryDisk::Sync::kDiesBefore;
  }
  return MemoryDisk::Sync::kWorks;
}

void World::LookAtMetrics() {
  if (process_ == nullptr) return;
  const std::string text = process_->metrics.Expose();
  for (const std::string& secret : record_.secrets) {
    if (text.find(secret) != text.npos) record_.Violate("secret", "in the metrics");
  }
  for (std::size_t at = text.find("trestle_impossible_total{"); at != text.npos;
       at = text.find("trestle_impossible_total{", at + 1)) {
    const std::string line = text.substr(at, text.find('\n', at) - at);
    if (!line.ends_with(" 0")) record_.Violate("impossible", line);
  }
}

}  // namespace trestle::world
