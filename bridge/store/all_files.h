// One statement in each of the store's files: see transaction.h.
#pragma once

#include <algorithm>
#include <utility>

#include "bridge/store/transaction.h"

namespace trestle {

Result<std::vector<OutboxRow>> Transaction::RowsInAll(StaticText select, std::size_t rows_max,
                                                      const auto&... values) {
  std::vector<OutboxRow> out;
  for (StoreIndex store = 0; store < files_.size() && out.size() < rows_max; ++store) {
    Query query = In(store).Use(select);
    query.With(values..., std::uint64_t{rows_max - out.size()});
    for (OutboxRow& row : TRESTLE_TRY(ReadOutboxRows(store, query))) out.push_back(std::move(row));
  }
  return out;
}

Result<std::size_t> Transaction::ChangeInAll(StaticText update, const auto&... values) {
  std::size_t rows = 0;
  for (const auto& file : files_) {
    Query query = file->database().Use(update);
    TRESTLE_TRY(query.Run(values...));
    rows += static_cast<std::size_t>(query.changes());
  }
  return rows;
}

Result<std::optional<WallTime>> Transaction::EarliestInAll(StaticText select,
                                                           const auto&... values) {
  std::optional<WallTime> out;
  for (const auto& file : files_) {
    Query query = file->database().Use(select);
    if (!TRESTLE_TRY(query.With(values...).Step())) continue;
    const WallTime time = query.Time();
    out = out ? std::min(*out, time) : time;
  }
  return out;
}

}  // namespace trestle
