#include "edge/journal.h"

#include <algorithm>

#include "bridge/base/aead.h"

namespace trestle::edge {
namespace {

constexpr int kSchemaVersion = 1;

// Reveals how many texts wait or went lately, under which of our numbers and how long they are; how
// many things wait for the bridge; which random link ids have agreed until when. Numbers, texts and
// frames are sealed. Parts go when the centre has taken the last one, rows a week later; offers go
// when the bridge has them; agreements when they end. `said` holds keyed hashes of what a phone
// said that the centre has not been told of, for milliseconds, or an hour after a death.
constexpr const char* kSchema = R"sql(
  CREATE TABLE IF NOT EXISTS text (
    delivery BLOB PRIMARY KEY, identity TEXT NOT NULL, sealed_to BLOB NOT NULL,
    data_coding INTEGER NOT NULL, esm_class INTEGER NOT NULL, parts INTEGER NOT NULL,
    next INTEGER NOT NULL, state INTEGER NOT NULL, rule INTEGER NOT NULL,
    arrived INTEGER NOT NULL, expires_ms INTEGER NOT NULL, kept_ms INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS part (
    delivery BLOB NOT NULL, place INTEGER NOT NULL, sealed BLOB NOT NULL,
    PRIMARY KEY (delivery, place)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS native_id (
    id TEXT PRIMARY KEY, delivery BLOB NOT NULL, arrived INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS offer (
    number INTEGER PRIMARY KEY AUTOINCREMENT, key BLOB NOT NULL, on_link INTEGER NOT NULL,
    thread BLOB NOT NULL, is_frame INTEGER NOT NULL, sealed BLOB NOT NULL);
  CREATE TABLE IF NOT EXISTS said (name BLOB PRIMARY KEY, at_ms INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS side (
    link BLOB PRIMARY KEY, person BLOB, role INTEGER, agreed_until_ms INTEGER) WITHOUT ROWID;
)sql";

Bytes ContextOf(std::string_view what, ByteView id, std::size_t place = 0) {
  Bytes context = ToBytes(what);
  context.insert(context.end(), id.begin(), id.end());
  context.push_back(static_cast<std::uint8_t>(place));
  return context;
}

ByteView IdOf(const ThreadRef& thread) {
  const auto* link = std::get_if<LinkId>(&thread);
  return link != nullptr ? link->bytes() : std::get<EnrolmentId>(thread).bytes();
}

}  // namespace

Journal::Journal(std::unique_ptr<SqliteFile> file, AdapterKeys keys, Random& random)
    : file_(std::move(file)),
      keys_(std::move(keys)),
      seal_key_(keys_.Blind("journal", {})),
      random_(random) {}

Journal::~Journal() { Wipe(seal_key_); }

Result<std::unique_ptr<Journal>> Journal::Open(const std::string& folder, AdapterKeys keys,
                                               Random& random) {
  auto file = TRESTLE_TRY(SqliteFile::Open(folder + "/edge.db", kSchema, kSchemaVersion));
  return std::unique_ptr<Journal>(new Journal(std::move(file), std::move(keys), random));
}

// A phone that has a part of a text twice shows the text once; one that gets the last part again
// shows a text again. So only a last part is left in doubt.
Result<void> Journal::TakeUp() {
  TRESTLE_TRY(
      file_->Prepare("UPDATE text SET state = 5 WHERE state = 2 AND next + 1 = parts").Run());
  TRESTLE_TRY(file_->Prepare("UPDATE text SET state = 1 WHERE state = 2").Run());
  return file_
      ->Prepare("DELETE FROM part WHERE delivery IN (SELECT delivery FROM text WHERE state >= 3)")
      .Run();
}

Result<void> Journal::KeepText(const TextJob& job, const sms::TextSegments& segments,
                               WallTime now) {
  if (TRESTLE_TRY(FindText(job.delivery))) return {};
  auto write = TRESTLE_TRY(SqliteFile::Write::Begin(*file_));
  const std::string_view to = job.to.Reveal(Purpose::kSealForStore);
  TRESTLE_TRY(file_
                  ->Prepare("INSERT INTO text (delivery, identity, sealed_to, data_coding, "
                            "esm_class, parts, next, state, rule, arrived, expires_ms, kept_ms) "
                            "VALUES (?, ?, ?, ?, ?, ?, 0, ?, ?, 0, ?, ?)")
                  .Bind(job.delivery.bytes())
                  .Bind(std::string_view(job.identity))
                  .Bind(keys_.Seal(to, ContextOf("text to", job.delivery.bytes()), random_))
                  .Bind(std::int64_t{segments.data_coding})
                  .Bind(std::int64_t{segments.esm_class})
                  .Bind(static_cast<std::int64_t>(segments.user_data.size()))
                  .Bind(static_cast<std::int64_t>(job.state))
                  .Bind(static_cast<std::int64_t>(job.rule))
                  .Bind(job.expires_at.ms)
                  .Bind(now.ms)
                  .Run());
  for (std::size_t i = 0; i < segments.user_data.size(); ++i) {
    const Bytes context = ContextOf("text part", job.delivery.bytes(), i);
    TRESTLE_TRY(file_->Prepare("INSERT INTO part (delivery, place, sealed) VALUES (?, ?, ?)")
                    .Bind(job.delivery.bytes())
                    .Bind(static_cast<std::int64_t>(i))
                    .Bind(AeadSeal(ByteView(seal_key_), segments.user_data[i], context, random_))
                    .Run());
  }
  return write.Commit();
}

Result<std::optional<TextJob>> Journal::FindText(const DeliveryId& delivery) {
  auto query = file_->Prepare(
      "SELECT identity, sealed_to, data_coding, esm_class, parts, next, state, rule, expires_ms "
      "FROM text WHERE delivery = ?");
  if (!TRESTLE_TRY(query.Bind(delivery.bytes()).Step())) return std::optional<TextJob>();
  TextJob job;
  job.delivery = delivery;
  job.identity = query.Text(0);
  job.to = TRESTLE_TRY(keys_.Open(query.Octets(1), ContextOf("text to", delivery.bytes())));
  job.data_coding = static_cast<std::uint8_t>(query.Integer(2));
  job.esm_class = static_cast<std::uint8_t>(query.Integer(3));
  job.parts = static_cast<std::size_t>(query.Integer(4));
  job.next = static_cast<std::size_t>(query.Integer(5));
  job.state = static_cast<TextState>(query.Integer(6));
  job.rule = static_cast<Rule>(query.Integer(7));
  job.expires_at = WallTime{query.Integer(8)};
  return std::optional<TextJob>(std::move(job));
}

Result<Bytes> Journal::NextPart(const TextJob& job) {
  auto query = file_->Prepare("SELECT sealed FROM part WHERE delivery = ? AND place = ?");
  query.Bind(job.delivery.bytes()).Bind(static_cast<std::int64_t>(job.next));
  if (!TRESTLE_TRY(query.Step())) return Fail(Reason::kStorage, "a part of a text is missing");
  return AeadOpen(ByteView(seal_key_), query.Octets(0),
                  ContextOf("text part", job.delivery.bytes(), job.next));
}

Result<void> Journal::Put(const TextJob& job) {
  return file_->Prepare("UPDATE text SET next = ?, state = ?, rule = ? WHERE delivery = ?")
      .Bind(static_cast<std::int64_t>(job.next))
      .Bind(static_cast<std::int64_t>(job.state))
      .Bind(static_cast<std::int64_t>(job.rule))
      .Bind(job.delivery.bytes())
      .Run();
}

Result<void> Journal::Handed(TextJob& job) {
  job.state = TextState::kHanded;
  return Put(job);
}

Result<void> Journal::PartSent(TextJob& job, const std::string& native_id) {
  auto write = TRESTLE_TRY(SqliteFile::Write::Begin(*file_));
  ++job.next;
  job.state = job.next == job.parts ? TextState::kSent : TextState::kReady;
  TRESTLE_TRY(Put(job));
  if (job.state == TextState::kSent) TRESTLE_TRY(EraseParts(job.delivery));
  if (!native_id.empty()) {
    TRESTLE_TRY(
        file_->Prepare("INSERT OR REPLACE INTO native_id (id, delivery, arrived) VALUES (?, ?, 0)")
            .Bind(std::string_view(native_id))
            .Bind(job.delivery.bytes())
            .Run());
  }
  return write.Commit();
}

Result<void> Journal::PartBack(TextJob& job) {
  job.state = TextState::kReady;
  return Put(job);
}

Result<void> Journal::End(TextJob& job, TextState state, Rule rule) {
  auto write = TRESTLE_TRY(SqliteFile::Write::Begin(*file_));
  job.state = state;
  job.rule = rule;
  TRESTLE_TRY(Put(job));
  TRESTLE_TRY(EraseParts(job.delivery));
  return write.Commit();
}

Result<void> Journal::EraseParts(const DeliveryId& delivery) {
  return file_->Prepare("DELETE FROM part WHERE delivery = ?").Bind(delivery.bytes()).Run();
}

Result<std::optional<DeliveryId>> Journal::DeliveryOf(const std::string& native_id) {
  auto query = file_->Prepare("SELECT delivery FROM native_id WHERE id = ?");
  if (!TRESTLE_TRY(query.Bind(std::string_view(native_id)).Step())) {
    return std::optional<DeliveryId>();
  }
  return std::optional<DeliveryId>(TRESTLE_TRY(DeliveryId::FromBytes(query.Octets(0))));
}

Result<Journal::Arrived> Journal::PartArrived(const std::string& native_id) {
  Arrived out;
  const auto delivery = TRESTLE_TRY(DeliveryOf(native_id));
  if (!delivery) return out;
  out.is_known = true;
  auto write = TRESTLE_TRY(SqliteFile::Write::Begin(*file_));
  TRESTLE_TRY(file_->Prepare("UPDATE native_id SET arrived = 1 WHERE id = ? AND arrived = 0")
                  .Bind(std::string_view(native_id))
                  .Run());
  const bool is_news = file_->changed_rows() == 1;
  TRESTLE_TRY(file_->Prepare("UPDATE text SET arrived = arrived + ? WHERE delivery = ?")
                  .Bind(std::int64_t{is_news})
                  .Bind(delivery->bytes())
                  .Run());
  bool is_whole = false;
  {
    auto query = file_->Prepare("SELECT arrived = parts FROM text WHERE delivery = ?");
    is_whole = TRESTLE_TRY(query.Bind(delivery->bytes()).Step()) && query.Integer(0) == 1;
  }
  TRESTLE_TRY(write.Commit());
  if (is_whole && is_news) out.whole = delivery;
  return out;
}

Bytes32 Journal::NameOf(const NativeAddress& from, std::string_view identity,
                        std::string_view text) const {
  return keys_.Blind("said", {from.Reveal(Purpose::kCompare), identity, text});
}

Result<bool> Journal::WasKeptUnacknowledged(const Bytes32& said, WallTime now) {
  auto query = file_->Prepare("SELECT 1 FROM said WHERE name = ? AND at_ms > ?");
  return query.Bind(said).Bind((now + -kSaidAgeMax).ms).Step();
}

Result<void> Journal::Acknowledged(const Bytes32& said) {
  return file_->Prepare("DELETE FROM said WHERE name = ?").Bind(said).Run();
}

Result<void> Journal::AddOffer(const ThreadRef& from, const std::variant<Bytes, std::string>& body,
                               WallTime now, const std::optional<Bytes32>& said) {
  if (TRESTLE_TRY(CountOffers()) >= kOffersMax) {
    return Fail(Reason::kBusy, "too much waits for the bridge", std::chrono::seconds(10));
  }
  Bytes32 key{};
  random_.Fill(key);
  const auto* frame = std::get_if<Bytes>(&body);
  const std::string_view plain =
      frame != nullptr ? AsText(*frame) : std::string_view(std::get<std::string>(body));
  auto write = TRESTLE_TRY(SqliteFile::Write::Begin(*file_));
  if (said) {
    TRESTLE_TRY(file_->Prepare("INSERT OR REPLACE INTO said (name, at_ms) VALUES (?, ?)")
                    .Bind(*said)
                    .Bind(now.ms)
                    .Run());
  }
  TRESTLE_TRY(
      file_
          ->Prepare("INSERT INTO offer (key, on_link, thread, is_frame, sealed) VALUES (?, ?, ?, "
                    "?, ?)")
          .Bind(key)
          .Bind(std::int64_t{std::holds_alternative<LinkId>(from)})
          .Bind(IdOf(from))
          .Bind(std::int64_t{frame != nullptr})
          .Bind(AeadSeal(ByteView(seal_key_), AsBytes(plain), ContextOf("offer", key), random_))
          .Run());
  return write.Commit();
}

Result<std::vector<KeptOffer>> Journal::OfferHeads(std::size_t rows_max) {
  auto query = file_->Prepare(
      "SELECT min(number), key, on_link, thread, is_frame, sealed FROM offer GROUP BY thread "
      "ORDER BY 1 LIMIT ?");
  query.Bind(static_cast<std::int64_t>(rows_max));
  std::vector<KeptOffer> out;
  while (TRESTLE_TRY(query.Step())) {
    KeptOffer offer;
    offer.number = query.Integer(0);
    const Bytes key = query.Octets(1);
    if (key.size() != offer.key.size()) return Fail(Reason::kStorage, "an offer is damaged");
    std::ranges::copy(key, offer.key.begin());
    if (query.Integer(2) != 0) {
      offer.from = TRESTLE_TRY(LinkId::FromBytes(query.Octets(3)));
    } else {
      offer.from = TRESTLE_TRY(EnrolmentId::FromBytes(query.Octets(3)));
    }
    Bytes plain =
        TRESTLE_TRY(AeadOpen(ByteView(seal_key_), query.Octets(5), ContextOf("offer", offer.key)));
    if (query.Integer(4) != 0) {
      offer.body = std::move(plain);
    } else {
      offer.body = std::string(AsText(plain));
    }
    out.push_back(std::move(offer));
  }
  return out;
}

Result<void> Journal::EraseOffer(std::int64_t number) {
  return file_->Prepare("DELETE FROM offer WHERE number = ?").Bind(number).Run();
}

Result<std::size_t> Journal::CountOffers() {
  auto query = file_->Prepare("SELECT count(*) FROM offer");
  TRESTLE_TRY(query.Step());
  return static_cast<std::size_t>(query.Integer(0));
}

Result<void> Journal::SetAgreed(const LinkId& link, std::optional<WallTime> until) {
  auto query = file_->Prepare(
      "INSERT INTO side (link, agreed_until_ms) VALUES (?, ?) ON CONFLICT (link) DO UPDATE SET "
      "agreed_until_ms = excluded.agreed_until_ms");
  query.Bind(link.bytes());
  if (until) {
    query.Bind(until->ms);
  } else {
    query.BindNull();
  }
  return query.Run();
}

Result<std::optional<WallTime>> Journal::AgreedUntil(const LinkId& link) {
  auto query = file_->Prepare("SELECT agreed_until_ms FROM side WHERE link = ?");
  const bool there = TRESTLE_TRY(query.Bind(link.bytes()).Step());
  if (!there || query.IsNull(0)) return std::optional<WallTime>();
  return std::optional<WallTime>(WallTime{query.Integer(0)});
}

Result<void> Journal::SetSide(const LinkId& link, const EnrolmentId& person, ThreadRole role) {
  return file_
      ->Prepare(
          "INSERT INTO side (link, person, role) VALUES (?, ?, ?) ON CONFLICT (link) DO "
          "UPDATE SET person = excluded.person, role = excluded.role")
      .Bind(link.bytes())
      .Bind(person.bytes())
      .Bind(static_cast<std::int64_t>(role))
      .Run();
}

Result<void> Journal::EndAgreementsOf(const EnrolmentId& person) {
  return file_->Prepare("UPDATE side SET agreed_until_ms = NULL WHERE person = ?")
      .Bind(person.bytes())
      .Run();
}

Result<std::optional<ThreadRole>> Journal::RoleOf(const LinkId& link) {
  auto query = file_->Prepare("SELECT role FROM side WHERE link = ?");
  const bool there = TRESTLE_TRY(query.Bind(link.bytes()).Step());
  if (!there || query.IsNull(0)) return std::optional<ThreadRole>();
  return std::optional<ThreadRole>(static_cast<ThreadRole>(query.Integer(0)));
}

Result<void> Journal::EraseOld(WallTime now) {
  const WallTime before = now + -kTextAgeMax;
  TRESTLE_TRY(file_
                  ->Prepare("DELETE FROM native_id WHERE delivery IN (SELECT delivery FROM text "
                            "WHERE kept_ms <= ?)")
                  .Bind(before.ms)
                  .Run());
  TRESTLE_TRY(
      file_
          ->Prepare("DELETE FROM part WHERE delivery IN (SELECT delivery FROM text WHERE kept_ms "
                    "<= ? OR expires_ms <= ?)")
          .Bind(before.ms)
          .Bind(now.ms)
          .Run());
  TRESTLE_TRY(file_->Prepare("DELETE FROM text WHERE kept_ms <= ?").Bind(before.ms).Run());
  TRESTLE_TRY(file_->Prepare("UPDATE side SET agreed_until_ms = NULL WHERE agreed_until_ms <= ?")
                  .Bind(now.ms)
                  .Run());
  TRESTLE_TRY(
      file_->Prepare("DELETE FROM said WHERE at_ms <= ?").Bind((now + -kSaidAgeMax).ms).Run());
  return file_->TruncateLog();
}

}  // namespace trestle::edge
