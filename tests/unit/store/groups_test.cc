// Groups of work: what fails in one leaves nothing, and the rest stands.
#include <catch2/catch.hpp>
#include <utility>
#include <vector>

#include "tests/unit/store/store_scene.h"

using namespace trestle;
using namespace trestle::test;

namespace {

// How often each piece of work of one group runs, and how often groups were run again.
struct Runs {
  std::vector<int> of;
  std::int64_t again = 0;
};
Runs RunTogether(StoreScene& scene, const std::vector<Work>& works) {
  Runs runs{std::vector<int>(works.size()), 0};
  for (std::size_t i = 0; i < works.size(); ++i) {
    Work counted = [&runs, &works, i](Transaction& tx) {
      ++runs.of[i];
      return works[i](tx);
    };
    Done<void> done = [](Result<void>) {};
    REQUIRE(scene.store->Submit(std::move(counted), std::move(done)));
  }
  scene.executor.RunAll();
  runs.again = scene.metrics.Read("trestle_groups_run_again_total");
  return runs;
}

}  // namespace

TEST_CASE("An error rolls back its own work and no other of its group") {
  StoreScene scene;
  const AccountRecord good = NewAccount(scene.random);
  const AccountRecord bad = NewAccount(scene.random);
  std::vector<bool> results;
  const auto submit = [&](const AccountRecord& account, bool fails) {
    Work work = [account, fails](Transaction& tx) -> Result<void> {
      TRESTLE_TRY(tx.PutAccount(account));
      if (fails) return Fail(Reason::kConflict, "no");
      return {};
    };
    Done<void> done = [&results](Result<void> result) { results.push_back(result.has_value()); };
    REQUIRE(scene.store->Submit(std::move(work), std::move(done)));
  };
  submit(bad, true);
  submit(good, false);
  scene.executor.RunAll();
  CHECK(results == std::vector<bool>{false, true});
  CHECK(Exists(scene, good.id));
  CHECK_FALSE(Exists(scene, bad.id));
  CHECK(scene.metrics.Read("trestle_commits_total") == 3);
}

TEST_CASE("Work that fails before it has written costs the others nothing") {
  StoreScene scene;
  const AccountRecord account = NewAccount(scene.random);
  std::vector<Work> works;
  works.emplace_back([&](Transaction& tx) { return tx.PutAccount(account); });
  works.emplace_back([&](Transaction& tx) -> Result<void> {
    TRESTLE_TRY(tx.FindAccount(account.id));
    return Fail(Reason::kConflict, "no");
  });
  const Runs runs = RunTogether(scene, works);
  CHECK(runs.of == std::vector{1, 1});
  CHECK(runs.again == 0);
  CHECK(Exists(scene, account.id));
}

TEST_CASE("A group in which work fails half-way is run again, and each sees those before it") {
  StoreScene scene;
  const AccountRecord first = NewAccount(scene.random);
  const AccountRecord failed = NewAccount(scene.random);
  bool met_first = false;
  bool met_failed = false;
  std::vector<Work> works;
  works.emplace_back([&](Transaction& tx) { return tx.PutAccount(first); });
  SECTION("by a row") {
    works.emplace_back([&](Transaction& tx) -> Result<void> {
      TRESTLE_TRY(tx.PutAccount(failed));
      return Fail(Reason::kConflict, "no");
    });
  }
  SECTION("by a leaf of the log alone") {
    works.emplace_back([&](Transaction& tx) -> Result<void> {
      tx.LogErasure(kHomeStore, EnvelopeId::Mint(scene.random), ErasureCause::kRevoked, {1});
      return Fail(Reason::kConflict, "no");
    });
  }
  works.emplace_back([&](Transaction& tx) -> Result<void> {
    met_first = TRESTLE_TRY(tx.FindAccount(first.id)).has_value();
    met_failed = TRESTLE_TRY(tx.FindAccount(failed.id)).has_value();
    CHECK(tx.erasure_log(kHomeStore).size() == 0);
    return {};
  });
  const Runs runs = RunTogether(scene, works);
  CHECK(runs.of == std::vector{2, 2, 1});
  CHECK(runs.again == 1);
  CHECK(met_first);
  CHECK_FALSE(met_failed);
  CHECK(Exists(scene, first.id));
  CHECK_FALSE(Exists(scene, failed.id));
}

TEST_CASE("A failed commit is an error to everybody in the group and leaves nothing") {
  StoreScene scene;
  const AccountRecord account = NewAccount(scene.random);
  scene.commit_fails = true;
  const auto result = scene.Do([&](Transaction& tx) -> Result<void> {
    TRESTLE_TRY(tx.AddOutboxRow(scene.Row(EnrolmentId::Mint(scene.random))));
    return tx.PutAccount(account);
  });
  CHECK(result.error().reason == Reason::kStorage);
  scene.commit_fails = false;
  CHECK_FALSE(Exists(scene, account.id));
  CHECK(scene.Do([](Transaction& tx) -> Result<void> {
    CHECK(tx.tally().rows_total() == 0);
    return {};
  }));
}

TEST_CASE("Work that is rolled back does not count in the outbox's tally") {
  StoreScene scene;
  CHECK_FALSE(scene.Do([&](Transaction& tx) -> Result<void> {
    TRESTLE_TRY(tx.AddOutboxRow(scene.Row(EnrolmentId::Mint(scene.random))));
    return Fail(Reason::kConflict, "no");
  }));
  CHECK(scene.Do([](Transaction& tx) -> Result<void> {
    CHECK(tx.tally().rows_total() == 0);
    return {};
  }));
}
