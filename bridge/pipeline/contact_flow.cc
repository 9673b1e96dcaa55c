#include "bridge/pipeline/contact_flow.h"

#include <algorithm>

#include "bridge/directory/aliases.h"
#include "bridge/pipeline/edge.h"
#include "bridge/pipeline/outbox_writer.h"
#include "bridge/pipeline/routing.h"
#include "bridge/pipeline/service_texts.h"
#include "bridge/pipeline/withdrawals.h"

namespace trestle {
namespace {

enum class Offer : std::uint8_t { kAll, kNewOnly };

Result<void> OfferThreads(Turn& turn, const ContactRecord& contact, Side side,
                          const AliasRecord& alias, Offer offer) {
  DirectoryScope directory = turn.directory();
  for (const LinkRecord& link : TRESTLE_TRY(EnsureLinks(directory, contact, side))) {
    if (offer == Offer::kNewOnly && link.offered) continue;
    TRESTLE_TRY(QueueOffer(turn, link, side, LabelFor(side, alias)));
  }
  return {};
}

// To the requester, on the link that the router chooses or waits for; when there is none at all the
// client can still claim a key package itself.
Result<void> SendPeerKeys(Turn& turn, const ContactRecord& contact, const Bytes& key_package) {
  Bytes body = EncodeFrame(PeerKeysFrame{key_package});
  const Routed routed =
      TRESTLE_TRY(Route(turn, contact, Side::kRequester, body.size(), FrameClass::kControl));
  if (!routed.link || TRESTLE_TRY(HasRoom(turn, routed.link->id, contact.owner)) != Room::kYes) {
    turn.effects.CountOne("trestle_refusals_total", RuleName(Rule::kNoRoute));
    return {};
  }
  ConversationRecord conversation = TRESTLE_TRY(turn.tx.FindConversation(contact.id));
  conversation.MoveTo(*routed.decision.store);
  TRESTLE_TRY(turn.tx.PutConversation(conversation));
  RoutedRow row;
  row.store = conversation.store;
  row.kind = OutboxKind::kPeerKeys;
  row.contact = contact.id;
  row.recipient = Side::kRequester;
  row.sender = contact.owner;
  row.body = std::move(body);
  row.expires_at = turn.now + turn.core.limits.offer_age_max;
  TRESTLE_TRY(QueueOnLink(turn, *routed.link, std::move(row)));
  return {};
}

// Says it on the first network that the account joined.
Result<void> Tell(Turn& turn, const AccountId& account, std::string text) {
  const auto enrolments = TRESTLE_TRY(turn.tx.EnrolmentsOf(account));
  if (enrolments.empty()) return {};
  return QueueReply(turn, enrolments.front().id, enrolments.front().network, std::move(text));
}

Result<void> AfterGrant(Turn& turn, const ContactRecord& contact, const AliasRecord& alias,
                        const Grant& grant) {
  if (grant.keys_missing) {
    turn.effects.CountOne("trestle_refusals_total", RuleName(Rule::kKeysExhausted));
    return Tell(turn, contact.owner, texts::KeysExhausted(alias.name));
  }
  if (!grant.now) return {};
  TRESTLE_TRY(OfferThreads(turn, contact, Side::kRequester, alias, Offer::kAll));
  TRESTLE_TRY(AskAboutEdge(turn, contact, alias));
  if (!grant.peer_keys) return {};
  return SendPeerKeys(turn, contact, *grant.peer_keys);
}

Result<AliasRecord> AliasOf(Turn& turn, const ContactRecord& contact) {
  auto alias = TRESTLE_TRY(turn.tx.FindAlias(contact.alias));
  if (!alias) return Fail(Reason::kStorage, "a contact without its alias");
  return *std::move(alias);
}

std::size_t FrameBytesOf(const OutboxRow& row, const std::optional<EnvelopeRecord>& envelope) {
  return envelope ? envelope->payload_bytes + kEnvelopeFrameOverheadBytes : row.body.size();
}

Result<void> BringOver(Turn& turn, const ContactRecord& contact, const LinkRecord& from,
                       const LinkRecord& to) {
  for (const OutboxRow& row : TRESTLE_TRY(turn.tx.RowsWaitingForOpen(from.id))) {
    std::optional<EnvelopeRecord> envelope;
    if (row.envelope_row) envelope = TRESTLE_TRY(turn.tx.FindEnvelope(*row.envelope_row));
    const FrameClass frame_class = FrameClassOf(envelope);
    const Routed routed = TRESTLE_TRY(
        Route(turn, contact, contact.SideOf(to.account), FrameBytesOf(row, envelope), frame_class));
    // The rows behind this one keep their order by staying behind it.
    if (!routed.link || routed.link->id != to.id) return {};
    TRESTLE_TRY(turn.tx.MoveRow(row, to.id, to.network, turn.now));
  }
  return {};
}

}  // namespace

Result<void> AfterReach(Turn& turn, const ReachResult& result) {
  DirectoryScope directory = turn.directory();
  switch (result.outcome) {
    case ReachOutcome::kNothing:
      return {};
    case ReachOutcome::kAgain:
      return OfferThreads(turn, result.contact, Side::kRequester, result.alias, Offer::kAll);
    case ReachOutcome::kAsked:
    case ReachOutcome::kGranted:
      TRESTLE_TRY(EnsureLinks(directory, result.contact, Side::kRequester));
      // Asking again after a withdrawal does not ring twice.
      TRESTLE_TRY(OfferThreads(turn, result.contact, Side::kOwner, result.alias, Offer::kNewOnly));
      return AfterGrant(turn, result.contact, result.alias, result.grant);
  }
  return {};
}

Result<void> AfterConsent(Turn& turn, const ConsentResult& result) {
  if (result.ended) TRESTLE_TRY(WithdrawRows(turn, result.contact));
  const AliasRecord alias = TRESTLE_TRY(AliasOf(turn, result.contact));
  return AfterGrant(turn, result.contact, alias, result.grant);
}

Result<ConsentResult> UseConsent(Turn& turn, const ContactRecord& contact, Side side,
                                 ConsentAction action, const ConsentSource& source) {
  if (IsAboutEdge(action)) {
    return UseEdgeConsent(turn, contact, side, {action, kEdgeConsentSpan}, source);
  }
  DirectoryScope directory = turn.directory();
  ConsentResult result = TRESTLE_TRY(ApplyConsent(directory, contact, side, action, source));
  TRESTLE_TRY(AfterConsent(turn, result));
  return result;
}

Result<std::size_t> UseConsentOnAll(Turn& turn, const AccountId& account, ConsentAction action,
                                    Everyone everyone, const ConsentSource& source) {
  DirectoryScope directory = turn.directory();
  const auto results = TRESTLE_TRY(ApplyToEveryone(directory, account, action, everyone, source));
  for (const ConsentResult& each : results) TRESTLE_TRY(AfterConsent(turn, each));
  return results.size();
}

Result<void> StopAll(Turn& turn, const AccountId& account, const ConsentSource& source) {
  DirectoryScope directory = turn.directory();
  for (const ConsentResult& each : TRESTLE_TRY(StopAccount(directory, account, source))) {
    TRESTLE_TRY(AfterConsent(turn, each));
  }
  return {};
}

Result<std::size_t> EndListing(Turn& turn, const AccountId& account, std::string_view listing,
                               const ConsentSource& source) {
  DirectoryScope directory = turn.directory();
  const auto closed = TRESTLE_TRY(CloseListing(directory, account, listing));
  for (const AliasRecord& alias : closed) {
    for (const ConsentResult& each :
         TRESTLE_TRY(RefuseWaiting(directory, account, alias.id, source))) {
      TRESTLE_TRY(AfterConsent(turn, each));
    }
  }
  return closed.size();
}

Result<PublishResult> TakeKeys(Turn& turn, const AccountId& account,
                               std::span<const Bytes> key_packages) {
  DirectoryScope directory = turn.directory();
  PublishResult published = TRESTLE_TRY(PublishKeys(directory, account, key_packages));
  if (published.stored == 0) return published;
  for (const ConsentResult& each : TRESTLE_TRY(CompleteGrants(directory, account))) {
    const AliasRecord alias = TRESTLE_TRY(AliasOf(turn, each.contact));
    TRESTLE_TRY(AfterGrant(turn, each.contact, alias, each.grant));
  }
  published.held = TRESTLE_TRY(turn.tx.CountKeyPackages(account));
  return published;
}

Result<void> OfferOnNewNetwork(Turn& turn, const AccountId& account) {
  std::vector<ContactRecord> contacts = TRESTLE_TRY(turn.tx.ContactsOf(account));
  std::ranges::reverse(contacts);
  std::size_t offered = 0;
  for (const ContactRecord& contact : contacts) {
    if (offered == kOldContactsOfferedMax) break;
    const Side side = contact.SideOf(account);
    const bool asked = side == Side::kOwner && contact.consent.state == ContactState::kRequested;
    if (contact.consent.state != ContactState::kGranted && !asked) continue;
    const AliasRecord alias = TRESTLE_TRY(AliasOf(turn, contact));
    TRESTLE_TRY(OfferThreads(turn, contact, side, alias, Offer::kNewOnly));
    ++offered;
  }
  return {};
}

Result<void> CloseLink(Turn& turn, LinkRecord link) {
  if (!link.bound) return {};
  link.bound = false;
  TRESTLE_TRY(turn.tx.PutLink(link));
  TRESTLE_TRY(turn.tx.CloseThread(link.id));
  DirectoryScope directory = turn.directory();
  TRESTLE_TRY(Record(directory, link.account, link.contact, ConsentEntry::kUnreachable,
                     {ConsentOrigin::kNetwork, link.network}));
  const auto contact = TRESTLE_TRY(turn.tx.FindContact(link.contact));
  if (!contact) return Fail(Reason::kStorage, "a link without its contact");
  for (const LinkRecord& sibling : TRESTLE_TRY(turn.tx.LinksOf(link.contact))) {
    const bool open = sibling.account == link.account && sibling.bound;
    if (!open) continue;
    TRESTLE_TRY(BringOver(turn, *contact, link, sibling));
    turn.effects.Ring(sibling.network);
  }
  return {};
}

Result<void> BindLink(Turn& turn, LinkRecord link) {
  link.bound = true;
  TRESTLE_TRY(turn.tx.PutLink(link));
  TRESTLE_TRY(turn.tx.OpenThread(link.id));
  turn.effects.Ring(link.network);
  const auto contact = TRESTLE_TRY(turn.tx.FindContact(link.contact));
  if (!contact) return Fail(Reason::kStorage, "a link without its contact");
  for (const LinkRecord& sibling : TRESTLE_TRY(turn.tx.LinksOf(link.contact))) {
    const bool waits = sibling.account == link.account && sibling.id != link.id && !sibling.bound;
    if (waits) TRESTLE_TRY(BringOver(turn, *contact, sibling, link));
  }
  return {};
}

Result<void> ReopenLink(Turn& turn, const Network& from, const LinkId& id) {
  auto link = TRESTLE_TRY(turn.tx.FindLink(id));
  if (!link || link->network != from) return {};
  const auto contact = TRESTLE_TRY(turn.tx.FindContact(link->contact));
  if (!contact) return Fail(Reason::kStorage, "a link without its contact");
  link->bound = false;
  TRESTLE_TRY(turn.tx.PutLink(*link));
  // A thread that is ended is offered when it is granted or reached again.
  const Side side = contact->SideOf(link->account);
  const bool asked = side == Side::kOwner && contact->consent.state == ContactState::kRequested;
  if (contact->consent.state != ContactState::kGranted && !asked) return {};
  return QueueOffer(turn, *link, side, LabelFor(side, TRESTLE_TRY(AliasOf(turn, *contact))));
}

}  // namespace trestle
