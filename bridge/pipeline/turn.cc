#include "bridge/pipeline/turn.h"

#include <algorithm>

#include "bridge/store/trace_steps.h"

namespace trestle {
namespace {

void Announce(Turn& turn, const TraceRecord& record, const ContactRecord* contact) {
  RouteEvent event;
  if (contact != nullptr) {
    event.owner = contact->owner;
    // Until it is granted a contact is the owner's to know of: that anything happens at all would
    // tell a requester that the alias is real.
    if (contact->granted_at) event.requester = contact->requester;
  }
  event.step = record;
  turn.effects.events.push_back(std::move(event));
}

}  // namespace

Result<void> AddTrace(Turn& turn, TraceRecord record, const ContactRecord* contact,
                      WallTime envelope_expires_at) {
  const Limits& limits = turn.core.limits;
  record.at = turn.now;
  record.expires_at = std::clamp(envelope_expires_at, turn.now + limits.trace_age_min,
                                 turn.now + limits.trace_age_max);
  if (contact != nullptr) record.contact = contact->id;
  if (record.envelope_id) TRESTLE_TRY(turn.tx.AddTrace(record));
  Announce(turn, record, contact);
  return {};
}

void AddStep(Turn& turn, TraceRecord record, const ContactRecord* contact,
             SeenEnvelopeRecord& seen) {
  record.at = turn.now;
  record.contact = seen.contact;
  record.expires_at = seen.expires_at;
  AppendStep(seen.steps, record);
  Announce(turn, record, contact);
}

}  // namespace trestle
