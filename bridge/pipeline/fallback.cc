#include "bridge/pipeline/fallback.h"

#include "bridge/directory/membership.h"
#include "bridge/pipeline/fates.h"
#include "bridge/pipeline/outbox_writer.h"
#include "bridge/pipeline/routing.h"

namespace trestle {
namespace {

std::size_t FrameBytesOf(const RowCase& subject) {
  return subject.envelope ? subject.envelope->payload_bytes + kEnvelopeFrameOverheadBytes
                          : subject.row.body.size();
}

// Why the row stays; kNone when it has moved.
Result<Rule> Move(Turn& turn, const RowCase& subject, Rule why) {
  const OutboxRow& row = subject.row;
  const auto from = TRESTLE_TRY(turn.tx.FindLink(std::get<LinkId>(row.thread)));
  if (!from || !subject.contact) return Rule::kNoContact;
  const FrameClass frame_class = FrameClassOf(subject.envelope);
  const Routed routed =
      TRESTLE_TRY(Route(turn, *subject.contact, subject.contact->SideOf(from->account),
                        FrameBytesOf(subject), frame_class));
  if (!routed.decision.chosen || !routed.link || routed.link->network == row.network) {
    return Rule::kNoRoute;
  }
  DirectoryScope directory = turn.directory();
  const AccountRecord account = TRESTLE_TRY(NeedAccount(directory, from->account));
  const Rule rule = MayMove(row.maybe_sent, !account.preferences.shows_repeats);
  if (rule != Rule::kNone) return rule;
  // Its place in the outbox is there already; only the thread may be full.
  const Room room = TRESTLE_TRY(HasRoom(turn, routed.link->id, std::nullopt));
  if (room == Room::kThreadFull) return Rule::kQueueFull;
  TRESTLE_TRY(turn.tx.MoveRow(row, routed.link->id, routed.link->network, turn.now));
  turn.effects.Ring(routed.link->network);
  RowCase moved = subject;
  moved.row.network = routed.link->network;
  TRESTLE_TRY(TraceRow(turn, moved, Step::kReroute, Outcome::kOk, why));
  return Rule::kNone;
}

}  // namespace

Result<void> FallBack(Turn& turn, AdapterSlot& slot) {
  const Millis down_for = DownFor(slot, turn.core.clock.mono_now());
  if (IsUsable(slot.health) || down_for < turn.core.limits.fallback_after) {
    slot.fallback_cursor = 0;
    return {};
  }
  const Rule why = slot.health == Health::kDeaf ? Rule::kAdapterDeaf : Rule::kAdapterDown;
  const auto page =
      TRESTLE_TRY(turn.tx.RowsWaitingFor(slot.network, slot.fallback_cursor, kFallbackRowsMax));
  for (const OutboxRow& row : page.rows) {
    if (row.expires_at <= turn.now || !std::holds_alternative<LinkId>(row.thread)) continue;
    const Rule rule =
        TRESTLE_TRY(Move(turn, TRESTLE_TRY(CaseOf(turn, row, Payload::kLeftSealed)), why));
    const bool moved = rule == Rule::kNone;
    turn.effects.CountOne("trestle_fallbacks_total",
                          moved ? std::string_view("moved") : RuleName(rule));
  }
  slot.fallback_cursor = page.next.value_or(0);
  return {};
}

}  // namespace trestle
