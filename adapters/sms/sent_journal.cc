#include "adapters/sms/sent_journal.h"

#include <algorithm>

#include "adapters/sdk/adapter_keys.h"
#include "adapters/sdk/sqlite_file.h"

namespace trestle::sms {
namespace {

constexpr int kSchemaVersion = 1;

// Reveals how many frames wait for their receiver's word, since when about, how large they are and
// under which of our numbers they went. Lives until that word or the deadline, erased then.
constexpr const char* kSchema = R"sql(
  CREATE TABLE IF NOT EXISTS sent_frame (
    delivery BLOB PRIMARY KEY, identity TEXT NOT NULL, sealed_to BLOB NOT NULL, ref BLOB NOT NULL,
    deadline_ms INTEGER NOT NULL, ends_by_expiry INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS sent_segment (
    owner BLOB NOT NULL REFERENCES sent_frame (delivery) ON DELETE CASCADE, unit INTEGER NOT NULL,
    sealed BLOB NOT NULL, PRIMARY KEY (owner, unit)) WITHOUT ROWID;
)sql";

Bytes ContextOf(std::string_view what, const DeliveryId& id, std::size_t unit) {
  Bytes context = ToBytes(what);
  context.insert(context.end(), id.bytes().begin(), id.bytes().end());
  context.push_back(static_cast<std::uint8_t>(unit));
  return context;
}

class SqliteSentFrameJournal final : public SentFrameJournal {
 public:
  SqliteSentFrameJournal(std::unique_ptr<SqliteFile> file, AdapterKeys keys, Random& random)
      : file_(std::move(file)), keys_(std::move(keys)), random_(random) {}

  Result<void> Keep(const SentFrame& frame) override;
  Result<void> Erase(const DeliveryId& id) override;
  Result<std::vector<SentFrame>> Load() override;
  Result<void> Sweep() override;

 private:
  Result<void> LoadSegments(SentFrame& frame);
  Result<bool> IsEmpty();

  const std::unique_ptr<SqliteFile> file_;
  const AdapterKeys keys_;
  Random& random_;
  bool log_holds_erased_ = false;
};

Result<void> SqliteSentFrameJournal::Keep(const SentFrame& frame) {
  auto write = TRESTLE_TRY(SqliteFile::Write::Begin(*file_));
  const std::string_view to = frame.to.Reveal(Purpose::kSealForStore);
  TRESTLE_TRY(file_
                  ->Prepare("INSERT OR REPLACE INTO sent_frame (delivery, identity, sealed_to, "
                            "ref, deadline_ms, ends_by_expiry) VALUES (?, ?, ?, ?, ?, ?)")
                  .Bind(frame.id.bytes())
                  .Bind(std::string_view(frame.identity))
                  .Bind(keys_.Seal(to, ContextOf("sent to", frame.id, 0), random_))
                  .Bind(frame.ref)
                  .Bind(frame.deadline.ms)
                  .Bind(std::int64_t{frame.ends_by_expiry})
                  .Run());
  for (std::size_t i = 0; i < frame.chunks.size(); ++i) {
    const std::string_view chunk = AsText(frame.chunks[i]);
    TRESTLE_TRY(file_->Prepare("INSERT INTO sent_segment (owner, unit, sealed) VALUES (?, ?, ?)")
                    .Bind(frame.id.bytes())
                    .Bind(static_cast<std::int64_t>(i))
                    .Bind(keys_.Seal(chunk, ContextOf("sent segment", frame.id, i), random_))
                    .Run());
  }
  return write.Commit();
}

Result<void> SqliteSentFrameJournal::Erase(const DeliveryId& id) {
  TRESTLE_TRY(file_->Prepare("DELETE FROM sent_frame WHERE delivery = ?").Bind(id.bytes()).Run());
  // The log keeps erased octets until it is cut; that costs a little, so it waits for a lull, and
  // for Sweep at the latest.
  log_holds_erased_ = true;
  return TRESTLE_TRY(IsEmpty()) ? Sweep() : Result<void>();
}

Result<bool> SqliteSentFrameJournal::IsEmpty() {
  auto query = file_->Prepare("SELECT COUNT(*) FROM (SELECT 1 FROM sent_frame LIMIT 1)");
  TRESTLE_TRY(query.Step());
  return query.Integer(0) == 0;
}

Result<void> SqliteSentFrameJournal::Sweep() {
  if (!log_holds_erased_) return {};
  TRESTLE_TRY(file_->TruncateLog());
  log_holds_erased_ = false;
  return {};
}

Result<std::vector<SentFrame>> SqliteSentFrameJournal::Load() {
  std::vector<SentFrame> out;
  {
    auto query = file_->Prepare(
        "SELECT delivery, identity, sealed_to, ref, deadline_ms, ends_by_expiry FROM sent_frame "
        "ORDER BY deadline_ms");
    while (TRESTLE_TRY(query.Step())) {
      SentFrame frame;
      frame.id = TRESTLE_TRY(DeliveryId::FromBytes(query.Octets(0)));
      frame.identity = query.Text(1);
      frame.to = TRESTLE_TRY(keys_.Open(query.Octets(2), ContextOf("sent to", frame.id, 0)));
      const Bytes ref = query.Octets(3);
      if (ref.size() != frame.ref.size()) {
        return Fail(Reason::kStorage, "a row of unconfirmed.db is damaged");
      }
      std::ranges::copy(ref, frame.ref.begin());
      frame.deadline = WallTime{query.Integer(4)};
      frame.ends_by_expiry = query.Integer(5) != 0;
      out.push_back(std::move(frame));
    }
  }
  for (SentFrame& frame : out) TRESTLE_TRY(LoadSegments(frame));
  return out;
}

Result<void> SqliteSentFrameJournal::LoadSegments(SentFrame& frame) {
  auto query =
      file_->Prepare("SELECT unit, sealed FROM sent_segment WHERE owner = ? ORDER BY unit");
  query.Bind(frame.id.bytes());
  while (TRESTLE_TRY(query.Step())) {
    const std::size_t unit = frame.chunks.size();
    if (query.Integer(0) != static_cast<std::int64_t>(unit) || unit >= kFragmentsMax) {
      return Fail(Reason::kStorage, "a row of unconfirmed.db is damaged");
    }
    const auto chunk =
        TRESTLE_TRY(keys_.Open(query.Octets(1), ContextOf("sent segment", frame.id, unit)));
    frame.chunks.push_back(ToBytes(chunk.Reveal(Purpose::kWriteToNetwork)));
  }
  if (frame.chunks.empty()) return Fail(Reason::kStorage, "a row of unconfirmed.db is damaged");
  return {};
}

}  // namespace

Result<std::unique_ptr<SentFrameJournal>> OpenSentFrameJournal(const std::string& folder,
                                                               AdapterKeys keys, Random& random,
                                                               GroupCommit& groups) {
  auto file = TRESTLE_TRY(SqliteFile::Open(folder + "/unconfirmed.db", kSchema, kSchemaVersion));
  file->CommitWith(groups);
  return std::make_unique<SqliteSentFrameJournal>(std::move(file), std::move(keys), random);
}

}  // namespace trestle::sms
