#include "tests/sim/adapter_bay.h"

namespace trestle::world {
namespace {

constexpr std::uint64_t kTag = 6;
constexpr std::uint64_t kLoopTag = 4;

}  // namespace

bool AdapterBay::Open() {
  AdapterSeams seams = options_.seams();
  life_ = seams.life;
  seams.loop = std::make_shared<SimExecutor>(seams.queue, kLoopTag, seams.life, seams.latency);
  loops_.push_back(seams.loop);
  adapter_ = options_.net.NewAdapter(seams);
  if (adapter_ == nullptr) return false;
  capabilities_ = adapter_->capabilities();
  return true;
}

void AdapterBay::Start(AdapterHost& host, Done<void> started) {
  host_ = &host;
  adapter_->Start(host, std::move(started));
}

void AdapterBay::Deliver(Delivery delivery, Done<Attempt> done) {
  if (options_.gives) options_.gives(delivery);
  const std::uint64_t serial = ++last_serial_;
  pending_.emplace(serial, Pending{delivery.id, std::move(done)});
  const auto answer = [this, serial, process = options_.process](const Attempt& attempt) {
    if (process->dead) return;
    auto entry = pending_.extract(serial);
    if (entry.empty()) return;
    if (options_.answers) options_.answers(entry.mapped().id, attempt);
    std::move(entry.mapped().done)(attempt);
  };
  if (adapter_ == nullptr) {
    options_.queue.After(Millis{1}, kTag, [answer] {
      answer({Certainty::kNotSent, Retry::kLater, Rule::kAdapterDown, {}});
    });
    return;
  }
  adapter_->Deliver(std::move(delivery), [answer, life = life_](Result<Attempt> attempt) {
    if (life->dead) return;
    answer(attempt.value_or(Attempt{Certainty::kMaybeSent, Retry::kLater, Rule::kNone, {}}));
  });
}

void AdapterBay::Withdraw(const DeliveryId& delivery) {
  if (adapter_ != nullptr) adapter_->Withdraw(delivery);
}

void AdapterBay::Stop(Done<void> stopped) { std::move(stopped)({}); }

void AdapterBay::Kill() {
  if (adapter_ == nullptr || host_ == nullptr) return;
  life_->dead = true;
  options_.net.Ended();
  adapter_.reset();
  loops_.back()->Stop();
  host_->ReportHealth(capabilities_.network, Health::kDown);
  for (auto& [serial, pending] : std::exchange(pending_, {})) {
    std::move(pending.done)(Attempt{Certainty::kMaybeSent, Retry::kLater, Rule::kNone, {}});
  }
}

void AdapterBay::Revive(Core& core) {
  if (adapter_ != nullptr || host_ == nullptr) return;
  if (!Open()) {
    options_.queue.After(Millis{1000}, kTag, [this, &core, process = options_.process] {
      if (!process->dead) Revive(core);
    });
    return;
  }
  adapter_->Start(*host_, [](Result<void>) {});
  options_.net.Begun(core, options_.process);
}

}  // namespace trestle::world
