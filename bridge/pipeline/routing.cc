#include "bridge/pipeline/routing.h"

#include <algorithm>

#include "bridge/directory/membership.h"
#include "bridge/pipeline/edge.h"

namespace trestle {
namespace {

// An account may be on a network twice; the thread that is open is the one to use.
const LinkRecord* LinkOn(const std::vector<LinkRecord>& links, const Network& network) {
  const LinkRecord* found = nullptr;
  for (const LinkRecord& link : links) {
    if (link.network != network) continue;
    if (found == nullptr || (link.bound && !found->bound)) found = &link;
  }
  return found;
}

// Only a contact that would be moved is asked whether anything of it waits.
Result<std::optional<StoreIndex>> HeldIn(Turn& turn, const RouteTarget& target,
                                         const RouteQuestion& question) {
  if (!target.contact) return std::optional<StoreIndex>();
  const ConversationRecord conversation = TRESTLE_TRY(turn.tx.FindConversation(*target.contact));
  const bool is_held =
      StoreFor(question) != conversation.store && TRESTLE_TRY(turn.tx.HoldsAny(conversation));
  return is_held ? std::optional(conversation.store) : std::nullopt;
}

}  // namespace

FrameClass FrameClassOf(const std::optional<EnvelopeRecord>& envelope) {
  if (!envelope) return FrameClass::kControl;
  return envelope->kind == EnvelopeKind::kApplication ? FrameClass::kSealed
                                                      : FrameClass::kHandshake;
}

Result<RouteTarget> TargetOf(Turn& turn, const ContactRecord& contact, Side recipient) {
  RouteTarget target;
  target.account = contact.AccountOf(recipient);
  target.contact = contact.id;
  target.sender = contact.AccountOf(Other(recipient));
  target.crosses_edge = TRESTLE_TRY(CrossesEdge(turn, contact));
  target.edge = contact.edge;
  for (LinkRecord& link : TRESTLE_TRY(turn.tx.LinksOf(contact.id))) {
    if (link.account == target.account) target.links.push_back(std::move(link));
  }
  return target;
}

Result<RouteQuestion> QuestionFor(Turn& turn, const RouteTarget& target, std::size_t frame_bytes,
                                  FrameClass frame_class) {
  DirectoryScope directory = turn.directory();
  const AccountRecord account = TRESTLE_TRY(NeedAccount(directory, target.account));
  RouteQuestion question;
  question.frame_bytes = frame_bytes;
  question.recipient_has_endpoint = frame_class == FrameClass::kControl || account.has_endpoint;
  question.crosses_edge = frame_class == FrameClass::kSealed && target.crosses_edge;
  question.edge_sides_agreed = SidesAgreed(target.edge, turn.now);
  question.preferences = account.preferences;
  question.residency = turn.core.residency;
  if (target.sender) {
    question.sender_residency =
        TRESTLE_TRY(NeedAccount(directory, *target.sender)).preferences.residency;
  }
  question.held_in = TRESTLE_TRY(HeldIn(turn, target, question));
  question.fallback_after = turn.core.limits.fallback_after;
  const MonoTime mono = turn.core.clock.mono_now();
  for (const auto& slot : turn.core.networks.slots()) {
    RouteCandidate candidate;
    candidate.network = slot->network;
    candidate.health = slot->health;
    candidate.down_for = DownFor(*slot, mono);
    candidate.draining = slot->draining;
    candidate.capabilities = slot->capabilities;
    const LinkRecord* link = LinkOn(target.links, slot->network);
    candidate.enrolled = link != nullptr || std::ranges::find(target.enrolments, slot->network) !=
                                                target.enrolments.end();
    if (link != nullptr) {
      candidate.link = link->id;
      candidate.bound = link->bound;
    }
    question.candidates.push_back(std::move(candidate));
  }
  return question;
}

Result<Routed> Route(Turn& turn, const ContactRecord& contact, Side recipient,
                     std::size_t frame_bytes, FrameClass frame_class) {
  const RouteTarget target = TRESTLE_TRY(TargetOf(turn, contact, recipient));
  const RouteQuestion question = TRESTLE_TRY(QuestionFor(turn, target, frame_bytes, frame_class));
  Routed out;
  out.decision = Decide(question);
  const auto index = out.decision.chosen ? out.decision.chosen : out.decision.waits_for;
  if (!index) return out;
  const auto link = std::ranges::find_if(target.links, [&](const LinkRecord& each) {
    return each.id == out.decision.candidates[*index].link;
  });
  if (link != target.links.end()) out.link = *link;
  return out;
}

}  // namespace trestle
