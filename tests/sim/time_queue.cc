#include "tests/sim/time_queue.h"

#include <bit>
#include <cstdio>
#include <cstring>

namespace trestle::world {

SeededRandom::SeededRandom(std::uint64_t seed) {
  for (std::uint64_t& word : state_) {
    seed += 0x9e3779b97f4a7c15U;
    std::uint64_t mixed = seed;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9U;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebU;
    word = mixed ^ (mixed >> 31);
  }
}

std::uint64_t SeededRandom::Next() {
  const std::uint64_t out = std::rotl(state_[1] * 5, 7) * 9;
  const std::uint64_t shifted = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = std::rotl(state_[3], 45);
  return out;
}

void SeededRandom::Fill(std::span<std::uint8_t> out) {
  while (!out.empty()) {
    const std::uint64_t word = Next();
    const std::size_t count = std::min(out.size(), sizeof(word));
    std::memcpy(out.data(), &word, count);
    out = out.subspan(count);
  }
}

void EventHash::Add(std::uint64_t value) {
  value_ = std::rotl(value_ ^ value, 29) * 0x9e3779b97f4a7c15U;
}

void EventHash::Add(std::string_view text) {
  for (const char sign : text) {
    value_ = (value_ ^ static_cast<std::uint8_t>(sign)) * 1099511628211U;
  }
}

void TimeQueue::At(MonoTime at, std::uint64_t tag, Task task) {
  planned_.push(
      {std::max(at.ms, now_ms_), ++sequence_, tag, std::make_shared<Task>(std::move(task))});
}

bool TimeQueue::Step(MonoTime until) {
  if (planned_.empty() || planned_.top().at > until.ms) {
    now_ms_ = std::max(now_ms_, until.ms);
    return false;
  }
  const Planned next = planned_.top();
  planned_.pop();
  now_ms_ = next.at;
  ++events_;
  hash_.Add(static_cast<std::uint64_t>(next.at));
  hash_.Add(next.sequence << 8 | next.tag);
  std::move (*next.task)();
  return true;
}

void TimeQueue::Trace(const std::string& line) const {
  if (traced_) std::printf("%8lld  %s\n", static_cast<long long>(now_ms_), line.c_str());
}

SimExecutor::SimExecutor(TimeQueue& queue, std::uint64_t tag, std::shared_ptr<Life> life,
                         std::function<Millis()> latency)
    : state_(std::make_shared<State>(queue, tag, std::move(life), std::move(latency))) {}

SimExecutor::~SimExecutor() { Stop(); }

void SimExecutor::Stop() {
  state_->stopped = true;
  // Tasks may post while they die.
  const auto dropped = std::exchange(state_->tasks, {});
}

Result<void> SimExecutor::Post(Task task) {
  if (state_->life->dead) return {};  // nobody will ever know
  if (state_->stopped) return Fail(Reason::kCancelled, "the executor is stopped");
  if (state_->tasks.size() >= kTasksMax) return Fail(Reason::kBusy, "the queue is full");
  state_->tasks.push_back(std::move(task));
  Plan(state_);
  return {};
}

Result<void> SimExecutor::PostAt(MonoTime at, Task task) {
  if (state_->life->dead) return {};
  if (state_->stopped) return Fail(Reason::kCancelled, "the executor is stopped");
  state_->queue.At(at, state_->tag,
                   [weak = std::weak_ptr(state_), task = std::move(task)]() mutable {
                     const auto state = weak.lock();
                     if (state == nullptr || state->life->dead || state->stopped) return;
                     state->tasks.push_back(std::move(task));
                     Plan(state);
                   });
  return {};
}

bool SimExecutor::is_current() const { return state_->running; }

void SimExecutor::Plan(const std::shared_ptr<State>& state) {
  if (state->planned || state->tasks.empty()) return;
  state->planned = true;
  state->queue.After(state->latency(), state->tag, [weak = std::weak_ptr(state)] {
    if (const auto same = weak.lock()) Turn(same);
  });
}

void SimExecutor::Turn(const std::shared_ptr<State>& state) {
  state->planned = false;
  if (state->life->dead || state->stopped || state->tasks.empty()) return;
  Task task = std::move(state->tasks.front());
  state->tasks.pop_front();
  state->running = true;
  std::move(task)();
  state->running = false;
  Plan(state);
}

}  // namespace trestle::world
