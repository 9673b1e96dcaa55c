#include "bridge/pipeline/watch.h"

#include <algorithm>
#include <utility>

namespace trestle {

Watcher::Batch Watcher::Take() {
  const std::lock_guard lock(mutex_);
  Batch batch;
  batch.events.assign(events_.begin(), events_.end());
  batch.dropped = std::exchange(dropped_, 0);
  events_.clear();
  return batch;
}

void Watcher::Add(const RouteEvent& event) {
  if (account_ && event.owner != account_ && event.requester != account_) return;
  bool was_empty = false;
  {
    const std::lock_guard lock(mutex_);
    was_empty = events_.empty();
    if (events_.size() >= events_max_) {
      events_.pop_front();
      ++dropped_;
    }
    events_.push_back(event.step);
  }
  // Outside of the lock, because who is woken takes at once.
  if (was_empty && wake_) wake_();
}

Result<std::shared_ptr<Watcher>> WatchHub::Watch(std::optional<AccountId> account,
                                                 Watcher::Wake wake) {
  const std::lock_guard lock(mutex_);
  std::erase_if(watchers_, [](const auto& each) { return each.expired(); });
  if (watchers_.size() >= watchers_max_) {
    return Fail(Reason::kBusy, "as many watch as may", std::chrono::seconds(5));
  }
  std::shared_ptr<Watcher> watcher(new Watcher(account, events_max_, std::move(wake)));
  watchers_.push_back(watcher);
  return watcher;
}

void WatchHub::Publish(const RouteEvent& event) {
  std::vector<std::shared_ptr<Watcher>> live;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& each : watchers_) {
      if (auto watcher = each.lock()) live.push_back(std::move(watcher));
    }
  }
  for (const auto& watcher : live) watcher->Add(event);
}

}  // namespace trestle
