// The writer: bounds, order, files; groups of work are in groups_test.cc.
#include "bridge/store/store.h"

#include <sqlite3.h>

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <fstream>
#include <future>

#include "bridge/base/system_seams.h"
#include "tests/unit/store/store_scene.h"

using namespace trestle;
using namespace trestle::test;

namespace {

void Execute(const std::string& path, const char* sql) {
  sqlite3* connection = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &connection) == SQLITE_OK);
  CHECK(sqlite3_exec(connection, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(connection);
}

Result<std::unique_ptr<Store>> OpenAt(const std::string& path, Executor& executor,
                                      Metrics& metrics) {
  return Store::Open({path, executor, metrics});
}

}  // namespace

TEST_CASE("Work never runs inside the call that submits it") {
  StoreScene scene;
  bool ran = false;
  Work work = [&ran](Transaction&) -> Result<void> {
    ran = true;
    return {};
  };
  Done<void> done = [](Result<void>) {};
  REQUIRE(scene.store->Submit(std::move(work), std::move(done)));
  CHECK_FALSE(ran);
  scene.executor.RunAll();
  CHECK(ran);
}

TEST_CASE("A full queue answers busy and leaves the caller its completion",
          "[limit:store_items_max]") {
  StoreScene scene(":memory:", 2);
  int completed = 0;
  const auto submit = [&](Admission admission) {
    Work work = [](Transaction&) -> Result<void> { return {}; };
    Done<void> done = [&completed](Result<void>) { ++completed; };
    const Result<void> result = scene.store->Submit(std::move(work), std::move(done), admission);
    if (!result) {
      CHECK(result.error().reason == Reason::kBusy);
      CHECK(result.error().retry_after);
      CHECK(done != nullptr);  // NOLINT(bugprone-use-after-move)
    }
    return result.has_value();
  };
  CHECK(submit(Admission::kBounded));
  CHECK(submit(Admission::kBounded));
  CHECK_FALSE(submit(Admission::kBounded));
  CHECK(submit(Admission::kReserved));
  scene.executor.RunAll();
  CHECK(completed == 3);
}

TEST_CASE("A group takes at most its bound, in the order of submission") {
  StoreScene scene(":memory:", 100, 10);
  std::vector<int> order;
  for (int i = 0; i < 25; ++i) {
    Work work = [&order, i](Transaction&) -> Result<void> {
      order.push_back(i);
      return {};
    };
    Done<void> done = [](Result<void>) {};
    REQUIRE(scene.store->Submit(std::move(work), std::move(done)));
  }
  scene.executor.RunAll();
  CHECK(std::ranges::is_sorted(order));
  CHECK(order.size() == 25);
  CHECK(scene.metrics.Read("trestle_commits_total") == 3);
  CHECK(scene.metrics.Read("trestle_commit_items_total") == 25);
}

TEST_CASE("Work that waits when the store closes is cancelled, not forgotten") {
  StoreScene scene;
  std::optional<Reason> reason;
  Work work = [](Transaction&) -> Result<void> { return {}; };
  Done<void> done = [&reason](Result<void> result) { reason = result.error().reason; };
  REQUIRE(scene.store->Submit(std::move(work), std::move(done)));
  scene.store.reset();
  CHECK(reason == Reason::kCancelled);
  scene.executor.RunAll();
}

TEST_CASE("What was committed is there when the file is opened again") {
  const ScratchFolder folder;
  const std::string path = folder.path() + "/store.db";
  AccountRecord account;
  {
    StoreScene scene(path);
    account = NewAccount(scene.random);
    account.preferences = {{Network::Sms(), Network::Native()}, {Network::Messenger()}, true, {}};
    CHECK(scene.Do([&](Transaction& tx) -> Result<void> {
      TRESTLE_TRY(tx.AddOutboxRow(scene.Row(EnrolmentId::Mint(scene.random))));
      return tx.PutAccount(account);
    }));
  }
  StoreScene scene(path);
  CHECK(scene.Do([&](Transaction& tx) -> Result<void> {
    CHECK(TRESTLE_TRY(tx.FindAccount(account.id))->preferences == account.preferences);
    CHECK(tx.tally().rows_of(Network::Sms()) == 1);
    return {};
  }));
}

TEST_CASE("A file of a newer version, of somebody else, or of no kind is refused in words") {
  const ScratchFolder folder;
  ManualClock clock;
  ManualExecutor executor(clock);
  Metrics metrics;
  const std::string path = folder.path() + "/store.db";
  SECTION("newer") {
    CHECK(OpenAt(path, executor, metrics));
    Execute(path, "PRAGMA user_version = 99");
    CHECK(OpenAt(path, executor, metrics).error().what.view().find("newer") != std::string::npos);
  }
  SECTION("somebody else's") {
    Execute(path, "CREATE TABLE recipe (name TEXT)");
    CHECK(OpenAt(path, executor, metrics).error().what.view().find("something else") !=
          std::string::npos);
  }
  SECTION("no database") {
    std::ofstream(path) << std::string(5000, 'x');
    CHECK(OpenAt(path, executor, metrics).error().reason == Reason::kStorage);
  }
  SECTION("no folder") {
    CHECK(OpenAt(folder.path() + "/none/store.db", executor, metrics).error().reason ==
          Reason::kStorage);
  }
}

TEST_CASE("A file of version 1 is brought up, and what waits in it is sealed") {
  const ScratchFolder folder;
  const std::string path = folder.path() + "/store.db";
  std::ifstream schema("tests/unit/store/version_1.sql");
  Execute(path,
          std::string(std::istreambuf_iterator<char>(schema), std::istreambuf_iterator<char>())
              .c_str());
  Execute(path,
          "INSERT INTO envelope (contact, envelope_id, sender_link, kind, seq, accepted_at, "
          "expires_at, payload) VALUES (zeroblob(16), zeroblob(16), zeroblob(16), 1, 1, "
          "1700000000000, 1800000000000, CAST('waits in the open' AS BLOB));"
          "INSERT INTO outbox (delivery_id, thread_kind, thread, network, kind, body, state, head, "
          "due_at, created_at, expires_at, attempts) VALUES (zeroblob(16), 1, zeroblob(16), 'sms', "
          "6, CAST('a word in the open' AS BLOB), 1, 1, 0, 1700000000000, 1800000000000, 0)");
  {
    StoreScene scene(path);
    CHECK(scene.Do([&](Transaction& tx) -> Result<void> {
      const auto envelope = TRESTLE_TRY(tx.FindEnvelope(1, Payload::kOpened));
      CHECK(AsText(envelope.value().payload) == "waits in the open");
      CHECK(envelope->payload_bytes == 17);
      CHECK(AsText(TRESTLE_TRY(RowWith(tx, DeliveryId())).value().body) == "a word in the open");
      return {};
    }));
  }
  std::ifstream file(path, std::ios::binary);
  const std::string octets{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  CHECK(octets.find("in the open") == std::string::npos);
}

TEST_CASE("A damaged file is refused before anything is served from it") {
  const ScratchFolder folder;
  const std::string path = folder.path() + "/store.db";
  {
    StoreScene scene(path);
    CHECK(scene.Do([&](Transaction& tx) -> Result<void> {
      for (int i = 0; i < 200; ++i) {
        TRESTLE_TRY(tx.AddOutboxRow(scene.Row(EnrolmentId::Mint(scene.random))));
      }
      return {};
    }));
  }
  {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(4096);
    file << std::string(40'000, '\xFF');
  }
  ManualClock clock;
  ManualExecutor executor(clock);
  Metrics metrics;
  const auto opened = OpenAt(path, executor, metrics);
  REQUIRE_FALSE(opened);
  CHECK(opened.error().reason == Reason::kStorage);
}

TEST_CASE("A second store on the same file is refused while the first has it") {
  const ScratchFolder folder;
  const std::string path = folder.path() + "/store.db";
  StoreScene first(path);
  CHECK(first.Do([&](Transaction& tx) { return tx.PutAccount(NewAccount(first.random)); }));
  Metrics metrics;
  CHECK(OpenAt(path, first.executor, metrics).error().reason == Reason::kStorage);
}

TEST_CASE("With an executor of its own the store takes work from many threads") {
  SystemClock clock;
  Metrics metrics;
  SerialExecutor writer("writer", clock);
  auto store = OpenAt(":memory:", writer, metrics).value();
  std::atomic<int> completed = 0;
  std::vector<std::future<void>> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.push_back(std::async(std::launch::async, [&] {
      SystemRandom random;
      for (int i = 0; i < 200; ++i) {
        const AccountRecord account = NewAccount(random);
        Work work = [account](Transaction& tx) { return tx.PutAccount(account); };
        Done<void> done = [&](Result<void> result) { completed += result ? 1 : 0; };
        CHECK(store->Submit(std::move(work), std::move(done)).has_value());
      }
    }));
  }
  for (auto& thread : threads) thread.get();
  writer.Stop();
  CHECK(completed == 800);
}

TEST_CASE("Too many octets in the queue answer busy; one piece always fits",
          "[limit:store_bytes_max]") {
  StoreScene scene;
  const auto submit = [&](std::size_t bytes) {
    Work work = [](Transaction&) -> Result<void> { return {}; };
    Done<void> done = [](Result<void>) {};
    return scene.store->Submit(std::move(work), std::move(done), Admission::kBounded, bytes);
  };
  CHECK(submit(Store::kQueueBytesMax + 1));
  const Result<void> refused = submit(1);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().reason == Reason::kBusy);
  CHECK(refused.error().retry_after);
  scene.executor.RunAll();
  CHECK(submit(1));
  scene.executor.RunAll();
}

TEST_CASE("A file of two versions before is brought up, and what waits in it goes") {
  const ScratchFolder folder;
  const std::string path = folder.path() + "/store.db";
  DeliveryId id;
  {
    StoreScene scene(path);
    const OutboxRow row = scene.Row(EnrolmentId::Mint(scene.random));
    id = row.delivery_id;
    CHECK(scene.Do([&](Transaction& tx) -> Result<void> {
      TRESTLE_TRY(tx.AddOutboxRow(row));
      return {};
    }));
  }
  // As version 5 had it.
  for (const char* sql :
       {"DROP INDEX contact_edge_owner",
        "DROP INDEX contact_edge_requester",
        "ALTER TABLE contact DROP COLUMN edge_owner_until",
        "ALTER TABLE contact DROP COLUMN edge_requester_until",
        "ALTER TABLE consent_entry DROP COLUMN until",
        "DROP TABLE seen_envelope",
        "CREATE TABLE seen_envelope (contact BLOB NOT NULL, envelope_id BLOB NOT NULL, "
        "sender_link BLOB NOT NULL, delivery_id BLOB NOT NULL, kind INTEGER NOT NULL, "
        "payload_hash BLOB NOT NULL, seq INTEGER NOT NULL, accepted_at INTEGER NOT NULL, "
        "expires_at INTEGER NOT NULL, level INTEGER NOT NULL, erased_shard INTEGER, "
        "erased_index INTEGER, erased_cause INTEGER, erased_hour INTEGER, "
        "PRIMARY KEY (contact, envelope_id)) WITHOUT ROWID",
        "CREATE INDEX seen_envelope_delivery ON seen_envelope (delivery_id)",
        "CREATE INDEX seen_envelope_expiry ON seen_envelope (expires_at)",
        "INSERT INTO seen_envelope VALUES (zeroblob(16), zeroblob(16), zeroblob(16), zeroblob(16), "
        "1, zeroblob(32), 9, 1, 2, 3, NULL, NULL, NULL, NULL)",
        "CREATE INDEX outbox_leased ON outbox (lease_until) WHERE state = 3",
        "DROP INDEX outbox_doubt",
        "DROP INDEX outbox_lane",
        "DROP INDEX outbox_message",
        "DROP INDEX outbox_leased_thread",
        "ALTER TABLE outbox DROP COLUMN lane",
        "ALTER TABLE outbox DROP COLUMN sender",
        "ALTER TABLE outbox DROP COLUMN receiver",
        "ALTER TABLE outbox DROP COLUMN maybe_sent",
        "ALTER TABLE dead_letter DROP COLUMN lane",
        "ALTER TABLE dead_letter DROP COLUMN sender",
        "ALTER TABLE dead_letter DROP COLUMN receiver",
        "ALTER TABLE dead_letter DROP COLUMN maybe_sent",
        "ALTER TABLE account DROP COLUMN shows_repeats",
        "DROP TABLE conversation",
        "DROP TABLE placed_store",
        "DROP INDEX outbox_waits_open",
        "DROP INDEX outbox_ephemeral",
        "DROP INDEX outbox_waits_due",
        "DELETE FROM about WHERE name = 'home'",
        "ALTER TABLE contact ADD COLUMN group_id BLOB",
        "ALTER TABLE contact ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE contact ADD COLUMN next_seq INTEGER NOT NULL DEFAULT 1",
        "INSERT INTO contact (id, owner, requester, alias, state, owner_agreed, ended_by_owner, "
        "ended_by_requester, key_claims, created_at, group_id, epoch, next_seq) VALUES "
        "(zeroblob(16), zeroblob(16), zeroblob(16), zeroblob(16), 2, 1, 0, 0, 0, 0, "
        "zeroblob(16), 3, 7)",
        "PRAGMA user_version = 5"}) {
    Execute(path, sql);
  }
  StoreScene scene(path);
  CHECK(scene.LeaseIds() == std::vector{id});
  CHECK(scene.Do([](Transaction& tx) -> Result<void> {
    const ConversationRecord conversation = TRESTLE_TRY(tx.FindConversation(ContactId()));
    CHECK(conversation.group_id == GroupId());
    CHECK(conversation.epoch == 3);
    CHECK(conversation.next_seq == 7);
    SeenEnvelopeRecord seen = TRESTLE_TRY(tx.FindSeen(ContactId(), EnvelopeId())).value();
    CHECK(seen.seq == 9);
    CHECK(seen.steps.empty());
    seen.level = ReceiptLevel::kRead;
    TRESTLE_TRY(tx.PutSeen(seen));
    CHECK(TRESTLE_TRY(tx.FindSeenByDelivery(DeliveryId()))->level == ReceiptLevel::kRead);
    return {};
  }));
}

TEST_CASE("What is reserved goes before what waits in the queue, each in its order") {
  StoreScene scene;
  std::vector<int> ran;
  const auto submit = [&](int number, Admission admission) {
    Work work = [&ran, number](Transaction&) -> Result<void> {
      ran.push_back(number);
      return {};
    };
    Done<void> done = [](Result<void>) {};
    CHECK(scene.store->Submit(std::move(work), std::move(done), admission));
  };
  submit(1, Admission::kBounded);
  submit(2, Admission::kBounded);
  submit(3, Admission::kReserved);
  submit(4, Admission::kReserved);
  scene.executor.RunAll();
  CHECK(ran == std::vector{3, 4, 1, 2});
}
