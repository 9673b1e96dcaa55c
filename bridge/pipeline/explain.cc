#include "bridge/pipeline/explain.h"

#include <algorithm>
#include <map>

#include "bridge/directory/aliases.h"
#include "bridge/directory/contacts.h"
#include "bridge/pipeline/routing.h"

namespace trestle {
namespace {

bool Contains(const std::vector<Network>& networks, const Network& network) {
  return std::ranges::find(networks, network) != networks.end();
}

RouteQuestion WithWhatIfs(RouteQuestion question, const ExplainQuestion& asked) {
  if (asked.sms_allowed) question.preferences.sms_allowed = *asked.sms_allowed;
  question.only = asked.only_network;
  if (asked.place) {
    question.residency.stores = {*asked.place};
    question.held_in.reset();
  }
  for (RouteCandidate& candidate : question.candidates) {
    if (Contains(asked.networks_down, candidate.network)) {
      candidate.health = Health::kDown;
      candidate.down_for = question.fallback_after;  // for long enough
    }
    if (Contains(asked.networks_draining, candidate.network)) candidate.draining = true;
  }
  return question;
}

RouteDecision RefusedEverywhere(const Turn& turn) {
  RouteDecision decision;
  decision.rule = Rule::kNoConsent;
  for (const auto& slot : turn.core.networks.slots()) {
    CandidateVerdict verdict;
    verdict.network = slot->network;
    verdict.rule = Rule::kNoConsent;
    verdict.limit = 1;
    decision.candidates.push_back(std::move(verdict));
  }
  return decision;
}

Result<RouteDecision> ExplainContact(Turn& turn, const ExplainQuestion& asked,
                                     const ContactRecord& contact, Side recipient) {
  if (contact.consent.state != ContactState::kGranted) return RefusedEverywhere(turn);
  const std::size_t frame_bytes = asked.frame_bytes > 0 ? asked.frame_bytes : kSmallestFrameBytes;
  const RouteTarget target = TRESTLE_TRY(TargetOf(turn, contact, recipient));
  RouteQuestion question = TRESTLE_TRY(QuestionFor(turn, target, frame_bytes, FrameClass::kSealed));
  return Decide(WithWhatIfs(std::move(question), asked));
}

Result<RouteDecision> ExplainLink(Turn& turn, const ExplainQuestion& asked) {
  const auto link = TRESTLE_TRY(turn.tx.FindLink(*asked.sender_link));
  if (!link || (asked.account && link->account != *asked.account)) {
    return Fail(Reason::kNotFound, "no such thread");
  }
  const auto contact = TRESTLE_TRY(turn.tx.FindContact(link->contact));
  if (!contact) return Fail(Reason::kStorage, "a link without its contact");
  return ExplainContact(turn, asked, *contact, Other(contact->SideOf(link->account)));
}

Result<RouteDecision> ExplainAlias(Turn& turn, const ExplainQuestion& asked) {
  const auto alias = TRESTLE_TRY(turn.tx.FindAliasByName(NormalisedAliasName(asked.alias)));
  if (asked.account) {
    // The same two reads whether there is such an alias or not.
    const AliasId id = alias ? alias->id : AliasId();
    const auto contact = TRESTLE_TRY(turn.tx.FindContactThrough(*asked.account, id));
    if (!contact) return RefusedEverywhere(turn);
    return ExplainContact(turn, asked, *contact, Side::kOwner);
  }
  if (!alias) return RefusedEverywhere(turn);
  const std::size_t frame_bytes = asked.frame_bytes > 0 ? asked.frame_bytes : kSmallestFrameBytes;
  RouteTarget target;
  target.account = alias->account;
  for (const EnrolmentRecord& each : TRESTLE_TRY(turn.tx.EnrolmentsOf(alias->account))) {
    target.enrolments.push_back(each.network);
    target.crosses_edge = target.crosses_edge || turn.core.networks.IsEdge(each.network);
  }
  RouteQuestion question = TRESTLE_TRY(QuestionFor(turn, target, frame_bytes, FrameClass::kSealed));
  // Nobody has a thread through an alias before a contact is made: the question is which network
  // would carry the messages once there is one.
  for (RouteCandidate& each : question.candidates) each.bound = each.enrolled;
  return Decide(WithWhatIfs(std::move(question), asked));
}

// A member learns networks and reasons, not the ids of the peer's side.
RouteDecision WithoutLinks(RouteDecision decision) {
  for (CandidateVerdict& each : decision.candidates) each.link.reset();
  return decision;
}

std::optional<Millis> AgeOf(std::optional<WallTime> since, WallTime now) {
  if (!since) return std::nullopt;
  return now - *since;
}

}  // namespace

Result<RouteDecision> ExplainRoute(Turn& turn, const ExplainQuestion& question) {
  if (question.sender_link.has_value() == !question.alias.empty()) {
    return Fail(Reason::kInvalidArgument, "name either one's own thread or an alias");
  }
  RouteDecision decision = TRESTLE_TRY(question.sender_link ? ExplainLink(turn, question)
                                                            : ExplainAlias(turn, question));
  return question.account ? WithoutLinks(std::move(decision)) : decision;
}

Result<std::vector<RouteView>> RoutesOf(Turn& turn, const AccountId& account) {
  std::vector<RouteView> out;
  for (const ContactRecord& contact : TRESTLE_TRY(turn.tx.ContactsOf(account))) {
    if (out.size() == kRoutesMax) break;
    if (contact.consent.state != ContactState::kGranted) continue;
    const Side side = contact.SideOf(account);
    const RouteTarget own = TRESTLE_TRY(TargetOf(turn, contact, side));
    const auto alias = TRESTLE_TRY(turn.tx.FindAlias(contact.alias));
    if (own.links.empty() || !alias) continue;
    RouteView view;
    view.contact = contact.id;
    view.own_link = own.links.front().id;
    view.label = LabelFor(side, *alias);
    view.decision = WithoutLinks(TRESTLE_TRY(ExplainContact(turn, {}, contact, Other(side))));
    out.push_back(std::move(view));
  }
  return out;
}

Result<std::vector<AdapterView>> AdaptersNow(Turn& turn) {
  std::vector<AdapterView> out;
  const MonoTime mono = turn.core.clock.mono_now();
  for (const auto& slot : turn.core.networks.slots()) {
    AdapterView view;
    view.network = slot->network;
    view.capabilities = slot->capabilities;
    view.health = slot->health;
    view.draining = slot->draining;
    view.rows_waiting = turn.tx.tally().rows_of(slot->network);
    view.rows_in_flight = slot->places.taken();
    view.oldest_waiting_age = AgeOf(TRESTLE_TRY(turn.tx.OldestWaiting(slot->network)), turn.now);
    const std::int64_t last = slot->last_inbound_ms;
    if (last >= 0) view.last_inbound_age = mono - MonoTime{last};
    view.reported = slot->reported;
    view.flow = slot->flow;
    view.down_for = DownFor(*slot, mono);
    const std::int64_t canary = slot->canary_ms;
    if (canary >= 0) view.canary = Millis{canary};
    view.canary_misses = slot->canary_misses;
    view.restarts = slot->restarts;
    out.push_back(std::move(view));
  }
  return out;
}

Result<TraceAnswer> StepsOf(Turn& turn, const std::optional<AccountId>& account,
                            const EnvelopeId& envelope) {
  TraceAnswer out;
  std::map<ContactId, bool> own;
  for (TraceRecord& step : TRESTLE_TRY(turn.tx.TraceOf(envelope, turn.now, kTraceStepsMax))) {
    if (account) {
      if (!step.contact) continue;
      auto known = own.find(*step.contact);
      if (known == own.end()) {
        const auto contact = TRESTLE_TRY(turn.tx.FindContact(*step.contact));
        const bool mine = contact && (contact->owner == *account || contact->requester == *account);
        known = own.emplace(*step.contact, mine).first;
      }
      if (!known->second) continue;
    }
    out.steps.push_back(std::move(step));
  }
  return out;
}

Result<DeadLetterPage> LettersAfter(Turn& turn, const LetterFilter& filter, std::int64_t after,
                                    std::size_t count) {
  constexpr std::size_t kPageMax = 500;
  if (count < 1 || count > kPageMax) {
    return Fail(Reason::kInvalidArgument, "a page has 1 to 500 letters");
  }
  DeadLetterPage page;
  for (const DeadLetterRecord& letter : TRESTLE_TRY(turn.tx.DeadLetters(filter, after, count))) {
    DeadLetterView view;
    view.id = letter.id;
    view.delivery_id = letter.row.delivery_id;
    view.contact = letter.row.contact;
    if (letter.row.envelope_row) {
      const auto envelope = TRESTLE_TRY(turn.tx.FindEnvelope(*letter.row.envelope_row));
      if (envelope) view.envelope_id = envelope->envelope_id;
    }
    view.network = letter.row.network;
    view.kind = letter.row.kind;
    view.rule = letter.rule;
    view.attempts = letter.row.attempts;
    view.size_bytes = letter.size_bytes;
    view.failed_at = letter.failed_at;
    view.expires_at = letter.row.expires_at;
    page.letters.push_back(std::move(view));
  }
  if (page.letters.size() == count) page.next = page.letters.back().id;
  return page;
}

}  // namespace trestle
