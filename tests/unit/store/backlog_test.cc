// A store in which much waits, and one whose file is broken: what its opening does and what it
// leaves for later.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "bridge/base/private_file.h"
#include "tests/unit/store/store_scene.h"

using namespace trestle;
using namespace trestle::test;

namespace {

constexpr std::size_t kCountAtOnce = 10;
constexpr std::uint64_t kNeverWhole = 0;

// A store of a test, opened so that little is done at once; its writer is turned by hand.
struct Slow {
  explicit Slow(const std::string& path, std::uint64_t whole_file_bytes_max = kNeverWhole) {
    Store::Options options{path, executor, metrics};
    options.count_rows_max = kCountAtOnce;
    options.whole_file_bytes_max = whole_file_bytes_max;
    options.damaged = [this] { ++damaged; };
    options.clock = &clock;
    options.random = &random;
    opened = Store::Open(std::move(options));
  }
  Store& store() { return **opened; }

  Result<void> Do(Work work) {
    std::optional<Result<void>> out;
    Done<void> done = [&out](Result<void> result) { out = result; };
    TRESTLE_TRY(store().Submit(std::move(work), std::move(done)));
    executor.RunAll();
    return out.value();
  }
  std::size_t Rows(const Network& network) {
    std::size_t rows = 0;
    CHECK(Do([&](Transaction& tx) -> Result<void> {
      rows = tx.tally().rows_of(network);
      return {};
    }));
    return rows;
  }

  ManualClock clock;
  CountingRandom random;
  ManualExecutor executor{clock};
  Metrics metrics;
  int damaged = 0;
  Result<std::unique_ptr<Store>> opened = Fail(Reason::kInternal, "not opened yet");
};

struct Waiting {
  std::string path;
  AccountId sender;
  std::vector<OutboxRow> rows;  // as they were added, with their numbers
};

// So many rows of one sender, on threads of their own.
Waiting Fill(const ScratchFolder& folder, std::size_t rows) {
  Waiting out{folder.path() + "/store.db", {}, {}};
  StoreScene scene(out.path);
  out.sender = AccountId::Mint(scene.random);
  CHECK(scene.Do([&](Transaction& tx) -> Result<void> {
    for (std::size_t i = 0; i < rows; ++i) {
      OutboxRow row = scene.Row(EnrolmentId::Mint(scene.random));
      row.sender = out.sender;
      row.row = TRESTLE_TRY(tx.AddOutboxRow(row));
      out.rows.push_back(row);
    }
    return {};
  }));
  return out;
}

// Breaks the first page that holds both: one of a table's, since no index has the two.
void BreakPageWith(const std::string& path, ByteView one, ByteView other) {
  constexpr std::size_t kPageBytes = 4096;
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  std::string page(kPageBytes, '\0');
  for (std::streamoff at = 0; file.seekg(at).read(page.data(), kPageBytes); at += kPageBytes) {
    if (page.find(AsText(one)) == std::string::npos) continue;
    if (page.find(AsText(other)) == std::string::npos) continue;
    file.seekp(at);
    file << std::string(64, '\xFF');
    return;
  }
  FAIL("there is no such page");
}

void BreakPageOf(const Waiting& waiting, const OutboxRow& row) {
  BreakPageWith(waiting.path, row.delivery_id.bytes(), waiting.sender.bytes());
}

}  // namespace

TEST_CASE("What waits at the opening is counted in slices, and comes out right when rows change") {
  const ScratchFolder folder;
  const Waiting waiting = Fill(folder, 30);
  Slow slow(waiting.path);
  std::size_t at_first = 0;
  CHECK(slow.Do([&](Transaction& tx) -> Result<void> {
    at_first = tx.tally().rows_total();
    TRESTLE_TRY(tx.EraseOutboxRow(waiting.rows[2], slow.clock.wall_now()));
    TRESTLE_TRY(tx.EraseOutboxRow(waiting.rows[24], slow.clock.wall_now()));
    TRESTLE_TRY(tx.MoveRow(waiting.rows[3], LinkId(), Network::Whatsapp(), slow.clock.wall_now()));
    TRESTLE_TRY(tx.MoveRow(waiting.rows[20], LinkId(), Network::Whatsapp(), slow.clock.wall_now()));
    OutboxRow fresh = waiting.rows[0];
    fresh.delivery_id = DeliveryId::Mint(slow.random);
    return tx.AddOutboxRow(fresh).map([](std::int64_t) {});
  }));
  CHECK(at_first == kCountAtOnce);
  CHECK(slow.Rows(Network::Sms()) == 27);
  CHECK(slow.Rows(Network::Whatsapp()) == 2);
  CHECK(slow.Do([&](Transaction& tx) -> Result<void> {
    CHECK(tx.tally().rows_total() == 29);
    CHECK(tx.tally().rows_for(waiting.sender) == 29);
    return {};
  }));
}

TEST_CASE("Work that is rolled back while rows are counted changes no count") {
  const ScratchFolder folder;
  const Waiting waiting = Fill(folder, 30);
  Slow slow(waiting.path);
  CHECK_FALSE(slow.Do([&](Transaction& tx) -> Result<void> {
    TRESTLE_TRY(tx.EraseOutboxRow(waiting.rows[2], slow.clock.wall_now()));
    TRESTLE_TRY(tx.EraseOutboxRow(waiting.rows[24], slow.clock.wall_now()));
    return Fail(Reason::kConflict, "not this time");
  }));
  CHECK(slow.Rows(Network::Sms()) == 30);
}

TEST_CASE("A large file with a broken page is served from until the page is met, and never after") {
  const ScratchFolder folder;
  const Waiting waiting = Fill(folder, 400);
  BreakPageOf(waiting, waiting.rows[200]);
  {
    Slow slow(waiting.path);
    REQUIRE(slow.opened);
    // The count of the backlog comes to the page.
    CHECK(slow.Do([](Transaction&) -> Result<void> { return {}; }));
    CHECK(slow.damaged == 1);
    CHECK(slow.metrics.Read("trestle_store_damaged") == 1);
    Work work = [](Transaction&) -> Result<void> { return {}; };
    Done<void> done = [](const Result<void>&) {};
    const Result<void> refused = slow.store().Submit(std::move(work), std::move(done));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().what.view() == kDamagedText.view());
  }
  const Slow again(waiting.path);
  REQUIRE_FALSE(again.opened);
  CHECK(again.opened.error().what.view() == kDamagedText.view());
}

TEST_CASE("A group that meets a broken page is rolled back, whatever its work makes of that") {
  const ScratchFolder folder;
  const Waiting waiting = Fill(folder, 400);
  BreakPageOf(waiting, waiting.rows[200]);
  Slow slow(waiting.path);
  Result<void> first = {};
  Work before = [&](Transaction& tx) -> Result<void> {
    return tx.MarkInbound(Bytes32{1}, slow.clock.wall_now()).map([](bool) {});
  };
  Done<void> before_done = [&](Result<void> result) { first = result; };
  REQUIRE(slow.store().Submit(std::move(before), std::move(before_done)));
  const Result<void> met = slow.Do([&](Transaction& tx) -> Result<void> {
    CHECK_FALSE(tx.FindOutboxRow({waiting.rows[200].row, waiting.rows[200].delivery_id}));
    return {};
  });
  REQUIRE_FALSE(met);
  REQUIRE_FALSE(first);
  CHECK(first.error().what.view() == kDamagedText.view());
}

TEST_CASE("A marked file that is whole again is opened, and is marked no more") {
  const ScratchFolder folder;
  const Waiting waiting = Fill(folder, 1);
  MarkForCheck(waiting.path);
  const Slow slow(waiting.path);
  CHECK(slow.opened);
  CHECK_FALSE(PrivateFileExists(waiting.path + ".check"));
}

TEST_CASE("A file up to the bound is read whole at its opening") {
  const ScratchFolder folder;
  const Waiting waiting = Fill(folder, 400);
  BreakPageOf(waiting, waiting.rows[200]);
  CHECK_FALSE(Slow(waiting.path, kWholeFileBytesMax).opened);
}

TEST_CASE("The ends of the tables are looked at in a file of any size") {
  const ScratchFolder folder;
  const std::string path = folder.path() + "/store.db";
  std::vector<TraceRecord> traces(400);
  {
    StoreScene scene(path);
    CHECK(scene.Do([&](Transaction& tx) -> Result<void> {
      for (TraceRecord& each : traces) {
        each.envelope_id = EnvelopeId::Mint(scene.random);
        each.delivery_id = DeliveryId::Mint(scene.random);
        TRESTLE_TRY(tx.AddTrace(each));
      }
      return {};
    }));
  }
  const bool is_first = GENERATE(true, false);
  const TraceRecord& broken = is_first ? traces.front() : traces.back();
  BreakPageWith(path, broken.envelope_id->bytes(), broken.delivery_id->bytes());
  CHECK_FALSE(Slow(path).opened);
}

TEST_CASE("A thorough check finds a broken page, and passes a file that is whole") {
  const ScratchFolder folder;
  const Waiting waiting = Fill(folder, 400);
  CHECK(CheckStoreFile(waiting.path));
  BreakPageOf(waiting, waiting.rows[200]);
  const Result<void> checked = CheckStoreFile(waiting.path);
  REQUIRE_FALSE(checked);
  CHECK(checked.error().what.view() == kDamagedText.view());
}

TEST_CASE(
    "What the clock's being set back made wait is hurried, row by row as it comes to be head") {
  StoreScene scene;
  const EnrolmentId thread = EnrolmentId::Mint(scene.random);
  OutboxRow first = scene.Row(thread);
  OutboxRow second = scene.Row(thread);
  OutboxRow closed = scene.Row(LinkId::Mint(scene.random), Network::Whatsapp());
  closed.state = OutboxState::kWaitsOpen;
  for (OutboxRow* each : {&first, &second, &closed})
    each->due_at = each->due_at + std::chrono::hours(48);
  CHECK(scene.Do([&](Transaction& tx) -> Result<void> {
    first.row = TRESTLE_TRY(tx.AddOutboxRow(first));
    TRESTLE_TRY(tx.AddOutboxRow(second));
    TRESTLE_TRY(tx.AddOutboxRow(closed));
    CHECK(TRESTLE_TRY(tx.HurryAll(scene.clock.wall_now() + std::chrono::hours(2),
                                  scene.clock.wall_now())) == 2);
    return tx.OpenThread(std::get<LinkId>(closed.thread));
  }));
  CHECK(scene.LeaseIds() == std::vector{first.delivery_id});
  CHECK(scene.LeaseIds(Network::Whatsapp()) == std::vector{closed.delivery_id});
  CHECK(scene.Do([&](Transaction& tx) -> Result<void> {
    return tx.EraseOutboxRow(first, scene.clock.wall_now()).map([](const auto&) {});
  }));
  CHECK(scene.LeaseIds() == std::vector{second.delivery_id});
}

TEST_CASE("What may move to another network is looked for page by page, however much else waits") {
  StoreScene scene;
  OutboxRow envelope = scene.Row(LinkId::Mint(scene.random));
  envelope.kind = OutboxKind::kEnvelope;
  CHECK(scene.Do([&](Transaction& tx) -> Result<void> {
    for (std::size_t i = 0; i < Transaction::kPassedOverMax; ++i) {
      OutboxRow receipt = scene.Row(LinkId::Mint(scene.random));
      receipt.kind = OutboxKind::kReceipt;
      TRESTLE_TRY(tx.AddOutboxRow(receipt));
    }
    return tx.AddOutboxRow(envelope).map([](std::int64_t) {});
  }));
  CHECK(scene.Do([&](Transaction& tx) -> Result<void> {
    const auto receipts = TRESTLE_TRY(tx.RowsWaitingFor(Network::Sms(), 0, 2));
    CHECK(receipts.rows.empty());
    const auto last = TRESTLE_TRY(tx.RowsWaitingFor(Network::Sms(), receipts.next.value(), 2));
    REQUIRE(last.rows.size() == 1);
    CHECK(last.rows.front().delivery_id == envelope.delivery_id);
    CHECK_FALSE(last.next);
    const auto full = TRESTLE_TRY(tx.RowsWaitingFor(Network::Sms(), receipts.next.value(), 1));
    CHECK(full.next == last.rows.front().row);
    return {};
  }));
}
