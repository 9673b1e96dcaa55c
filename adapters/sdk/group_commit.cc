#include "adapters/sdk/group_commit.h"

#include <utility>

#include "adapters/sdk/sqlite_file.h"
#include "bridge/base/event_log.h"

namespace trestle {

void GroupCommit::WhenDurable(Done<void> done) {
  const auto planned = PlanEnd();
  if (!planned) return std::move(done)(planned);
  waiting_.push_back(std::move(done));
}

bool GroupCommit::Join(SqliteFile& file) {
  if (!PlanEnd()) return false;
  files_.push_back(&file);
  return true;
}

void GroupCommit::Leave(SqliteFile& file) {
  if (std::erase(files_, &file) > 0) has_lost_ = true;
}

Result<void> GroupCommit::PlanEnd() {
  if (end_planned_) return {};
  TRESTLE_TRY(loop_.Post([this, alive = std::weak_ptr(alive_)] {
    if (alive.lock()) End();
  }));
  end_planned_ = true;
  return {};
}

void GroupCommit::End() {
  end_planned_ = false;
  Result<void> durable;
  if (std::exchange(has_lost_, false)) durable = Fail(Reason::kStorage, "a store was closed");
  for (SqliteFile* file : std::exchange(files_, {})) {
    const auto ended = file->EndGroup();
    if (!ended) durable = ended;
  }
  if (!durable) {
    LogEvent(Severity::kError, "adapter_store_failed",
             {EventField("reason", durable.error().reason)});
  }
  // What they write and wait for belongs to the next group.
  for (Done<void>& done : std::exchange(waiting_, {})) std::move(done)(durable);
}

}  // namespace trestle
