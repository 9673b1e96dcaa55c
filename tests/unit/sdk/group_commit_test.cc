#include "adapters/sdk/group_commit.h"

#include <catch2/catch.hpp>
#include <vector>

#include "adapters/sdk/sqlite_file.h"
#include "tests/unit/sdk/counting_disk.h"
#include "tests/unit/sdk/manual_seams.h"

namespace trestle {
namespace {

constexpr const char* kSchema =
    "CREATE TABLE IF NOT EXISTS word (id INTEGER PRIMARY KEY, text TEXT NOT NULL)";

// Has no room for any task.
class FullLoop final : public Executor {
 public:
  Result<void> Post(Task) override { return Fail(Reason::kBusy, "the loop is full"); }
  Result<void> PostAt(MonoTime, Task) override { return Fail(Reason::kBusy, "the loop is full"); }
  bool is_current() const override { return true; }
};

struct World {
  test::ScratchFolder folder;
  test::CountingDisk disk;
  test::ManualClock clock;
  test::ManualExecutor loop{clock};
  GroupCommit groups{loop};
  std::unique_ptr<SqliteFile> file = Open("one");
  std::vector<std::string> heard;  // by those who wait, in their order

  std::string PathOf(const std::string& name) const { return folder.path() + "/" + name; }
  std::unique_ptr<SqliteFile> Open(const std::string& name, GroupCommit* in = nullptr) {
    auto opened = SqliteFile::Open(PathOf(name), kSchema, 1).value();
    // The head of the log has a sync of its own, which is none of a group's.
    REQUIRE(opened->Prepare("INSERT INTO word VALUES (0, 'head')").Run());
    opened->CommitWith(in == nullptr ? groups : *in);
    disk.syncs = 0;
    return opened;
  }
  Result<void> Write(int id, SqliteFile& into) {
    return into.Prepare("INSERT INTO word VALUES (?, 'text')").Bind(std::int64_t{id}).Run();
  }
  Result<void> Write(int id) { return Write(id, *file); }
  void Waits(const std::string& name) {
    groups.WhenDurable([this, name](const Result<void>& kept) {
      heard.push_back(name + (kept ? " kept after " : " lost after ") + std::to_string(disk.syncs));
    });
  }
  std::int64_t Rows() {
    auto query = file->Prepare("SELECT COUNT(*) FROM word WHERE id > 0");
    REQUIRE(query.Step());
    return query.Integer(0);
  }
  // What another process would find.
  std::int64_t RowsAfterRestart() {
    file = nullptr;
    file = SqliteFile::Open(PathOf("one"), kSchema, 1).value();
    return Rows();
  }
};

using Heard = std::vector<std::string>;

}  // namespace

TEST_CASE("What stands in the loop's queue is one group with one sync, told in order after it") {
  World world;
  for (int id = 1; id <= 3; ++id) {
    REQUIRE(world.loop.Post([&world, id] {
      REQUIRE(world.Write(id));
      world.Waits(std::to_string(id));
    }));
  }

  world.loop.RunAll();

  CHECK(world.heard == Heard{"1 kept after 1", "2 kept after 1", "3 kept after 1"});
  CHECK(world.disk.syncs == 1);
  CHECK(world.RowsAfterRestart() == 3);
}

TEST_CASE("Before the group's end nothing is durable, and reads see it all the same") {
  World world;
  REQUIRE(world.Write(1));
  world.Waits("1");

  CHECK(world.heard.empty());
  CHECK(world.disk.syncs == 0);
  CHECK(world.Rows() == 1);
  CHECK(world.RowsAfterRestart() == 0);
}

TEST_CASE("Who waits while nothing is written waits for no sync") {
  World world;
  world.Waits("reader");
  CHECK(world.heard.empty());

  world.loop.RunAll();

  CHECK(world.heard == Heard{"reader kept after 0"});
}

TEST_CASE("A commit that fails is told to all of its group, which leaves nothing behind") {
  World world;
  world.disk.fails = true;
  for (int id = 1; id <= 2; ++id) {
    REQUIRE(world.Write(id));
    world.Waits(std::to_string(id));
  }
  world.loop.RunAll();
  CHECK(world.heard == Heard{"1 lost after 1", "2 lost after 1"});
  CHECK(world.Rows() == 0);

  world.disk.fails = false;
  REQUIRE(world.Write(3));
  world.Waits("3");
  world.loop.RunAll();
  CHECK(world.heard.back().starts_with("3 kept"));
  CHECK(world.RowsAfterRestart() == 1);
}

TEST_CASE("A write that fails takes its group along, what is written after it too") {
  World world;
  REQUIRE(world.Write(1));
  world.Waits("before");
  CHECK_FALSE(world.file->Prepare("INSERT INTO word VALUES (2, json('no json'))").Run());
  CHECK_FALSE(world.Write(3));
  world.Waits("after");

  world.loop.RunAll();

  CHECK(world.heard == Heard{"before lost after 0", "after lost after 0"});
  CHECK(world.Rows() == 0);
  REQUIRE(world.Write(4));
  world.loop.RunAll();
  CHECK(world.RowsAfterRestart() == 1);
}

TEST_CASE("A row that contradicts another is refused alone") {
  World world;
  REQUIRE(world.Write(1));
  const auto again = world.Write(1);
  REQUIRE_FALSE(again);
  CHECK(again.error().reason == Reason::kAlreadyExists);
  world.Waits("1");

  world.loop.RunAll();

  CHECK(world.heard == Heard{"1 kept after 1"});
  CHECK(world.RowsAfterRestart() == 1);
}

TEST_CASE("Several statements that are given up are not in the group, and those around them are") {
  World world;
  REQUIRE(world.Write(1));
  {
    const auto write = SqliteFile::Write::Begin(*world.file);
    REQUIRE(write);
    REQUIRE(world.Write(2));
  }
  {
    auto write = SqliteFile::Write::Begin(*world.file);
    REQUIRE(write);
    REQUIRE(world.Write(3));
    REQUIRE(write->Commit());
  }
  CHECK(world.disk.syncs == 0);

  world.loop.RunAll();

  CHECK(world.disk.syncs == 1);
  CHECK(world.RowsAfterRestart() == 2);
}

TEST_CASE("What is written and waited for while a group is told belongs to the next one") {
  World world;
  REQUIRE(world.Write(1));
  world.groups.WhenDurable([&](const Result<void>&) {
    REQUIRE(world.Write(2));
    world.Waits("2");
  });
  world.Waits("1");

  world.loop.RunAll();

  CHECK(world.heard == Heard{"1 kept after 1", "2 kept after 2"});
}

TEST_CASE("Two files are one group: who waits hears of the one that failed") {
  World world;
  const auto other = world.Open("two");
  REQUIRE(world.Write(1, *other));
  CHECK_FALSE(other->Prepare("INSERT INTO word VALUES (2, json('no json'))").Run());
  REQUIRE(world.Write(1));
  world.Waits("1");

  world.loop.RunAll();

  CHECK(world.heard == Heard{"1 lost after 1"});
  CHECK(world.Rows() == 1);
}

TEST_CASE("A store that is closed before the group's end has kept nothing, and that is told") {
  World world;
  REQUIRE(world.Write(1));
  world.Waits("1");
  world.file = nullptr;

  world.loop.RunAll();

  REQUIRE(world.heard.size() == 1);
  CHECK(world.heard.front().starts_with("1 lost"));
}

TEST_CASE("Where the loop takes no task, a write is durable when it returns, and nobody waits") {
  World world;
  FullLoop full;
  GroupCommit groups(full);
  const auto file = world.Open("two", &groups);

  REQUIRE(world.Write(1, *file));
  CHECK(world.disk.syncs == 1);
  auto write = SqliteFile::Write::Begin(*file);
  REQUIRE(write);
  REQUIRE(world.Write(2, *file));
  REQUIRE(write->Commit());
  CHECK(world.disk.syncs == 2);
  std::optional<Result<void>> heard;
  groups.WhenDurable([&heard](const Result<void>& kept) { heard = kept; });
  REQUIRE(heard);
  CHECK(heard->error().reason == Reason::kBusy);
}

TEST_CASE("What cannot wait is durable at once, and the rest of the group is told at its end") {
  World world;
  REQUIRE(world.Write(1));
  world.Waits("1");
  REQUIRE(world.file->Commit());
  CHECK(world.disk.syncs == 1);
  REQUIRE(world.Write(2));

  world.loop.RunAll();

  CHECK(world.heard == Heard{"1 kept after 2"});
}

TEST_CASE("What could not be made durable at once is told as lost at the group's end") {
  World world;
  REQUIRE(world.Write(1));
  world.Waits("1");
  world.disk.fails = true;
  CHECK_FALSE(world.file->Commit());
  world.disk.fails = false;

  world.loop.RunAll();

  CHECK(world.heard == Heard{"1 lost after 1"});
  CHECK(world.Rows() == 0);
}

TEST_CASE("The log is cut after the commit, and by a later one when that was not possible") {
  World world;
  const std::string log = world.PathOf("one-wal");
  REQUIRE(world.Write(1));
  REQUIRE(world.file->TruncateLog());
  CHECK(world.disk.SizeOf(log) > 0);
  world.disk.fails = true;
  world.loop.RunAll();
  CHECK(world.disk.SizeOf(log) > 0);

  world.disk.fails = false;
  REQUIRE(world.Write(2));
  world.loop.RunAll();

  CHECK(world.disk.SizeOf(log) == 0);
  CHECK(world.Rows() == 1);
}

}  // namespace trestle
