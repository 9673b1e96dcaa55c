// What is under way on one network: a place for each delivery that was leased and has not ended,
// by whom it is sent and to whom it goes. Places are taken on the store's writer alone, so what was
// free when a turn looked is free until it takes; they are given back by any thread. Any thread may
// read.
#pragma once

#include <memory>
#include <mutex>

#include "bridge/policy/delivery_rules.h"
#include "bridge/policy/limits.h"

namespace trestle {

// Given back when it is destroyed, also by a turn that is rolled back. It may outlive the table.
class Place {
 public:
  Place() = default;
  Place(Place&& other) noexcept = default;
  Place& operator=(Place&& other) noexcept;
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  ~Place() { GiveBack(); }

 private:
  friend class Places;
  struct Table;
  Place(std::shared_ptr<Table> table, const Bytes16& sender, const Bytes16& receiver)
      : table_(std::move(table)), sender_(sender), receiver_(receiver) {}
  void GiveBack();

  std::shared_ptr<Table> table_;  // none: moved from, or never taken
  Bytes16 sender_{};
  Bytes16 receiver_{};
};

class Places {
 public:
  Places();
  Place Take(const Bytes16& sender, const Bytes16& receiver);
  std::size_t taken() const;
  // How many more may be taken, of the network's share.
  std::size_t FreeOf(const Limits& limits) const;
  // Whether one more of this receiver may be taken.
  bool HasOneFor(const Bytes16& receiver, const Limits& limits) const;
  // Who has how many, for FairPicks.
  UnderWay senders() const;
  UnderWay receivers() const;

 private:
  std::shared_ptr<Place::Table> table_;
};

}  // namespace trestle
