// The threads of one account on one network, and what waits on them: for adapters whose people come
// and go.
#include "bridge/store/outbox_columns.h"
#include "bridge/store/transaction.h"

namespace trestle {

// ?1 the account, ?2 the network.
#define LINKS_OF                                                \
  "SELECT l.id FROM contact c JOIN link l ON l.contact = c.id " \
  "WHERE (c.owner = ?1 OR c.requester = ?1) AND l.account = ?1 AND l.network = ?2"
#define ENROLMENTS_OF "SELECT id FROM enrolment WHERE account = ?1 AND network = ?2"

Result<std::vector<ThreadKey>> Transaction::ThreadsOf(const AccountId& account,
                                                      const Network& network) {
  std::vector<ThreadKey> threads;
  {
    Query query = database_.Use(ENROLMENTS_OF);
    query.With(account, network);
    while (TRESTLE_TRY(query.Step())) threads.emplace_back(query.ReadId<EnrolmentId>());
  }
  Query query = database_.Use(LINKS_OF);
  query.With(account, network);
  while (TRESTLE_TRY(query.Step())) threads.emplace_back(query.ReadId<LinkId>());
  return threads;
}

Result<std::size_t> Transaction::CountReady(const AccountId& account, const Network& network) {
  std::size_t rows = 0;
  for (const ThreadKey& thread : TRESTLE_TRY(ThreadsOf(account, network))) {
    for (const auto& file : files_) {
      Query query =
          file->database().Use("SELECT count(*) FROM outbox WHERE thread = ? AND state <> 2");
      if (!TRESTLE_TRY(query.With(OctetsOf(thread)).Step())) {
        return Fail(Reason::kStorage, "a count is missing");
      }
      rows += query.Count();
    }
  }
  return rows;
}

Result<void> Transaction::HurryThreadsOf(const AccountId& account, const Network& network,
                                         WallTime now) {
  for (const ThreadKey& thread : TRESTLE_TRY(ThreadsOf(account, network))) {
    for (const auto& file : files_) {
      Query query = file->database().Use(
          "UPDATE outbox SET due_at = ?2 WHERE thread = ?1 AND state = 1 AND due_at > ?2");
      TRESTLE_TRY(query.Run(OctetsOf(thread), now));
    }
  }
  return {};
}

}  // namespace trestle
