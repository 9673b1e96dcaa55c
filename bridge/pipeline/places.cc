#include "bridge/pipeline/places.h"

#include <utility>

namespace trestle {

struct Place::Table {
  std::mutex mutex;
  std::size_t taken = 0;
  UnderWay senders;  // those that have any
  UnderWay receivers;
};

namespace {

void TakeOneFrom(UnderWay& counts, const Bytes16& key) {
  const auto found = counts.find(key);
  if (found != counts.end() && --found->second == 0) counts.erase(found);
}

}  // namespace

Place& Place::operator=(Place&& other) noexcept {
  if (this == &other) return *this;
  GiveBack();
  table_ = std::move(other.table_);
  sender_ = other.sender_;
  receiver_ = other.receiver_;
  return *this;
}

void Place::GiveBack() {
  const std::shared_ptr<Table> table = std::exchange(table_, nullptr);
  if (table == nullptr) return;
  const std::lock_guard lock(table->mutex);
  --table->taken;
  TakeOneFrom(table->senders, sender_);
  TakeOneFrom(table->receivers, receiver_);
}

Places::Places() : table_(std::make_shared<Place::Table>()) {}

Place Places::Take(const Bytes16& sender, const Bytes16& receiver) {
  const std::lock_guard lock(table_->mutex);
  ++table_->taken;
  ++table_->senders[sender];
  ++table_->receivers[receiver];
  return {table_, sender, receiver};
}

std::size_t Places::taken() const {
  const std::lock_guard lock(table_->mutex);
  return table_->taken;
}

std::size_t Places::FreeOf(const Limits& limits) const {
  const std::size_t now = taken();
  return now < limits.in_flight_per_adapter_max ? limits.in_flight_per_adapter_max - now : 0;
}

bool Places::HasOneFor(const Bytes16& receiver, const Limits& limits) const {
  const std::lock_guard lock(table_->mutex);
  if (table_->taken >= limits.in_flight_per_adapter_max) return false;
  const auto found = table_->receivers.find(receiver);
  return found == table_->receivers.end() || found->second < limits.in_flight_per_receiver_max;
}

UnderWay Places::senders() const {
  const std::lock_guard lock(table_->mutex);
  return table_->senders;
}

UnderWay Places::receivers() const {
  const std::lock_guard lock(table_->mutex);
  return table_->receivers;
}

}  // namespace trestle
