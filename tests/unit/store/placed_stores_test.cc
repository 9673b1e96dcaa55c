// Several files in one store: what lies where, a commit that is cut between two of them, and files
// that are missing, left out or mixed up.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "tests/unit/store/store_scene.h"

using namespace trestle;
using namespace trestle::test;
using namespace std::chrono_literals;

namespace {

constexpr StoreIndex kAway = 1;

std::vector<StoreFileOptions> Placed(std::string path) {
  std::vector<StoreFileOptions> out;
  out.push_back({"away", std::move(path)});
  return out;
}

struct Scene {
  Scene() { Open(); }
  void Open() { scene.emplace(Home(), 100, 10, Placed(Away())); }
  void Reopen() {
    scene.reset();
    Open();
  }
  std::string Home() const { return folder.path() + "/home.db"; }
  std::string Away() const { return folder.path() + "/away.db"; }

  Result<std::unique_ptr<Store>> Try(const std::string& home,
                                     std::vector<StoreFileOptions> placed) {
    Store::Options options{home, executor, metrics};
    options.placed = std::move(placed);
    return Store::Open(std::move(options));
  }
  std::string WhyNot(const std::string& home, std::vector<StoreFileOptions> placed) {
    const auto opened = Try(home, std::move(placed));
    return opened ? std::string() : std::string(opened.error().what.view());
  }
  OutboxRow RowIn(StoreIndex store) {
    OutboxRow row = scene->Row(LinkId::Mint(scene->random));
    row.store = store;
    return row;
  }
  Result<void> Add(const OutboxRow& row) {
    return scene->Do([&](Transaction& tx) -> Result<void> {
      TRESTLE_TRY(tx.AddOutboxRow(row));
      return {};
    });
  }
  std::optional<OutboxRow> Find(const DeliveryId& id) {
    std::optional<OutboxRow> out;
    CHECK(scene->Do([&](Transaction& tx) -> Result<void> {
      out = TRESTLE_TRY(RowWith(tx, id, 2));
      return {};
    }));
    return out;
  }
  std::size_t Tally() {
    std::size_t rows = 0;
    CHECK(scene->Do([&](Transaction& tx) -> Result<void> {
      rows = tx.tally().rows_total();
      return {};
    }));
    return rows;
  }

  ScratchFolder folder;
  ManualClock clock;
  ManualExecutor executor{clock};
  Metrics metrics;
  std::optional<StoreScene> scene;
};

bool Holds(const std::string& path, ByteView octets) {
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  return text.find(AsText(octets)) != std::string::npos;
}

}  // namespace

TEST_CASE("A row lies in the file of its store and in no other, and says so when it is read") {
  Scene scene;
  const OutboxRow home = scene.RowIn(kHomeStore);
  const OutboxRow away = scene.RowIn(kAway);
  CHECK(scene.Add(home));
  CHECK(scene.Add(away));
  CHECK(scene.Find(home.delivery_id)->store == kHomeStore);
  CHECK(scene.Find(away.delivery_id)->store == kAway);
  scene.scene.reset();  // closing moves the logs into the files
  CHECK(Holds(scene.Home(), home.delivery_id.bytes()));
  CHECK_FALSE(Holds(scene.Home(), away.delivery_id.bytes()));
  CHECK(Holds(scene.Away(), away.delivery_id.bytes()));
  CHECK_FALSE(Holds(scene.Away(), home.delivery_id.bytes()));
}

TEST_CASE("Rows of all files are leased, the oldest first, and settled where they lie") {
  Scene scene;
  OutboxRow later = scene.RowIn(kHomeStore);
  later.due_at = scene.scene->clock.wall_now() + -1s;
  OutboxRow first = scene.RowIn(kAway);
  first.due_at = scene.scene->clock.wall_now() + -2s;
  CHECK(scene.Add(later));
  CHECK(scene.Add(first));
  CHECK(scene.scene->LeaseIds() == std::vector{first.delivery_id, later.delivery_id});
  CHECK(scene.scene->Do([&](Transaction& tx) -> Result<void> {
    const OutboxRow row = *TRESTLE_TRY(RowWith(tx, first.delivery_id, 2));
    TRESTLE_TRY(tx.EraseOutboxRow(row, scene.scene->clock.wall_now()));
    return {};
  }));
  CHECK_FALSE(scene.Find(first.delivery_id));
  CHECK(scene.Find(later.delivery_id));
}

TEST_CASE("What is sealed in one store opens with no other store's keys") {
  Scene scene;
  EnvelopeRecord envelope;
  envelope.store = kAway;
  envelope.expires_at = envelope.accepted_at + 1h;
  envelope.payload = ToBytes("ciphertext");
  std::int64_t row = 0;
  CHECK(scene.scene->Do([&](Transaction& tx) -> Result<void> {
    row = TRESTLE_TRY(tx.AddEnvelope(envelope));
    CHECK(TRESTLE_TRY(tx.FindEnvelope(row, Payload::kOpened))->payload == envelope.payload);
    return {};
  }));
  CHECK(StoreOf(row) == kAway);
  scene.scene.reset();
  std::filesystem::copy_file(scene.Home() + ".keys", scene.Away() + ".keys",
                             std::filesystem::copy_options::overwrite_existing);
  std::filesystem::copy_file(scene.Home() + ".keys.master", scene.Away() + ".keys.master",
                             std::filesystem::copy_options::overwrite_existing);
  CHECK(scene.WhyNot(scene.Home(), Placed(scene.Away())) ==
        "the storage keys belong to another store");
}

TEST_CASE("A commit cut between two files keeps the placed store's part and none of home's") {
  Scene scene;
  const OutboxRow home = scene.RowIn(kHomeStore);
  const OutboxRow away = scene.RowIn(kAway);
  scene.scene->commits_left = 1;  // the placed store's
  const Result<void> cut = scene.scene->Do([&](Transaction& tx) -> Result<void> {
    TRESTLE_TRY(tx.AddOutboxRow(home));
    TRESTLE_TRY(tx.AddOutboxRow(away));
    return {};
  });
  CHECK(cut.error().reason == Reason::kStorage);
  CHECK(scene.Tally() == 1);
  CHECK(scene.scene->store->TakeFailed());
  CHECK_FALSE(scene.scene->store->TakeFailed());
  CHECK_FALSE(scene.Find(home.delivery_id));
  CHECK(scene.Find(away.delivery_id));
  scene.Reopen();
  CHECK(scene.Tally() == 1);
  CHECK(scene.Find(away.delivery_id));
}

TEST_CASE("A commit that fails at the placed store leaves nothing anywhere") {
  Scene scene;
  const OutboxRow away = scene.RowIn(kAway);
  scene.scene->commits_left = 0;
  CHECK_FALSE(scene.Add(away));
  CHECK(scene.Tally() == 0);
  CHECK_FALSE(scene.Find(away.delivery_id));
}

TEST_CASE("Erasures are logged in the store they happened in, under its own key") {
  Scene scene;
  const EnvelopeId id(Bytes16{7});
  CHECK(scene.scene->Do([&](Transaction& tx) -> Result<void> {
    tx.LogErasure(kAway, id, ErasureCause::kExpired, scene.scene->clock.wall_now());
    return {};
  }));
  CHECK(scene.scene->Do([&](Transaction& tx) -> Result<void> {
    CHECK(TRESTLE_TRY(tx.erasure_log(kHomeStore).Head()).size == 0);
    CHECK(TRESTLE_TRY(tx.erasure_log(kAway).Head()).size == 1);
    return {};
  }));
  const Store& store = *scene.scene->store;
  CHECK(store.log_public_key(kHomeStore) != store.log_public_key(kAway));
}

TEST_CASE("Of a contact's conversations the one that moved last counts, wherever it lies") {
  Scene scene;
  ConversationRecord conversation;
  conversation.contact = ContactId::Mint(scene.scene->random);
  const auto put = [&](StoreIndex store, std::uint64_t next_seq) {
    conversation.MoveTo(store);
    conversation.next_seq = next_seq;
    CHECK(scene.scene->Do([&](Transaction& tx) { return tx.PutConversation(conversation); }));
  };
  const auto found = [&] {
    ConversationRecord out;
    CHECK(scene.scene->Do([&](Transaction& tx) -> Result<void> {
      out = TRESTLE_TRY(tx.FindConversation(conversation.contact));
      return {};
    }));
    return out;
  };
  put(kHomeStore, 2);
  CHECK(found().store == kHomeStore);
  put(kAway, 3);
  CHECK(found().store == kAway);
  put(kHomeStore, 4);
  scene.Reopen();
  CHECK(found().store == kHomeStore);
  CHECK(found().next_seq == 4);
}

TEST_CASE("Dead letters of all stores have their own ids and come in pages") {
  Scene scene;
  CHECK(scene.scene->Do([&](Transaction& tx) -> Result<void> {
    for (const StoreIndex store : {kAway, kHomeStore, kAway}) {
      OutboxRow row = scene.RowIn(store);
      row.row = TRESTLE_TRY(tx.AddOutboxRow(row));
      TRESTLE_TRY(tx.AddDeadLetter(row, Rule::kGivenUp, scene.scene->clock.wall_now()));
    }
    const auto all = TRESTLE_TRY(tx.DeadLetters({}, 0, 10));
    CHECK(all.size() == 3);
    const auto page = TRESTLE_TRY(tx.DeadLetters({}, all[1].id, 10));
    CHECK(page.size() == 1);
    CHECK(page[0].id == all[2].id);
    TRESTLE_TRY(tx.EraseDeadLetter(all[2].id));
    CHECK_FALSE(TRESTLE_TRY(tx.FindDeadLetter(all[2].id)));
    CHECK(TRESTLE_TRY(tx.FindDeadLetter(all[0].id)));
    CHECK_FALSE(TRESTLE_TRY(tx.FindDeadLetter(-5)));
    return {};
  }));
}

TEST_CASE("A thread that is closed in a placed store and bound at home is opened again") {
  Scene scene;
  LinkRecord link;
  link.id = LinkId::Mint(scene.scene->random);
  link.bound = true;
  OutboxRow row = scene.RowIn(kAway);
  row.thread = link.id;
  row.state = OutboxState::kWaitsOpen;
  CHECK(scene.scene->Do([&](Transaction& tx) -> Result<void> {
    TRESTLE_TRY(tx.PutLink(link));
    TRESTLE_TRY(tx.AddOutboxRow(row));
    return tx.OpenBoundThreads();
  }));
  CHECK(scene.Find(row.delivery_id)->state == OutboxState::kWaits);
}

TEST_CASE("A placed store that is missing, left out or another is refused and not made anew") {
  Scene scene;
  CHECK(scene.Add(scene.RowIn(kAway)));
  scene.scene.reset();
  SECTION("missing") {
    std::filesystem::rename(scene.Away(), scene.Away() + ".gone");
    CHECK(scene.WhyNot(scene.Home(), Placed(scene.Away()))
              .starts_with("the store's file is missing"));
    CHECK_FALSE(std::filesystem::exists(scene.Away()));
  }
  SECTION("left out") {
    CHECK(scene.WhyNot(scene.Home(), {}).find("not configured any more") != std::string::npos);
  }
  SECTION("another") {
    CHECK(scene.Try(scene.folder.path() + "/other_home.db", Placed(scene.folder.path() + "/b.db")));
    CHECK(scene.WhyNot(scene.Home(), Placed(scene.folder.path() + "/b.db"))
              .starts_with("the store belongs to another home"));
  }
  SECTION("as home") {
    CHECK(scene.WhyNot(scene.Away(), {}).starts_with("the store belongs to another home"));
  }
  SECTION("home as a placed one") {
    CHECK(scene.WhyNot(scene.folder.path() + "/new_home.db", Placed(scene.Home()))
              .starts_with("the store belongs to another home"));
  }
  SECTION("there again") { CHECK(scene.WhyNot(scene.Home(), Placed(scene.Away())).empty()); }
}
