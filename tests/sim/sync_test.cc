// Which commits are on the disk when their answer is given: a power cut takes back what was not
// synced, all of it here.
#include <catch2/catch.hpp>

#include "bridge/store/store.h"
#include "tests/sim/memory_disk.h"
#include "tests/unit/sdk/manual_seams.h"

using namespace trestle;
using namespace trestle::test;
using trestle::world::MemoryDisk;

namespace {

constexpr const char* kPath = "/store";

struct Scene {
  // The log has its beginning already, which is synced by itself.
  Scene() {
    Open();
    Add(Admission::kReserved);
  }

  void Open() {
    Store::Options options{kPath, executor, metrics};
    options.clock = &clock;
    options.random = &random;
    store = *Store::Open(std::move(options));
  }

  template <class Run>
  Result<void> Do(Admission admission, Run run) {
    std::optional<Result<void>> out;
    Work work = [&run](Transaction& tx) -> Result<void> { return run(tx); };
    Done<void> done = [&out](Result<void> result) { out = result; };
    TRESTLE_TRY(store->Submit(std::move(work), std::move(done), admission));
    executor.RunAll();
    return *out;
  }

  AccountId Add(Admission admission) {
    AccountRecord account;
    account.id = AccountId::Mint(random);
    CHECK(Do(admission, [&](Transaction& tx) { return tx.PutAccount(account); }));
    return account.id;
  }

  bool Has(const AccountId& id, Admission admission = Admission::kReserved) {
    bool found = false;
    CHECK(Do(admission, [&](Transaction& tx) -> Result<void> {
      found = TRESTLE_TRY(tx.FindAccount(id)).has_value();
      return {};
    }));
    return found;
  }

  void Die(MemoryDisk::Power power) {
    disk.Freeze();
    store.reset();
    const auto log = disk.files().find(std::string(kPath) + "-wal");
    // Nothing that was not synced stays.
    disk.Thaw(power, log == disk.files().end() ? 0 : log->second->unsynced.size());
    Open();
  }

  ManualClock clock;
  CountingRandom random;
  MemoryDisk disk{[](std::uint64_t below) { return std::uint64_t{7} % below; }};
  ManualExecutor executor{clock};
  Metrics metrics;
  std::unique_ptr<Store> store;
};

}  // namespace

TEST_CASE("Repeatable work is committed without a sync, other work with one") {
  Scene scene;
  int syncs = 0;
  scene.disk.OnSync([&](const std::string&) {
    ++syncs;
    return MemoryDisk::Sync::kWorks;
  });
  const AccountId repeatable = scene.Add(Admission::kRepeatable);
  CHECK(syncs == 0);
  SECTION("a process that dies loses none of it") {
    scene.Die(MemoryDisk::Power::kStays);
    CHECK(scene.Has(repeatable));
  }
  SECTION("a power cut takes it back") {
    scene.Die(MemoryDisk::Power::kCut);
    CHECK_FALSE(scene.Has(repeatable));
  }
  SECTION("what is written after it brings it along") {
    const AccountId other = scene.Add(GENERATE(Admission::kBounded, Admission::kReserved));
    CHECK(syncs == 1);
    scene.Die(MemoryDisk::Power::kCut);
    CHECK(scene.Has(repeatable));
    CHECK(scene.Has(other));
  }
}

TEST_CASE("An answer that writes nothing rests on what is synced") {
  Scene scene;
  int syncs = 0;
  MemoryDisk::Sync next = MemoryDisk::Sync::kWorks;
  scene.disk.OnSync([&](const std::string&) {
    ++syncs;
    return next;
  });
  const AccountId repeatable = scene.Add(Admission::kRepeatable);
  SECTION("read") {
    CHECK(scene.Has(repeatable));
    CHECK(syncs == 1);
    CHECK(scene.Has(repeatable));
    CHECK(syncs == 1);
  }
  SECTION("refused, what it wrote rolled back") {
    CHECK_FALSE(scene.Do(Admission::kBounded, [&](Transaction& tx) -> Result<void> {
      AccountRecord account;
      account.id = AccountId::Mint(scene.random);
      TRESTLE_TRY(tx.PutAccount(account));
      return Fail(Reason::kConflict, "no");
    }));
    CHECK(syncs == 1);
  }
  SECTION("not given when the disk fails, and not the next time either") {
    next = MemoryDisk::Sync::kFails;
    CHECK_FALSE(scene.Do(Admission::kBounded, [](Transaction&) { return Result<void>(); }));
    CHECK_FALSE(scene.Do(Admission::kBounded, [](Transaction&) { return Result<void>(); }));
    next = MemoryDisk::Sync::kWorks;
    CHECK(scene.Has(repeatable));
  }
  scene.Die(MemoryDisk::Power::kCut);
  CHECK(scene.Has(repeatable));
}

TEST_CASE("A group that failed leaves the next one synced") {
  Scene scene;
  scene.disk.SetFull(true);
  CHECK_FALSE(scene.Do(Admission::kRepeatable, [&](Transaction& tx) {
    AccountRecord account;
    account.id = AccountId::Mint(scene.random);
    return tx.PutAccount(account);
  }));
  scene.disk.SetFull(false);
  const AccountId kept = scene.Add(Admission::kReserved);
  scene.Die(MemoryDisk::Power::kCut);
  CHECK(scene.Has(kept));
}
