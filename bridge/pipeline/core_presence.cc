// What an adapter whose people come and go asks of the core.
#include "bridge/pipeline/core_impl.h"

namespace trestle {
namespace {

Result<PresenceAnswer> PresenceOf(Turn& turn, const AccountId& account, const Network& network,
                                  Rouse rouse) {
  PresenceAnswer answer;
  for (const ThreadKey& thread : TRESTLE_TRY(turn.tx.ThreadsOf(account, network))) {
    if (const auto* link = std::get_if<LinkId>(&thread)) {
      answer.links.push_back(*link);
    } else {
      answer.enrolments.push_back(std::get<EnrolmentId>(thread));
    }
  }
  answer.rows_waiting = TRESTLE_TRY(turn.tx.CountReady(account, network));
  if (rouse == Rouse::kYes && answer.rows_waiting > 0) {
    TRESTLE_TRY(turn.tx.HurryThreadsOf(account, network, turn.now));
    turn.effects.Ring(network);
  }
  return answer;
}

}  // namespace

void CoreImpl::Presence(const AccountId& account, const Network& network, Rouse rouse,
                        Done<PresenceAnswer> done) {
  Operate<PresenceAnswer>(std::move(done), [account, network, rouse](Turn& turn) {
    return PresenceOf(turn, account, network, rouse);
  });
}

}  // namespace trestle
