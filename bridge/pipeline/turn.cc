#include "bridge/pipeline/turn.h"

#include <algorithm>

namespace trestle {

Result<void> AddTrace(Turn& turn, TraceRecord record, const ContactRecord* contact,
                      WallTime envelope_expires_at) {
  const Limits& limits = turn.core.limits;
  record.at = turn.now;
  record.expires_at = std::clamp(envelope_expires_at, turn.now + limits.trace_age_min,
                                 turn.now + limits.trace_age_max);
  RouteEvent event;
  if (contact != nullptr) {
    record.contact = contact->id;
    event.owner = contact->owner;
    // Until it is granted a contact is the owner's to know of: that anything happens at all would
    // tell a requester that the alias is real.
    if (contact->granted_at) event.requester = contact->requester;
  }
  TRESTLE_TRY(turn.tx.AddTrace(record));
  event.step = std::move(record);
  turn.effects.events.push_back(std::move(event));
  return {};
}

}  // namespace trestle
