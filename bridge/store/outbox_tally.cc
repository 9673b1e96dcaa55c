#include "bridge/store/outbox_tally.h"

namespace trestle {

void OutboxTally::Add(std::int64_t row, const Network& network,
                      const std::optional<AccountId>& sender, std::int64_t rows) {
  if (IsInBacklog(row)) return;  // the count comes to it, or to nothing in its place
  journal_.push_back({StoreOf(row), network, sender, rows});
  Apply(journal_.back());
}

void OutboxTally::Settle(StoreIndex store) {
  std::erase_if(journal_, [store](const Change& change) { return change.store == store; });
}

void OutboxTally::RollBackTo(std::size_t mark) {
  for (; journal_.size() > mark; journal_.pop_back()) {
    journal_.back().rows = -journal_.back().rows;
    Apply(journal_.back());
  }
}

Result<void> OutboxTally::BeginCount(StoreIndex store, Database& file) {
  const std::int64_t last =
      TRESTLE_TRY(file.ReadNumber("SELECT coalesce(max(number), 0) FROM outbox"));
  if (last > 0) backlogs_[store] = {.counted = 0, .last = last};
  return {};
}

Result<void> OutboxTally::CountSome(StoreIndex store, Database& file, std::size_t rows_max) {
  const auto backlog = backlogs_.find(store);
  if (backlog == backlogs_.end()) return {};
  Query query = file.Use(
      "SELECT number, network, sender FROM outbox WHERE number > ? AND number <= ? "
      "ORDER BY number LIMIT ?");
  query.With(backlog->second.counted, backlog->second.last, std::uint64_t{rows_max});
  std::size_t rows = 0;
  for (; TRESTLE_TRY(query.Step()); ++rows) {
    backlog->second.counted = query.Number();
    const Network network = query.ReadNetwork();
    const auto sender = query.Maybe([](Query& each) { return each.ReadId<AccountId>(); });
    Apply({store, network, sender, 1});
  }
  if (rows < rows_max) backlogs_.erase(backlog);
  return {};
}

bool OutboxTally::IsInBacklog(std::int64_t row) const {
  const auto found = backlogs_.find(StoreOf(row));
  if (found == backlogs_.end()) return false;
  return InFile(row) > found->second.counted && InFile(row) <= found->second.last;
}

void OutboxTally::Apply(const Change& change) {
  rows_[change.network] += change.rows;
  total_ += change.rows;
  if (!change.sender) return;
  const auto found = by_sender_.try_emplace(*change.sender, 0).first;
  found->second += change.rows;
  if (found->second == 0) by_sender_.erase(found);
}

std::size_t OutboxTally::rows_for(const AccountId& sender) const {
  const auto found = by_sender_.find(sender);
  return found == by_sender_.end() ? 0 : static_cast<std::size_t>(found->second);
}

std::size_t OutboxTally::rows_of(const Network& network) const {
  const auto found = rows_.find(network);
  return found == rows_.end() ? 0 : static_cast<std::size_t>(found->second);
}

}  // namespace trestle
