// What the directory's operations need of a store: typed reads and writes of its records, inside
// one transaction that the caller has open. The store's Transaction implements it; there is no
// other implementation, tests use the store in memory. Every method runs on the store's writer
// executor and fails with kStorage only, unless stated.
#pragma once

#include <vector>

#include "bridge/directory/records.h"
#include "bridge/envelope/key_log.h"
#include "bridge/policy/limits.h"

namespace trestle {

class DirectoryTables {
 public:
  virtual ~DirectoryTables() = default;

  virtual Result<std::optional<AccountRecord>> FindAccount(const AccountId& id) = 0;
  virtual Result<void> PutAccount(const AccountRecord& account) = 0;  // adds or replaces
  virtual Result<std::optional<AccountId>> FindToken(const Bytes32& hash) = 0;
  virtual Result<void> AddToken(const Bytes32& hash, const AccountId& account, WallTime now) = 0;

  virtual Result<std::optional<EnrolmentRecord>> FindEnrolment(const EnrolmentId& id) = 0;
  virtual Result<std::vector<EnrolmentRecord>> EnrolmentsOf(const AccountId& account) = 0;
  virtual Result<void> AddEnrolment(const EnrolmentRecord& enrolment) = 0;

  virtual Result<void> PutJoinCode(const JoinCodeRecord& code) = 0;  // replaces the account's last
  // Whose code it is, while it has not expired; the code is used up by that.
  virtual Result<std::optional<AccountId>> TakeJoinCode(const Bytes32& hash, WallTime now) = 0;
  // Wrong codes of one enrolment that still count, this one excluded; AddWrongTry adds one that
  // counts until `expires_at` together with all before it.
  virtual Result<int> WrongTries(const EnrolmentId& by, WallTime now) = 0;
  virtual Result<void> AddWrongTry(const EnrolmentId& by, WallTime now, WallTime expires_at) = 0;

  virtual Result<std::optional<AliasRecord>> FindAlias(const AliasId& id) = 0;
  virtual Result<std::optional<AliasRecord>> FindAliasByName(std::string_view name) = 0;
  virtual Result<std::vector<AliasRecord>> AliasesOf(const AccountId& account) = 0;  // by age
  virtual Result<void> PutAlias(const AliasRecord& alias) = 0;  // adds or replaces by id
  // Names whose rows are gone: by a hash, so that they are never drawn again.
  virtual Result<bool> IsNameGone(const Bytes32& hash) = 0;
  // Aliases that ended before `before` and through which no contact exists lose their rows; their
  // names' hashes stay. Answers how many.
  virtual Result<std::size_t> RetireAliases(WallTime before, std::size_t rows_max) = 0;

  virtual Result<std::optional<BudgetRecord>> FindBudget(BudgetKind kind,
                                                         const Bytes16& subject) = 0;
  virtual Result<void> PutBudget(const BudgetRecord& budget) = 0;  // adds or replaces

  virtual Result<void> AddErrand(const ErrandRecord& errand) = 0;
  virtual Result<std::vector<ErrandRecord>> TakeErrands(std::size_t rows_max) = 0;  // and erases

  virtual Result<void> AddConsentEntry(const ConsentRecord& entry) = 0;
  virtual Result<std::vector<ConsentRecord>> ConsentEntriesOf(const AccountId& account,
                                                              std::int64_t after,
                                                              std::size_t count) = 0;
  // True when `by` has blocked `other` in any contact of the two.
  virtual Result<bool> HasBlocked(const AccountId& by, const AccountId& other) = 0;

  virtual Result<std::optional<ContactRecord>> FindContact(const ContactId& id) = 0;
  virtual Result<std::optional<ContactRecord>> FindContactThrough(const AccountId& requester,
                                                                  const AliasId& alias) = 0;
  virtual Result<std::vector<ContactRecord>> ContactsOf(const AccountId& account) = 0;  // by age
  // Without the account's own requests that were never granted.
  virtual Result<std::size_t> CountContacts(const AccountId& account) = 0;
  virtual Result<std::size_t> CountOpenRequests(Side side, const AccountId& account) = 0;
  virtual Result<void> PutContact(const ContactRecord& contact) = 0;  // adds or replaces

  virtual Result<std::optional<LinkRecord>> FindLink(const LinkId& id) = 0;
  virtual Result<std::vector<LinkRecord>> LinksOf(const ContactId& contact) = 0;  // by age
  virtual Result<void> PutLink(const LinkRecord& link) = 0;  // adds or replaces

  // False when a key package with this reference is held already.
  virtual Result<bool> AddKeyPackage(const KeyPackageRecord& key_package) = 0;
  // The oldest, erased with the answer: nobody gets it twice.
  virtual Result<std::optional<Bytes>> TakeKeyPackage(const AccountId& account) = 0;
  virtual Result<std::size_t> CountKeyPackages(const AccountId& account) = 0;

  // The account's key log (bridge/envelope/key_log.h), in order of its numbers.
  virtual Result<std::optional<KeyLogEntry>> LastKeyLogEntry(const AccountId& account) = 0;
  virtual Result<void> AddKeyLogEntry(const AccountId& account, const KeyLogEntry& entry) = 0;
  virtual Result<void> EraseKeyLogBefore(const AccountId& account, std::uint64_t number) = 0;
  virtual Result<std::vector<KeyLogEntry>> KeyLogOf(const AccountId& account, std::uint64_t after,
                                                    std::size_t count) = 0;

  // The one key package of an account that is handed out again and again, when there is no other.
  virtual Result<void> PutLastResort(const AccountId& account,
                                     ByteView key_package) = 0;  // replaces
  virtual Result<std::optional<Bytes>> FindLastResort(const AccountId& account) = 0;
};

// What every operation of the directory runs with: one transaction's tables, one moment in time.
struct DirectoryScope {
  DirectoryTables& tables;
  WallTime now;
  Random& random;
  const Limits& limits;
};

}  // namespace trestle
