// The threads of one account on one network, and what waits on them: for adapters whose people come
// and go.
#include "bridge/store/transaction.h"

namespace trestle {

// ?1 the account, ?2 the network.
#define LINKS_OF                                                \
  "SELECT l.id FROM contact c JOIN link l ON l.contact = c.id " \
  "WHERE (c.owner = ?1 OR c.requester = ?1) AND l.account = ?1 AND l.network = ?2"
#define ENROLMENTS_OF "SELECT id FROM enrolment WHERE account = ?1 AND network = ?2"
#define THREADS_OF "(" ENROLMENTS_OF " UNION ALL " LINKS_OF ")"

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
  Query query =
      database_.Use("SELECT count(*) FROM outbox WHERE state <> 2 AND thread IN " THREADS_OF);
  if (!TRESTLE_TRY(query.With(account, network).Step())) {
    return Fail(Reason::kStorage, "a count is missing");
  }
  return static_cast<std::size_t>(query.Number());
}

Result<void> Transaction::HurryThreadsOf(const AccountId& account, const Network& network,
                                         WallTime now) {
  Query query = database_.Use(
      "UPDATE outbox SET due_at = ?3 WHERE state = 1 AND due_at > ?3 AND thread IN " THREADS_OF);
  return query.With(account, network, now).Run();
}

}  // namespace trestle
