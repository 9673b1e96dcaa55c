// Lets operators and accounts see routing as it happens. An event is published after the
// transaction that made it has committed; watchers hold a bounded number of them, and one that does
// not keep up loses the oldest and is told how many. Nothing is stored. Any thread may call.
#pragma once

#include <absl/functional/any_invocable.h>

#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "bridge/store/ledger_records.h"

namespace trestle {

// An event and the two accounts it is about; the accounts decide who sees it and are not shown.
struct RouteEvent {
  TraceRecord step;
  std::optional<AccountId> owner;
  std::optional<AccountId> requester;
};

class Watcher {
 public:
  // What has come since the last call, oldest first, and how many were lost before them.
  struct Batch {
    std::vector<TraceRecord> events;
    std::uint64_t dropped = 0;
  };
  Batch Take();

 private:
  friend class WatchHub;
  using Wake = absl::AnyInvocable<void()>;

  Watcher(std::optional<AccountId> account, std::size_t events_max, Wake wake)
      : account_(account), events_max_(events_max), wake_(std::move(wake)) {}
  void Add(const RouteEvent& event);

  const std::optional<AccountId> account_;  // none sees everything
  const std::size_t events_max_;
  std::mutex mutex_;
  Wake wake_;
  std::deque<TraceRecord> events_;
  std::uint64_t dropped_ = 0;
};

class WatchHub {
 public:
  WatchHub(std::size_t watchers_max, std::size_t events_max)
      : watchers_max_(watchers_max), events_max_(events_max) {}

  // `wake` runs on a publishing thread when events wait where none did, without any lock of ours;
  // it must return at once and may Take. Letting go of the pointer ends the watch. kBusy at the
  // bound.
  Result<std::shared_ptr<Watcher>> Watch(std::optional<AccountId> account, Watcher::Wake wake);
  void Publish(const RouteEvent& event);

 private:
  const std::size_t watchers_max_;
  const std::size_t events_max_;
  std::mutex mutex_;
  std::vector<std::weak_ptr<Watcher>> watchers_;
};

}  // namespace trestle
