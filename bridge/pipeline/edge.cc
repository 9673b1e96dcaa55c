#include "bridge/pipeline/edge.h"

#include <algorithm>

#include "bridge/pipeline/outbox_writer.h"
#include "bridge/pipeline/service_texts.h"
#include "bridge/pipeline/withdrawals.h"

namespace trestle {
namespace {

// Receipts, offers, keys and handshakes have no content: they cross without being asked about.
bool HasContent(const RowCase& subject) {
  if (subject.row.kind == OutboxKind::kEphemeral) return true;
  return subject.row.kind == OutboxKind::kEnvelope && subject.envelope &&
         subject.envelope->kind == EnvelopeKind::kApplication;
}

Result<void> TellSide(Turn& turn, const ContactRecord& contact, Side side, std::string text) {
  for (const LinkRecord& link : TRESTLE_TRY(turn.tx.LinksOf(contact.id))) {
    const bool is_theirs = link.account == contact.AccountOf(side);
    if (!is_theirs || turn.core.networks.IsEdge(link.network)) continue;
    return QueueReply(turn, link.enrolment, link.network, std::move(text));
  }
  return {};
}

}  // namespace

Result<bool> CrossesEdge(Turn& turn, const ContactRecord& contact) {
  if (EdgesOf(turn.core.networks).empty()) return false;
  const std::vector<LinkRecord> links = TRESTLE_TRY(turn.tx.LinksOf(contact.id));
  return std::ranges::any_of(
      links, [&](const LinkRecord& link) { return turn.core.networks.IsEdge(link.network); });
}

Result<ConsentResult> UseEdgeConsent(Turn& turn, const ContactRecord& contact, Side side,
                                     const EdgeWish& wish, const ConsentSource& source) {
  ConsentResult out;
  out.contact = contact;
  out.rule = TRESTLE_TRY(CrossesEdge(turn, contact)) ? MayAgreeToEdge(contact.consent, side)
                                                     : Rule::kNoConsent;
  if (out.rule != Rule::kNone) return out;
  std::optional<WallTime> until;
  if (wish.action == ConsentAction::kAllowEdge) {
    until = turn.now + std::clamp(wish.span, kEdgeConsentSpanMin, kEdgeConsentSpanMax);
  } else if (!contact.edge.of(side)) {
    return out;
  }
  DirectoryScope directory = turn.directory();
  out.contact = TRESTLE_TRY(ApplyEdgeConsent(directory, contact, side, until, source));
  if (!until) TRESTLE_TRY(WithdrawContent(turn, out.contact));
  return out;
}

Result<void> AskAboutEdge(Turn& turn, const ContactRecord& contact, const AliasRecord& alias) {
  if (!TRESTLE_TRY(CrossesEdge(turn, contact))) return {};
  for (const Side side : {Side::kOwner, Side::kRequester}) {
    TRESTLE_TRY(TellSide(turn, contact, side, texts::EdgeAsks(LabelFor(side, alias))));
  }
  return {};
}

Result<EdgePassage> EdgePassageOf(Turn& turn, const RowCase& subject) {
  if (!subject.contact || !HasContent(subject)) return EdgePassage{};
  if (!TRESTLE_TRY(CrossesEdge(turn, *subject.contact))) return EdgePassage{};
  const EdgeConsent& consent = subject.contact->edge;
  return EdgePassage{SidesAgreed(consent, turn.now) == kEdgeSides, EdgeEnd(consent)};
}

Result<void> EndLapsedEdges(Turn& turn) {
  DirectoryScope directory = turn.directory();
  for (const ContactRecord& contact :
       TRESTLE_TRY(turn.tx.LapsedEdges(turn.now, turn.core.limits.sweep_rows_max))) {
    TRESTLE_TRY(WithdrawContent(turn, TRESTLE_TRY(EndLapsedEdge(directory, contact))));
  }
  return {};
}

}  // namespace trestle
