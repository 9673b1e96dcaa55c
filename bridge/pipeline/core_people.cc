// What members ask of the core about people: aliases, requests, consent.
#include "bridge/directory/aliases.h"
#include "bridge/pipeline/contact_flow.h"
#include "bridge/pipeline/core_impl.h"
#include "bridge/pipeline/errands.h"
#include "bridge/pipeline/service_texts.h"

namespace trestle {
namespace {

const ConsentSource kOverApi{ConsentOrigin::kApi, Network::Native()};

AliasView ViewOf(const Turn& turn, const AliasRecord& alias) {
  AliasView view{alias.id,         alias.name,       alias.label,      alias.policy,
                 alias.created_at, alias.expires_at, alias.revoked_at, alias.uses,
                 alias.uses_max,   alias.listing,    std::nullopt};
  if (!alias.revoked_at) return view;
  const WallTime until = *alias.revoked_at + turn.core.limits.alias_quarantine;
  const bool expired = alias.expires_at && *alias.expires_at <= turn.now;
  if (until > turn.now && !expired) view.restorable_until = until;
  return view;
}

Result<AliasView> CreateOne(Turn& turn, const AccountId& account,
                            const CreateAliasRequest& request) {
  DirectoryScope directory = turn.directory();
  NewAlias alias{request.label, request.policy, std::nullopt, request.uses_max, request.listing};
  if (request.ttl) alias.expires_at = turn.now + *request.ttl;
  return ViewOf(turn, TRESTLE_TRY(trestle::CreateAlias(directory, account, alias)));
}

// Over gRPC a limit is an error with a time to come again.
Result<ReachAnswer> AskOne(Turn& turn, const AccountId& account, ErrandKind kind,
                           const std::string& alias) {
  const AskResult result = TRESTLE_TRY(AskInTurn(turn, {account, kind, alias, kOverApi}));
  if (result.retry_after) {
    return Fail(Reason::kBusy, "too many aliases were asked for", *result.retry_after);
  }
  return ReachAnswer{kind == ErrandKind::kReach ? texts::Reached(result.name)
                                                : texts::Cancelled(result.name)};
}

Result<ContactView> ViewOf(Turn& turn, const ContactRecord& contact, Side side) {
  ContactView view;
  view.id = contact.id;
  view.side = side;
  view.state = StateFor(contact.consent, side);
  view.waits_for_keys =
      contact.consent.owner_agreed && contact.consent.state == ContactState::kRequested;
  view.created_at = contact.created_at;
  if (contact.granted_at && TRESTLE_TRY(CrossesEdge(turn, contact))) {
    view.edge = EdgeView{contact.edge.of(side), contact.edge.of(Other(side))};
  }
  const auto alias = TRESTLE_TRY(turn.tx.FindAlias(contact.alias));
  if (alias) view.label = LabelFor(side, *alias);
  for (const LinkRecord& link : TRESTLE_TRY(turn.tx.LinksOf(contact.id))) {
    if (link.account != contact.AccountOf(side)) continue;
    view.links.push_back({link.id, link.network, link.bound});
  }
  return view;
}

Result<std::vector<ContactView>> ContactsOf(Turn& turn, const AccountId& account) {
  std::vector<ContactView> out;
  for (const ContactRecord& contact : TRESTLE_TRY(turn.tx.ContactsOf(account))) {
    const Side side = contact.SideOf(account);
    if (side == Side::kRequester && !contact.granted_at) continue;
    out.push_back(TRESTLE_TRY(ViewOf(turn, contact, side)));
  }
  return out;
}

}  // namespace

void CoreImpl::CreateAlias(const AccountId& account, CreateAliasRequest request,
                           Done<AliasView> done) {
  Operate<AliasView>(std::move(done), [account, request = std::move(request)](Turn& turn) {
    return CreateOne(turn, account, request);
  });
}

void CoreImpl::ListAliases(const AccountId& account, Done<std::vector<AliasView>> done) {
  Operate<std::vector<AliasView>>(
      std::move(done), [account](Turn& turn) -> Result<std::vector<AliasView>> {
        std::vector<AliasView> out;
        for (const AliasRecord& alias : TRESTLE_TRY(turn.tx.AliasesOf(account))) {
          out.push_back(ViewOf(turn, alias));
        }
        return out;
      });
}

void CoreImpl::RevokeAlias(const AccountId& account, const AliasId& alias, Done<void> done) {
  Operate<void>(std::move(done), [account, alias](Turn& turn) {
    DirectoryScope directory = turn.directory();
    return trestle::RevokeAlias(directory, account, alias);
  });
}

void CoreImpl::RotateAlias(const AccountId& account, const AliasId& alias, Done<AliasView> done) {
  Operate<AliasView>(std::move(done), [account, alias](Turn& turn) -> Result<AliasView> {
    DirectoryScope directory = turn.directory();
    return ViewOf(turn, TRESTLE_TRY(trestle::RotateAlias(directory, account, alias)));
  });
}

void CoreImpl::RestoreAlias(const AccountId& account, const AliasId& alias, Done<AliasView> done) {
  Operate<AliasView>(std::move(done), [account, alias](Turn& turn) -> Result<AliasView> {
    DirectoryScope directory = turn.directory();
    return ViewOf(turn, TRESTLE_TRY(trestle::RestoreAlias(directory, account, alias)));
  });
}

void CoreImpl::CloseListing(const AccountId& account, std::string listing, Done<std::size_t> done) {
  Operate<std::size_t>(std::move(done), [account, listing = std::move(listing)](Turn& turn) {
    return EndListing(turn, account, listing, kOverApi);
  });
}

void CoreImpl::Reach(const AccountId& account, std::string alias, Done<ReachAnswer> done) {
  Operate<ReachAnswer>(std::move(done), [account, alias = std::move(alias)](Turn& turn) {
    return AskOne(turn, account, ErrandKind::kReach, alias);
  });
}

void CoreImpl::Cancel(const AccountId& account, std::string alias, Done<ReachAnswer> done) {
  Operate<ReachAnswer>(std::move(done), [account, alias = std::move(alias)](Turn& turn) {
    return AskOne(turn, account, ErrandKind::kCancel, alias);
  });
}

void CoreImpl::ListContacts(const AccountId& account, Done<std::vector<ContactView>> done) {
  Operate<std::vector<ContactView>>(std::move(done),
                                    [account](Turn& turn) { return ContactsOf(turn, account); });
}

template <class Use>
void CoreImpl::OnOwnLink(const AccountId& account, const LinkId& own_link, Use use,
                         Done<ConsentAnswer> done) {
  Operate<ConsentAnswer>(
      std::move(done), [account, own_link, use](Turn& turn) -> Result<ConsentAnswer> {
        DirectoryScope directory = turn.directory();
        const OwnLink own = TRESTLE_TRY(NeedOwnLink(directory, account, own_link));
        const ConsentResult result = TRESTLE_TRY(use(turn, own));
        return ConsentAnswer{result.rule, StateFor(result.contact.consent, own.side)};
      });
}

void CoreImpl::Consent(const AccountId& account, const LinkId& own_link, ConsentAction action,
                       Done<ConsentAnswer> done) {
  const auto use = [action](Turn& turn, const OwnLink& own) {
    return UseConsent(turn, own.contact, own.side, action, kOverApi);
  };
  OnOwnLink(account, own_link, use, std::move(done));
}

void CoreImpl::AllowEdge(const AccountId& account, const LinkId& own_link, Millis span,
                         Done<ConsentAnswer> done) {
  UseEdge(account, own_link, {ConsentAction::kAllowEdge, span}, std::move(done));
}

void CoreImpl::EndEdge(const AccountId& account, const LinkId& own_link, Done<ConsentAnswer> done) {
  UseEdge(account, own_link, {ConsentAction::kEndEdge, Millis{0}}, std::move(done));
}

void CoreImpl::UseEdge(const AccountId& account, const LinkId& own_link, const EdgeWish& wish,
                       Done<ConsentAnswer> done) {
  const auto use = [wish](Turn& turn, const OwnLink& own) {
    return UseEdgeConsent(turn, own.contact, own.side, wish, kOverApi);
  };
  OnOwnLink(account, own_link, use, std::move(done));
}

void CoreImpl::ConsentOnAll(const AccountId& account, ConsentAction action, Everyone everyone,
                            Done<std::size_t> done) {
  Operate<std::size_t>(std::move(done), [account, action, everyone](Turn& turn) {
    return UseConsentOnAll(turn, account, action, everyone, kOverApi);
  });
}

void CoreImpl::ConsentHistory(const AccountId& account, std::int64_t after, std::size_t count,
                              Done<std::vector<ConsentEntryView>> done) {
  Operate<std::vector<ConsentEntryView>>(std::move(done), [account, after, count](Turn& turn) {
    return turn.tx.ConsentEntriesOf(account, after, count);
  });
}

}  // namespace trestle
