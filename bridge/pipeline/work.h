// Runs one turn in the store and takes up its effects once it has committed.
#pragma once

#include <memory>
#include <utility>

#include "bridge/pipeline/turn.h"

namespace trestle {

// Told what came of a turn; set once, before the first work. Called where the store completes.
struct Doorbells {
  absl::AnyInvocable<void(const Network&) const> outbox;  // got something to do
  absl::AnyInvocable<void(Effects::Lease) const> leased;
  absl::AnyInvocable<void(const Effects::Withdrawal&) const> withdrawn;
  absl::AnyInvocable<void() const> errands;
};

class WorkRunner {
 public:
  WorkRunner(Surroundings& core, Doorbells doorbells)
      : core_(core), doorbells_(std::move(doorbells)) {}

  // `run` is called as Result<Answer>(Turn&) inside the transaction, perhaps twice. Done runs on
  // the store's completions' executor. When the call itself fails, done is left untouched.
  template <class Answer, class Run>
  Result<void> Start(Run run, Done<Answer>&& done, Admission admission = Admission::kBounded,
                     std::size_t bytes = 0) {
    struct Held {
      Effects effects;
      std::optional<Result<Answer>> answer;
      Done<Answer> done;
    };
    auto held = std::make_shared<Held>();
    Work work = [this, held, run = std::move(run),
                 alive = std::weak_ptr<int>(alive_)](Transaction& tx) -> Result<void> {
      if (alive.expired()) return Fail(Reason::kCancelled, "the core is gone");
      held->effects = {};  // of a run that was taken back
      Turn turn{tx, core_, core_.clock.wall_now(), held->effects};
      held->answer = run(turn);
      if (!*held->answer) return tl::unexpected(held->answer->error());
      return {};
    };
    Done<void> committed = [this, held, alive = std::weak_ptr<int>(alive_)](Result<void> result) {
      if (result && !alive.expired()) {
        TakeUpEffects(held->effects);
        std::move(held->done)(*std::move(held->answer));
      } else if (result) {
        std::move(held->done)(*std::move(held->answer));
      } else {
        std::move(held->done)(tl::unexpected(result.error()));
      }
    };
    // Before Submit, because the work may have run before it returns.
    held->done = std::move(done);
    const Result<void> submitted =
        core_.store.Submit(std::move(work), std::move(committed), admission, bytes);
    if (!submitted) done = std::move(held->done);
    return submitted;
  }

 private:
  void TakeUpEffects(Effects& effects) {
    for (const Effects::Count& each : effects.counts) core_.metrics.Add(each.metric, each.label);
    for (const RouteEvent& event : effects.events) core_.watch.Publish(event);
    for (Effects::Lease& each : effects.leases) doorbells_.leased(std::move(each));
    for (const Effects::Withdrawal& each : effects.withdrawn) doorbells_.withdrawn(each);
    for (const Network& network : effects.ring) doorbells_.outbox(network);
    // Before the answer of this turn is given: whoever asks next is served after the errand.
    if (effects.errands) doorbells_.errands();
    if (effects.erased) core_.erased = true;
  }

  Surroundings& core_;
  const Doorbells doorbells_;
  const std::shared_ptr<int> alive_ = std::make_shared<int>(0);  // the store may outlive the core
};

}  // namespace trestle
