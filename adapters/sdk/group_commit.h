// What an adapter writes to its own stores is committed in groups, so that many messages share one
// sync of the disk. The first write after a commit opens a group and posts its end to the loop:
// whatever stood in the loop's queue by then writes into the same group, and while the disk syncs
// the queue fills for the next one. So a group is as large as the load makes it, and waits for no
// clock. Reads of the same stores see what is not durable yet; what the outside may learn of it
// only afterwards (an answer to the core or to a network, a message on the wire) is said in
// WhenDurable. It is bounded as the loop's queue is.
//
//   nothing open ──first write──▶ open ──the loop has come to its end──▶ committed: `done`s run
//                                   └──a write or the commit fails──▶ rolled back: `done`s hear it
//
// One for each adapter, beside its loop; all on the loop, save that files join before it runs.
#pragma once

#include <memory>
#include <vector>

#include "bridge/base/result.h"
#include "bridge/base/seams.h"

namespace trestle {

class SqliteFile;

class GroupCommit {
 public:
  // The loop outlives it, and it outlives its files.
  explicit GroupCommit(Executor& loop) : loop_(loop) {}
  GroupCommit(const GroupCommit&) = delete;
  GroupCommit& operator=(const GroupCommit&) = delete;

  // `done` runs later in the loop, in the order of the calls: when all that was written before is
  // durable, or with the disk's error, and then a file that failed has kept nothing of the group.
  // When the loop takes no task, `done` hears that inside the call.
  void WhenDurable(Done<void> done);

 private:
  friend class SqliteFile;

  // Whether the file's write may wait for the end of a group. Not when the loop takes no task: then
  // the write is to be a group by itself.
  bool Join(SqliteFile& file);
  void Leave(SqliteFile& file);
  Result<void> PlanEnd();
  void End();

  Executor& loop_;
  std::vector<SqliteFile*> files_;  // that have written something
  std::vector<Done<void>> waiting_;
  bool has_lost_ = false;  // a file was closed before the end
  bool end_planned_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace trestle
