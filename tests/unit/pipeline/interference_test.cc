// Content interferes with nothing: one scenario is run twice with the same seeds and other plain
// texts, sealed by real endpoints, and once with octets in the place of the ciphertext. Every row
// of the store while messages wait and at the end, every metric, event and log line must be the
// same, once the ciphertext itself is masked.
#include <sqlite3.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "bridge/base/event_log.h"
#include "bridge/envelope/mls_framing.h"
#include "tests/unit/endpoint/world.h"
#include "tests/unit/pipeline/people.h"

using namespace trestle;
using namespace trestle::test;
using namespace std::chrono_literals;
using trestle::endpoint::testing::Must;

namespace {

// What is ciphertext, or a hash or a sealing of it; and the store's own name, which it draws
// itself. Nothing else may differ.
const std::set<std::string> kMasked = {"envelope.payload", "outbox.body",
                                       "seen_envelope.payload_hash", "about.value"};

std::string CellOf(sqlite3_stmt* statement, int column, const std::string& name) {
  const int octets = sqlite3_column_bytes(statement, column);
  if (kMasked.contains(name)) return "masked/" + std::to_string(octets);
  const auto* data = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement, column));
  return data == nullptr ? "null" : ToHex(ByteView(data, static_cast<std::size_t>(octets)));
}

// Table, row by row, as text.
std::string DumpOf(sqlite3* database, const std::string& table) {
  sqlite3_stmt* statement = nullptr;
  const std::string sql = "SELECT * FROM " + table;
  TRESTLE_CHECK(sqlite3_prepare_v2(database, sql.c_str(), -1, &statement, nullptr) == SQLITE_OK);
  std::string out;
  while (sqlite3_step(statement) == SQLITE_ROW) {
    out += table;
    for (int i = 0; i < sqlite3_column_count(statement); ++i) {
      const std::string column = sqlite3_column_name(statement, i);
      out += " " + column + "=" + CellOf(statement, i, table + "." + column);
    }
    out += "\n";
  }
  sqlite3_finalize(statement);
  return out;
}

std::string DumpOf(const std::string& path) {
  sqlite3* database = nullptr;
  TRESTLE_CHECK(sqlite3_open(path.c_str(), &database) == SQLITE_OK);
  std::vector<std::string> tables;
  const auto collect = [](void* into, int, char** values, char**) {
    static_cast<std::vector<std::string>*>(into)->push_back(values[0]);
    return 0;
  };
  sqlite3_exec(database,
               "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' "
               "ORDER BY name",
               collect, &tables, nullptr);
  std::string out;
  for (const std::string& table : tables) out += DumpOf(database, table);
  sqlite3_close(database);
  return out;
}

enum class Content { kSealed, kNoise };

// Octets of the same length as the ciphertext, the header and the framing left as they are.
Bytes WithNoise(Bytes payload, std::uint64_t seed) {
  endpoint::testing::SeededRandom noise(seed);
  const std::size_t ciphertext_bytes = Must(ParseApplicationMessage(payload)).ciphertext_bytes;
  noise.Fill(std::span(payload).last(ciphertext_bytes));
  return payload;
}

struct Observed {
  std::string waiting;  // rows while messages wait
  std::string rows;     // rows at the end
  std::string metrics;
  std::string events;
  std::string log;
};

class Scenario {
 public:
  Scenario(std::vector<std::string> texts, Content content)
      : texts_(std::move(texts)), content_(content), world_({folder_.path() + "/store.db", {}}) {}

  Observed Play() {
    TRESTLE_CHECK(OpenEventLog(folder_.path() + "/log", Severity::kDebug).has_value());
    watcher_ = world_.core().Watch(std::nullopt, nullptr).value();
    Meet();
    Observed out;
    world_.Health(Network::Whatsapp(), Health::kDown);
    for (const std::string& text : texts_) Say(text);
    Note(out);
    world_.Crash();
    out.waiting = DumpOf(folder_.path() + "/store.db");
    world_.Begin();
    world_.Advance(1h);
    Note(out);
    world_.Crash();
    out.rows = DumpOf(folder_.path() + "/store.db");
    FlushEventLog();
    std::ifstream log(folder_.path() + "/log");
    const std::string lines{std::istreambuf_iterator<char>(log), {}};
    out.log = std::regex_replace(lines, std::regex(R"("time":"[^"]*")"), "");
    return out;
  }

 private:
  void Meet() {
    pair_.ana = world_.Joins(Network::Messenger());
    pair_.ben = world_.Joins(Network::Whatsapp());
    TRESTLE_CHECK(world_
                      .Offers(pair_.ben.network, pair_.ben.enrolment,
                              Frame(PublishKeysFrame{Must(people_.ben->MakeKeyPackages(1))}))
                      .has_value());
    Reaches(world_, pair_.ana, world_.NewAliasOf(pair_.ben));
    pair_.ben_link = world_.LastOfferTo(pair_.ben);
    world_.Opens(pair_.ben, pair_.ben_link);
    world_.Consents(pair_.ben, pair_.ben_link, ConsentAction::kGrant);
    pair_.ana_link = world_.LastOfferTo(pair_.ana);
    world_.Opens(pair_.ana, pair_.ana_link);
    const auto keys = world_.On(pair_.ana.network).To<PeerKeysFrame>(pair_.ana_link);
    Send(Must(people_.ana->StartThread("ben", keys.at(0).key_package)));
  }
  void Say(const std::string& text) {
    Bytes payload = people_.AnaSays(text).payload;
    if (content_ == Content::kNoise) payload = WithNoise(std::move(payload), text.size());
    Send(std::move(payload));
  }
  void Send(Bytes payload) {
    TRESTLE_CHECK(world_.Sends(pair_.ana, pair_.ana_link, EnvelopeFrame{0, {}, std::move(payload)})
                      .has_value());
  }
  void Note(Observed& out) {
    out.metrics += world_.metrics().Expose();
    std::ostringstream events;
    const auto taken = watcher_->Take().events;
    for (const TraceRecord& step : taken) {
      events << step.at.ms << " " << StepName(step.step) << " " << OutcomeName(step.outcome) << " "
             << RuleName(step.rule) << " " << step.size_bytes << " " << step.attempt << " "
             << (step.envelope_id ? step.envelope_id->hex() : "-") << "\n";
    }
    out.events += events.str();
  }

  const std::vector<std::string> texts_;
  const Content content_;
  ScratchFolder folder_;
  World world_;
  endpoint::testing::World people_;
  std::shared_ptr<Watcher> watcher_;
  Pair pair_;
};

const std::vector<std::string> kOneText = {"yes, 40 euros", "the blue one, at the station", "ok"};
const std::vector<std::string> kOther = {"no, go away!!", "a secret of the same bucket!", "hm"};

// The first line in which two texts differ, both ways; empty when they are the same.
std::string Difference(const std::string& one, const std::string& other) {
  std::istringstream ones(one);
  std::istringstream others(other);
  std::string a;
  std::string b;
  while (true) {
    const bool more = static_cast<bool>(std::getline(ones, a));
    const bool other_more = static_cast<bool>(std::getline(others, b));
    if (!more && !other_more) return "";
    if (more != other_more || a != b) return a + "\n" + b;
  }
}

void CheckSame(const Observed& one, const Observed& other) {
  CHECK(Difference(one.waiting, other.waiting) == "");
  CHECK(Difference(one.rows, other.rows) == "");
  CHECK(Difference(one.metrics, other.metrics) == "");
  CHECK(Difference(one.events, other.events) == "");
  CHECK(Difference(one.log, other.log) == "");
}

}  // namespace

TEST_CASE("Other plain texts of the same buckets leave the same rows, metrics, events and log") {
  const Observed one = Scenario(kOneText, Content::kSealed).Play();
  const Observed other = Scenario(kOther, Content::kSealed).Play();
  CheckSame(one, other);
  // There was something to compare: three messages and a Welcome waited, and were delivered.
  CHECK(std::ranges::count(one.waiting, '\n') > 30);
  CHECK(one.waiting.find("masked/") != std::string::npos);
  CHECK(one.events.find("sent") != std::string::npos);
  CHECK(one.log.find("outbox_taken_up") != std::string::npos);
}

TEST_CASE("Octets in the place of the ciphertext change no decision") {
  CheckSame(Scenario(kOneText, Content::kSealed).Play(),
            Scenario(kOneText, Content::kNoise).Play());
}

TEST_CASE("The comparison sees a message in another bucket, so it can see something") {
  const Observed small = Scenario(kOneText, Content::kSealed).Play();
  auto longer = kOneText;
  longer.back() = std::string(300, 'x');
  const Observed large = Scenario(longer, Content::kSealed).Play();
  CHECK(small.waiting != large.waiting);
  CHECK(small.events != large.events);
}
