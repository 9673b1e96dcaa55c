// What was delivered or has expired is gone: from the rows, from the write-ahead log, and from
// copies of the database that were made while it waited.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <set>

#include "bridge/policy/admission.h"
#include "tests/unit/pipeline/world.h"
#include "tests/unit/store/faulty_key_file.h"

using namespace trestle;
using namespace trestle::test;
using namespace std::chrono_literals;

namespace fs = std::filesystem;

namespace {

struct Scene {
  Scene() : world(World::Options{folder.path() + "/store.db", {}}) {
    pair = world.Meet(Network::Messenger(), Network::Whatsapp());
    world.Advance(6s);
  }
  Bytes AnaSends(TtlClass ttl = TtlClass::kHour) {
    id = world.NewEnvelopeId();
    const Bytes message = world.Seal(pair, {.id = id, .ttl = ttl});
    REQUIRE(world.Sends(pair.ana, pair.ana_link, EnvelopeFrame{0, {}, message}));
    return message;
  }
  std::vector<EnvelopeFrame> Arrived() {
    return world.On(pair.ben.network).To<EnvelopeFrame>(pair.ben_link);
  }
  // The database as a backup has it: the file and its write-ahead log, without the keys.
  std::string Backup() {
    const std::string to = folder.path() + "/backup" + std::to_string(++backups);
    fs::create_directory(to);
    for (const char* name : {"store.db", "store.db-wal"}) {
      if (fs::exists(folder.path() + "/" + name)) {
        fs::copy_file(folder.path() + "/" + name, to + "/" + name);
      }
    }
    return to;
  }
  void AddKeys(const std::string& backup) {
    for (const char* name : {"store.db.keys", "store.db.keys.master"}) {
      fs::copy_file(folder.path() + "/" + name, backup + "/" + name,
                    fs::copy_options::overwrite_existing);
    }
  }
  // What somebody gets who opens the backup with the keys that lie beside it.
  std::optional<EnvelopeRecord> FirstEnvelopeIn(const std::string& backup) {
    ManualClock clock;
    ManualExecutor executor(clock);
    Metrics metrics;
    auto store = Store::Open({backup + "/store.db", executor, metrics}).value();
    std::optional<EnvelopeRecord> out;
    Work work = [&](Transaction& tx) -> Result<void> {
      for (std::int64_t row = 1; row < 100 && !out; ++row) {
        out = TRESTLE_TRY(tx.FindEnvelope(row, Payload::kOpened));
      }
      return {};
    };
    CHECK(store->Submit(std::move(work), [](Result<void> result) { CHECK(result); }));
    executor.RunAll();
    return out;
  }
  bool AnyFileHolds(const std::string& in, ByteView marker) {
    bool found = false;
    for (const auto& entry : fs::recursive_directory_iterator(in)) {
      if (!entry.is_regular_file()) continue;
      std::ifstream file(entry.path(), std::ios::binary);
      const Bytes octets{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
      found |= !std::ranges::search(octets, marker).empty();
    }
    return found;
  }

  ScratchFolder folder;
  World world;
  Pair pair;
  EnvelopeId id;
  int backups = 0;
};

Bytes Marker(const Bytes& message) { return {message.end() - 64, message.end()}; }

}  // namespace

TEST_CASE(
    "What waits is in no file as it is, and in a backup only for who has the keys of its time") {
  Scene scene;
  scene.world.Health(Network::Whatsapp(), Health::kDown);
  const Bytes message = scene.AnaSends();
  CHECK_FALSE(scene.AnyFileHolds(scene.folder.path(), Marker(message)));
  const std::string backup = scene.Backup();
  scene.AddKeys(backup);
  const auto found = scene.FirstEnvelopeIn(backup);
  REQUIRE(found);
  CHECK(found->payload == message);
}

TEST_CASE("After the delivery a backup made before it opens with no key that is left") {
  Scene scene;
  scene.world.Health(Network::Whatsapp(), Health::kDown);
  const Bytes message = scene.AnaSends();
  const std::string backup = scene.Backup();
  scene.world.Health(Network::Whatsapp(), Health::kHealthy);
  REQUIRE(scene.Arrived().size() == 1);
  scene.world.Advance(6s);  // the next sweep
  scene.AddKeys(backup);
  const auto found = scene.FirstEnvelopeIn(backup);
  REQUIRE(found);
  CHECK_FALSE(found->readable);
  CHECK(found->payload.empty());
  CHECK_FALSE(scene.AnyFileHolds(scene.folder.path(), Marker(message)));
}

TEST_CASE("After its time has passed a backup made before it opens with no key that is left") {
  const auto [ttl, life] = GENERATE(table<TtlClass, Millis>({{TtlClass::kHalfMinute, 30s},
                                                             {TtlClass::kFiveMinutes, 5min},
                                                             {TtlClass::kHour, 1h},
                                                             {TtlClass::kDay, 24h},
                                                             {TtlClass::kWeek, 168h}}));
  Scene scene;
  scene.world.Health(Network::Whatsapp(), Health::kDown);
  const Bytes message = scene.AnaSends(ttl);
  scene.world.Advance(life - 10s);
  const std::string backup = scene.Backup();
  scene.AddKeys(backup);
  CHECK(scene.FirstEnvelopeIn(backup)->payload == message);
  scene.world.Advance(16s);
  scene.AddKeys(backup);
  CHECK_FALSE(scene.FirstEnvelopeIn(backup)->readable);
}

// Somebody else's message of the same class may wait for days: it is moved to a younger key.
TEST_CASE("A message that goes on waiting does not keep the key of one that was delivered") {
  Scene scene;
  const Pair others = scene.world.Meet(Network::Messenger(), Network::Native());
  scene.world.Health(Network::Whatsapp(), Health::kDown);
  scene.world.Health(Network::Native(), Health::kDown);
  scene.AnaSends(TtlClass::kWeek);
  const Bytes waiting = scene.world.Seal(others, {.ttl = TtlClass::kWeek});
  REQUIRE(scene.world.Sends(others.ana, others.ana_link, EnvelopeFrame{0, {}, waiting}));
  const std::string backup = scene.Backup();
  scene.world.Health(Network::Whatsapp(), Health::kHealthy);
  REQUIRE(scene.Arrived().size() == 1);
  scene.world.Advance(6s);
  scene.AddKeys(backup);
  CHECK(scene.FirstEnvelopeIn(backup)->readable);  // the control: the key is shared and in use
  scene.world.Advance(11min);
  scene.AddKeys(backup);
  CHECK_FALSE(scene.FirstEnvelopeIn(backup)->readable);
  scene.world.Health(Network::Native(), Health::kHealthy);
  CHECK(scene.world.On(Network::Native()).To<EnvelopeFrame>(others.ben_link).size() == 1);
}

TEST_CASE("A receipt that waits keeps the key that it was sealed with") {
  Scene scene;
  scene.world.Health(Network::Messenger(), Health::kDown);
  scene.AnaSends();
  REQUIRE(scene.Arrived().size() == 1);
  scene.world.Advance(6s);
  scene.world.Health(Network::Messenger(), Health::kHealthy);
  const auto receipts = scene.world.On(Network::Messenger()).To<ReceiptFrame>(scene.pair.ana_link);
  REQUIRE_FALSE(receipts.empty());
  CHECK(receipts.back().envelope_id == scene.id);
}

TEST_CASE("A restored backup does not deliver again what was delivered after it was made") {
  Scene scene;
  scene.world.Health(Network::Whatsapp(), Health::kDown);
  scene.AnaSends();
  const std::string backup = scene.Backup();
  scene.world.Health(Network::Whatsapp(), Health::kHealthy);
  REQUIRE(scene.Arrived().size() == 1);
  scene.world.Advance(6s);
  scene.world.Crash();
  for (const char* name : {"store.db", "store.db-wal"})
    fs::remove(scene.folder.path() + "/" + name);
  for (const auto& entry : fs::directory_iterator(backup)) {
    fs::copy_file(entry.path(), scene.folder.path() + "/" + entry.path().filename().string());
  }
  scene.world.Begin();
  scene.world.Advance(6s);
  CHECK(scene.Arrived().empty());
  CHECK(scene.world.StepsOf(scene.id).back().outcome == Outcome::kDropped);
  const auto told = scene.world.On(scene.pair.ana.network).To<ReceiptFrame>(scene.pair.ana_link);
  REQUIRE_FALSE(told.empty());
  CHECK(told.back() == ReceiptFrame{scene.id, ReceiptLevel::kUnknown, Rule::kExpired});
}

TEST_CASE("Every end of a waiting message stands in the log with its cause") {
  Scene scene;
  const auto noted = [&] {
    std::optional<ErasureNote> note;
    scene.world.Look([&](Transaction& tx) {
      const auto link = *tx.FindLink(scene.pair.ana_link);
      note = tx.FindSeen(link->contact, scene.id).value()->erased;
    });
    return note;
  };
  FakeAdapter& adapter = scene.world.On(Network::Whatsapp());
  SECTION("delivered") {
    scene.AnaSends();
    CHECK(noted()->cause == ErasureCause::kDelivered);
  }
  SECTION("expired") {
    scene.world.Health(Network::Whatsapp(), Health::kDown);
    scene.AnaSends(TtlClass::kHalfMinute);
    CHECK_FALSE(noted());
    scene.world.Advance(36s);
    CHECK(noted()->cause == ErasureCause::kExpired);
  }
  SECTION("revoked") {
    scene.world.Health(Network::Whatsapp(), Health::kDown);
    scene.AnaSends();
    scene.world.Consents(scene.pair.ben, scene.pair.ben_link, ConsentAction::kRevoke);
    scene.world.Health(Network::Whatsapp(), Health::kHealthy);
    CHECK(noted()->cause == ErasureCause::kRevoked);
  }
  SECTION("given up") {
    adapter.script = {{Certainty::kNotSent, Retry::kNever, Rule::kNetworkRefused, {}}};
    scene.AnaSends();
    CHECK_FALSE(noted());
    const auto page = scene.world.Ask<DeadLetterPage>(
        [&](auto done) { scene.world.core().DeadLetters({}, 0, 10, std::move(done)); });
    REQUIRE(page->letters.size() == 1);
    REQUIRE(scene.world.Ask<void>(
        [&](auto done) { scene.world.core().Purge(page->letters[0].id, std::move(done)); }));
    CHECK(noted()->cause == ErasureCause::kGivenUp);
  }
}

// The process dies at every operation on the key file in turn, in the middle of accepting, moving
// rows to younger keys and destroying older ones. Nothing that waits is lost, and nothing that was
// delivered comes back.
TEST_CASE("A death in the middle of a rotation loses nothing and brings nothing back") {
  for (std::size_t operations = 0; operations < 400; ++operations) {
    ScratchFolder folder;
    Fault fault;
    World world(World::Options{folder.path() + "/store.db",
                               {},
                               Store::kQueueItemsMax,
                               [&fault](std::unique_ptr<KeyFile> file) -> std::unique_ptr<KeyFile> {
                                 return std::make_unique<FaultyKeyFile>(std::move(file), fault);
                               }});
    const Pair pair = world.Meet(Network::Messenger(), Network::Whatsapp());
    FakeAdapter* adapter = &world.On(Network::Whatsapp());
    std::set<EnvelopeId> accepted, delivered, erased;
    const auto note = [&] {
      for (const auto& frame : adapter->To<EnvelopeFrame>(pair.ben_link)) {
        delivered.insert(*ReadPayload(frame.payload).envelope_id);
      }
      if (fault.dead) return;
      world.Look([&](Transaction& tx) {
        const ContactId contact = (*tx.FindLink(pair.ana_link))->contact;
        for (const EnvelopeId& id : accepted) {
          if (tx.FindSeen(contact, id).value()->erased) erased.insert(id);
        }
      });
    };
    fault = {operations, operations % 3 * 4096};
    // With the key file's death the whole process is dead.
    world.died = [&fault] { return fault.dead; };
    for (int round = 0; round < 4 && !fault.dead; ++round) {
      world.Health(Network::Whatsapp(), Health::kDown);
      for (const TtlClass ttl : {TtlClass::kHour, TtlClass::kWeek}) {
        const EnvelopeId id = world.NewEnvelopeId();
        const Bytes message = world.Seal(pair, {.id = id, .ttl = ttl});
        if (world.Sends(pair.ana, pair.ana_link, EnvelopeFrame{0, {}, message}))
          accepted.insert(id);
      }
      world.Advance(11min);
      if (round == 1) world.Health(Network::Whatsapp(), Health::kHealthy);
      world.Advance(6s);
      note();
    }
    const bool through = !fault.dead;
    fault = Fault{};
    world.Crash();
    world.Begin();
    world.Advance(6s);
    std::set<EnvelopeId> after;
    for (const auto& frame : world.On(Network::Whatsapp()).To<EnvelopeFrame>(pair.ben_link)) {
      after.insert(*ReadPayload(frame.payload).envelope_id);
    }
    INFO("operations " << operations);
    for (const EnvelopeId& id : accepted) REQUIRE((delivered.contains(id) || after.contains(id)));
    for (const EnvelopeId& id : erased) REQUIRE_FALSE(after.contains(id));
    if (through) {
      CHECK(erased.size() == 4);
      CHECK(operations > 20);
      return;
    }
  }
  FAIL("the bound is too low for every point");
}
