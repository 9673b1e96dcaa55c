// The SQLite address book behind address_book.h, in three files: people, openings and keys
// (address_book.cc), links and ghosts (address_book_links.cc), what was sent
// (address_book_sent.cc). Private to adapters/sdk.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "adapters/sdk/address_book_rows.h"
#include "adapters/sdk/key_renewal.h"

namespace trestle {

class SqliteAddressBook final : public AddressBook {
 public:
  SqliteAddressBook(std::unique_ptr<SqliteFile> file, AdapterKeys keys, Random& random,
                    const Clock& clock)
      : file_(std::move(file)),
        keys_(std::move(keys)),
        random_(random),
        clock_(clock),
        renewal_(*file_, keys_, random_) {}

  // That the file was written under one of the keys. When that is not the newest one, the newest
  // one takes over.
  Result<void> CheckKeys();

  Result<EnrolmentId> EnrolmentOf(const NativeAddress& at_service) override;
  Result<std::optional<EnrolmentId>> FindEnrolment(const NativeAddress& at_service) override;
  Result<std::optional<NativeAddress>> AddressOf(EnrolmentId enrolment) override;
  Result<NativeAddress> Merge(const NativeAddress& shown,
                              const std::optional<NativeAddress>& also_shown) override;
  Result<LinkRow> OfferLink(LinkId link, EnrolmentId enrolment, const GhostPool& pool) override;
  Result<void> Release(LinkId link) override;
  Result<void> Reclaim(LinkId link) override;
  Result<std::vector<LinkId>> LinksOutside(const GhostPool& pool) override;
  Result<void> MoveLink(LinkId link, const GhostPool& pool) override;
  Result<std::vector<LinkId>> LinksToReopen() override;
  Result<void> MarkReopened(LinkId link) override;
  Result<std::vector<std::string>> FormerGhosts() override;
  Result<PoolPressure> Pressure(const GhostPool& pool) override;
  Result<LinkId> Bind(const std::string& ghost, const Bytes16& bind_code,
                      const NativeAddress& from) override;
  Result<std::optional<LinkRow>> FindLink(LinkId link) override;
  Result<std::optional<LinkId>> LinkOf(const std::string& ghost,
                                       const NativeAddress& from) override;
  Result<void> RememberSent(const std::string& native_id, const SentUnit& unit,
                            WallTime now) override;
  Result<std::optional<SentUnit>> FindSent(const std::string& native_id) override;
  Result<std::uint8_t> MarkDelivered(const std::string& native_id) override {
    return MarkLevel(native_id, Level::kArrived);
  }
  Result<std::uint8_t> MarkRead(const std::string& native_id) override {
    return MarkLevel(native_id, Level::kRead);
  }
  Result<void> EraseOld(WallTime now) override;

  const AdapterKeys& keys() const override { return keys_; }
  Result<KeyAge> TendKeys(Millis rotate_every) override;

 private:
  // In the column `level` of what was sent.
  enum class Level : std::int8_t { kAwaited = -1, kSent = 0, kArrived = 1, kRead = 2 };

  Bytes32 BlindCode(const std::string& ghost, const Bytes16& code) const {
    return keys_.Blind(book_rows::kLinkCode, {ghost, AsText(code)});
  }
  Bytes SealCode(const LinkId& link, const Bytes16& code) const {
    return keys_.Seal(AsText(code), book_rows::ContextOf(book_rows::kLinkCode, link), random_);
  }
  // The first row of `sql`, which has one place for a blind index, under the newest key that finds
  // any; made of the label and the parts.
  Result<std::optional<SqliteFile::Query>> FindBlind(const char* sql, StaticText label,
                                                     std::initializer_list<std::string_view> parts);
  Result<void> TakeNewestKey();
  bool IsTooOld(std::int64_t offered_at_ms) const {
    return clock_.wall_now() - WallTime{offered_at_ms} > kBindCodeAgeMax;
  }
  Result<std::optional<NativeAddress>> FirstAddressOf(const NativeAddress& second);
  Result<void> RememberSecond(const NativeAddress& second, const NativeAddress& first);
  Result<std::optional<LinkId>> LinkAt(const std::string& ghost, const NativeAddress& from);
  Result<void> RenewFormer(LinkId link, const std::string& ghost, const NativeAddress& from);
  Result<bool> IsFull(const char* count_sql);
  Result<LinkRow> OfferAgain(LinkRow row);
  Result<std::string> AllotGhost(EnrolmentId enrolment, const GhostPool& pool);
  Result<std::vector<GhostUse>> UsesOf(EnrolmentId enrolment);
  Result<std::map<std::string, std::int64_t>> LinksOfGhosts();
  Result<std::uint8_t> MarkLevel(const std::string& native_id, Level level);

  const std::unique_ptr<SqliteFile> file_;
  AdapterKeys keys_;
  Random& random_;
  const Clock& clock_;
  KeyRenewal renewal_;
};

}  // namespace trestle
