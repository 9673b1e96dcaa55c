// One piece of work's view of the store: typed reads and writes, all inside the group transaction
// that the writer has open. The directory is home's; a row of the ledger lies in one of the files,
// and carries that store: a row to be added says it, one that was read has it in its number. What
// is known by an id alone is asked of each file. Exists only while the work runs; on the store's
// writer executor only.
// A method fails with kStorage unless stated; the work then fails as a whole and is rolled back.
#pragma once

#include <vector>

#include "bridge/directory/tables.h"
#include "bridge/policy/delivery_rules.h"
#include "bridge/store/database.h"
#include "bridge/store/directory_cache.h"
#include "bridge/store/ledger_records.h"
#include "bridge/store/outbox_tally.h"
#include "bridge/store/store_file.h"

namespace trestle {

struct LeaseTerm {
  Bytes16 owner{};  // the process that leases
  WallTime until;
};

struct LeaseRequest {
  Network network = Network::Native();
  WallTime now;
  LeaseTerm term;
  std::size_t rows_max = 0;
  // What is under way on the network already, and how much of one receiver may be.
  UnderWay senders = {};
  UnderWay receivers = {};
  std::size_t per_receiver_max = SIZE_MAX;
};

// Whom a row counts for: its account, or for want of one its thread.
Bytes16 SenderKeyOf(const OutboxRow& row);
Bytes16 ReceiverKeyOf(const OutboxRow& row);

// Dead letters that an operator means: those of all that is given.
struct LetterFilter {
  std::optional<Network> network;
  std::optional<Rule> rule;
};

class Transaction final : public DirectoryTables {
 public:
  Transaction(StoreFiles& files, OutboxTally& tally, DirectoryCache& cache)
      : files_(files), database_(files.front()->database()), tally_(tally), cache_(cache) {}

  // Directory: see tables.h.
  Result<std::optional<AccountRecord>> FindAccount(const AccountId& id) override;
  Result<void> PutAccount(const AccountRecord& account) override;
  Result<std::optional<AccountId>> FindToken(const Bytes32& hash) override;
  Result<void> AddToken(const Bytes32& hash, const AccountId& account, WallTime now) override;
  Result<std::optional<EnrolmentRecord>> FindEnrolment(const EnrolmentId& id) override;
  Result<std::vector<EnrolmentRecord>> EnrolmentsOf(const AccountId& account) override;
  Result<void> AddEnrolment(const EnrolmentRecord& enrolment) override;
  Result<void> PutJoinCode(const JoinCodeRecord& code) override;
  Result<std::optional<AccountId>> TakeJoinCode(const Bytes32& hash, WallTime now) override;
  Result<int> WrongTries(const EnrolmentId& by, WallTime now) override;
  Result<void> AddWrongTry(const EnrolmentId& by, WallTime now, WallTime expires_at) override;
  Result<std::optional<AliasRecord>> FindAlias(const AliasId& id) override;
  Result<std::optional<AliasRecord>> FindAliasByName(std::string_view name) override;
  Result<std::vector<AliasRecord>> AliasesOf(const AccountId& account) override;
  Result<void> PutAlias(const AliasRecord& alias) override;
  Result<bool> IsNameGone(const Bytes32& hash) override;
  Result<std::size_t> RetireAliases(WallTime before, std::size_t rows_max) override;
  Result<std::optional<BudgetRecord>> FindBudget(BudgetKind kind, const Bytes16& subject) override;
  Result<void> PutBudget(const BudgetRecord& budget) override;
  Result<void> AddErrand(const ErrandRecord& errand) override;
  Result<std::vector<ErrandRecord>> TakeErrands(std::size_t rows_max) override;
  Result<void> AddConsentEntry(const ConsentRecord& entry) override;
  Result<std::vector<ConsentRecord>> ConsentEntriesOf(const AccountId& account, std::int64_t after,
                                                      std::size_t count) override;
  Result<bool> HasBlocked(const AccountId& by, const AccountId& other) override;
  Result<std::optional<ContactRecord>> FindContact(const ContactId& id) override;
  Result<std::optional<ContactRecord>> FindContactThrough(const AccountId& requester,
                                                          const AliasId& alias) override;
  Result<std::vector<ContactRecord>> ContactsOf(const AccountId& account) override;
  Result<std::size_t> CountContacts(const AccountId& account) override;
  Result<std::size_t> CountOpenRequests(Side side, const AccountId& account) override;
  Result<void> PutContact(const ContactRecord& contact) override;
  Result<std::optional<LinkRecord>> FindLink(const LinkId& id) override;
  Result<std::vector<LinkRecord>> LinksOf(const ContactId& contact) override;
  Result<void> PutLink(const LinkRecord& link) override;
  Result<bool> AddKeyPackage(const KeyPackageRecord& key_package) override;
  Result<std::optional<Bytes>> TakeKeyPackage(const AccountId& account) override;
  Result<std::size_t> CountKeyPackages(const AccountId& account) override;
  Result<std::optional<KeyLogEntry>> LastKeyLogEntry(const AccountId& account) override;
  Result<void> AddKeyLogEntry(const AccountId& account, const KeyLogEntry& entry) override;
  Result<void> EraseKeyLogBefore(const AccountId& account, std::uint64_t number) override;
  Result<std::vector<KeyLogEntry>> KeyLogOf(const AccountId& account, std::uint64_t after,
                                            std::size_t count) override;
  Result<void> PutLastResort(const AccountId& account, ByteView key_package) override;
  Result<std::optional<Bytes>> FindLastResort(const AccountId& account) override;

  // Where a contact's messages stand; as new when there were none. Put adds or replaces, in the
  // record's store.
  Result<ConversationRecord> FindConversation(const ContactId& contact);
  Result<void> PutConversation(const ConversationRecord& conversation);
  // Whether anything waits in the contact's store on its links, or lies there given up.
  Result<bool> HoldsAny(const ConversationRecord& conversation);

  // What was seen. MarkInbound answers false for a key that is there already.
  Result<bool> MarkInbound(const Bytes32& key, WallTime expires_at);
  Result<std::optional<SeenEnvelopeRecord>> FindSeen(const ContactId& contact,
                                                     const EnvelopeId& envelope);
  Result<std::optional<SeenEnvelopeRecord>> FindSeenByDelivery(const DeliveryId& delivery);
  // All with this id that have not expired, the ones of any contact.
  Result<std::vector<SeenEnvelopeRecord>> SeenOf(const EnvelopeId& envelope, WallTime now);
  // Adds it, or writes the level, erasure and steps of one that was read.
  Result<void> PutSeen(const SeenEnvelopeRecord& seen);

  // Envelopes, sealed at rest. Add answers the row's number.
  Result<std::int64_t> AddEnvelope(const EnvelopeRecord& envelope);
  Result<std::optional<EnvelopeRecord>> FindEnvelope(std::int64_t row,
                                                     Payload payload = Payload::kLeftSealed);
  Result<void> EraseEnvelope(std::int64_t row);

  // The outbox. A row with its state and times as given; order within the thread is insertion's.
  Result<std::int64_t> AddOutboxRow(const OutboxRow& row);
  // Whether a row that is not there yet would be the next to go: nothing stands in its lane,
  // nothing is under way on its thread, and nothing that is due waits for its network.
  Result<bool> IsNext(const OutboxRow& row, WallTime now);
  // The head's row when it is the next to go: its thread is free, and nothing has been due for
  // longer on its network.
  Result<std::optional<OutboxRow>> NextHead(const HeadRow& head, WallTime now);
  Result<void> MarkLeased(std::int64_t row, const LeaseTerm& term);
  // Whether that lease of the row still lasts: it has not been settled, nor was it released.
  Result<bool> IsLeased(std::int64_t row, const LeaseTerm& term);
  // One that is next, leased from the start.
  Result<std::int64_t> AddLeasedRow(const OutboxRow& row, const LeaseTerm& term);
  Result<std::optional<OutboxRow>> FindOutboxRow(const RowRef& ref);
  // Among the rows of which an attempt ended in doubt, wherever the row went meanwhile.
  Result<std::optional<OutboxRow>> FindInDoubt(const DeliveryId& delivery);
  // Rows of the thread, counted up to `at_most`.
  Result<std::size_t> CountThread(const ThreadKey& thread, std::size_t at_most);
  // Rows that are due, the oldest of their lanes and of threads that have none leased, marked as
  // leased. Looks at the first kLeaseCandidatesMax and takes those that fairness picks.
  static constexpr std::size_t kLeaseCandidatesMax = 256;
  Result<std::vector<OutboxRow>> Lease(const LeaseRequest& request);
  // When the next row of the network that waits for nothing but its time is due, after `now`.
  Result<std::optional<WallTime>> NextDue(const Network& network, WallTime now);
  // The account's threads on the network.
  Result<std::vector<ThreadKey>> ThreadsOf(const AccountId& account, const Network& network);
  // Rows on those threads that do not wait for their thread to be opened.
  Result<std::size_t> CountReady(const AccountId& account, const Network& network);
  // What waits for its time on those threads is due at `now`.
  Result<void> HurryThreadsOf(const AccountId& account, const Network& network, WallTime now);
  // Ends a lease: the row waits again until `due_at`; attempts and doubt are the given row's.
  Result<void> Postpone(const OutboxRow& row, WallTime due_at);
  // Its envelope stays. Answers the next of its lane, if that had to wait for this one; it is due,
  // behind what is due already.
  Result<std::optional<HeadRow>> EraseOutboxRow(const OutboxRow& row, WallTime now);
  // The thread was opened: its rows need not wait for that any more. Closed: all wait again, those
  // under way excepted.
  Result<void> OpenThread(const LinkId& link);
  // Opens the threads that are said to be closed and whose link is bound: what a commit leaves that
  // was cut between two files.
  Result<void> OpenBoundThreads();
  Result<void> CloseThread(const LinkId& link);
  // The contact's rows on the thread, oldest first, up to `at_most`.
  // Contacts in which a side's consent to the edge has ended by `now`.
  Result<std::vector<ContactRecord>> LapsedEdges(WallTime now, std::size_t rows_max);
  Result<std::vector<OutboxRow>> RowsOf(const ContactId& contact, const ThreadKey& thread,
                                        std::size_t at_most);
  // Rows that wait for `from` to be opened go to `to` instead, which is open.
  Result<std::vector<OutboxRow>> RowsWaitingForOpen(const LinkId& link);
  // Its lane stays, and so does its place there; it is due at `now`.
  Result<void> MoveRow(const OutboxRow& row, const LinkId& to, const Network& network,
                       WallTime now);
  // Envelopes and keys that wait for the network, after a row's number, oldest first; `next` is
  // where to go on, none when that was all.
  struct WaitingPage {
    std::vector<OutboxRow> rows;
    std::optional<std::int64_t> next;
  };
  static constexpr std::size_t kPassedOverMax = 4096;
  Result<WaitingPage> RowsWaitingFor(const Network& network, std::int64_t after,
                                     std::size_t rows_max);
  // All leases of other owners, or those that lapsed before `now`, end; the rows are due again, and
  // may have been sent.
  Result<std::size_t> ReleaseLeases(const Bytes16& but_not_of, WallTime now);
  Result<std::size_t> ReleaseLapsed(WallTime now);
  // Heads that wait for a time after `later_than` are due at `now`: after the clock was set back.
  Result<std::size_t> HurryAll(WallTime later_than, WallTime now);
  // All of them: at most one waits on a thread, and they are small.
  Result<std::vector<OutboxRow>> EphemeralRows();
  Result<std::vector<OutboxRow>> ExpiredRows(WallTime now, std::size_t rows_max);  // unleased
  // Since when the oldest message for the network, or key package, waits and is not leased.
  Result<std::optional<WallTime>> OldestWaiting(const Network& network);
  // Since when the row that has been due the longest, and is not leased, could have gone.
  Result<std::optional<WallTime>> OldestDue(const Network& network, WallTime now);
  const OutboxTally& tally() const { return tally_; }

  // Dead letters. Add takes the row out of the outbox, as EraseOutboxRow does.
  Result<std::optional<HeadRow>> AddDeadLetter(const OutboxRow& row, Rule rule, WallTime now);
  Result<std::vector<DeadLetterRecord>> DeadLetters(const LetterFilter& filter, std::int64_t after,
                                                    std::size_t count);
  Result<std::optional<DeadLetterRecord>> FindDeadLetter(std::int64_t id);
  Result<void> EraseDeadLetter(std::int64_t id);  // its envelope stays
  Result<std::vector<DeadLetterRecord>> DeadLettersOf(const ContactId& contact, std::size_t count);
  Result<std::vector<DeadLetterRecord>> ExpiredDeadLetters(WallTime now, std::size_t count);

  // Moves at most `rows_max` rows of each store from keys that are in use no longer to those that
  // are; answers how many.
  Result<std::size_t> SealAgain(std::size_t rows_max);
  // Rows of version 1, which were not sealed.
  Result<std::size_t> SealUnsealed(std::size_t rows_max);

  // The store's log of erasures. Log appends a leaf about the envelope.
  ErasureNote LogErasure(StoreIndex store, const EnvelopeId& envelope, ErasureCause cause,
                         WallTime now);
  ErasureLog& erasure_log(StoreIndex store) { return files_.at(store)->log(); }
  const std::string& store_name(StoreIndex store) const { return files_.at(store)->name(); }

  // A step of an envelope that was never accepted, or that does not write what was seen of it.
  Result<void> AddTrace(const TraceRecord& trace);
  // These and the ones in what was seen, in the order of time.
  Result<std::vector<TraceRecord>> TraceOf(const EnvelopeId& envelope, WallTime now,
                                           std::size_t at_most);

  // Seen keys, traces, codes and tries whose time has passed, at most `rows_max` of each;
  // answers how many. What was seen of an envelope outlives it: its last attempt may still be under
  // way, and a sender that heard no answer asks again, when its time is over.
  static constexpr Millis kSeenEnvelopeAfterlife = std::chrono::hours(24);
  Result<std::size_t> EraseExpired(WallTime now, std::size_t rows_max);

  std::uint64_t TakeStatementPath();  // of all files; see database.h

 private:
  Database& In(StoreIndex store) { return files_.at(store)->database(); }
  Result<std::vector<ContactRecord>> ReadContacts(Query& query);
  // Those of one file, which `query` has read.
  Result<std::vector<OutboxRow>> ReadOutboxRows(StoreIndex store, Query& query);
  Result<std::vector<DeadLetterRecord>> ReadDeadLetters(StoreIndex store, Query& query);
  struct Candidates;
  Result<std::int64_t> Added(const OutboxRow& row);
  Result<void> LookForLease(StoreIndex store, const LeaseRequest& request, Candidates& found);
  Result<std::optional<OutboxRow>> ReadOutboxRow(std::int64_t row);
  Result<bool> IsThreadFree(StoreIndex store, ByteView thread);
  Result<std::vector<std::int64_t>> PickForLease(const LeaseRequest& request);
  Result<std::optional<HeadRow>> PromoteHead(StoreIndex store, const Bytes& lane, WallTime now);
  // One statement in each file: rows or letters, up to so many of them altogether, which is the
  // last parameter; how many rows it changed; the earliest time it answers.
  Result<std::vector<OutboxRow>> RowsInAll(StaticText select, std::size_t rows_max,
                                           const auto&... values);
  Result<std::vector<DeadLetterRecord>> LettersInAll(StaticText select, std::size_t count,
                                                     const auto&... values);
  Result<std::size_t> ChangeInAll(StaticText update, const auto&... values);
  Result<std::optional<WallTime>> EarliestInAll(StaticText select, const auto&... values);
  Result<void> ReadCommon(StoreIndex store, Query& query, OutboxRow& row);
  struct SealedBody {
    std::optional<StorageKeyId> key;
    Bytes octets;
  };
  Result<SealedBody> SealBody(const OutboxRow& row);
  Result<void> OpenPayload(const std::optional<StorageKeyId>& key, Bytes octets,
                           EnvelopeRecord& envelope);
  struct SealedRow;
  Result<std::vector<SealedRow>> RowsUnder(Query& query);
  Result<std::size_t> SealRows(StoreIndex store, StaticText select, StaticText update,
                               StorageKeyId key, std::size_t rows_max);

  StoreFiles& files_;
  Database& database_;  // home's
  OutboxTally& tally_;
  DirectoryCache& cache_;
};

}  // namespace trestle
