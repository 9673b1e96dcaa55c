// What members ask of the core: accounts, aliases, contacts, keys and messages.
#include <algorithm>

#include "bridge/directory/aliases.h"
#include "bridge/directory/membership.h"
#include "bridge/pipeline/contact_flow.h"
#include "bridge/pipeline/core_impl.h"
#include "bridge/pipeline/envelopes.h"
#include "bridge/pipeline/service_texts.h"

namespace trestle {
namespace {

// A new token with its enrolment, or why there is none. Outcomes are data, because a wrong guess
// must be committed to count.
struct NativeEnrolment {
  JoinOutcome outcome = JoinOutcome::kCreated;
  EnrolAnswer answer;
};

Result<NativeEnrolment> EnrolOne(Turn& turn, const std::string& join_code) {
  DirectoryScope directory = turn.directory();
  NativeEnrolment out;
  out.answer.enrolment = EnrolmentId::Mint(turn.core.random);
  const JoinResult joined =
      TRESTLE_TRY(Join(directory, {out.answer.enrolment, Network::Native(), join_code, false}));
  out.outcome = joined.outcome;
  const bool in = joined.outcome == JoinOutcome::kCreated || joined.outcome == JoinOutcome::kAdded;
  if (!in) return out;
  if (joined.outcome == JoinOutcome::kAdded) {
    TRESTLE_TRY(OfferOnNewNetwork(turn, joined.account));
  }
  out.answer.account = joined.account;
  out.answer.token = Secret(TRESTLE_TRY(MakeToken(directory, joined.account)));
  return out;
}

Result<EnrolAnswer> AnswerOf(NativeEnrolment enrolment) {
  switch (enrolment.outcome) {
    case JoinOutcome::kCreated:
    case JoinOutcome::kAdded:
      return std::move(enrolment.answer);
    case JoinOutcome::kTooManyTries:
      return Fail(Reason::kBusy, "too many wrong join codes", std::chrono::minutes(10));
    case JoinOutcome::kFull:
      return Fail(Reason::kConflict, "the account has as many networks as it may");
    case JoinOutcome::kWrongCode:
    case JoinOutcome::kReturned:
    case JoinOutcome::kAlready:
      return Fail(Reason::kNotFound, "the join code is not valid");
  }
  return Fail(Reason::kInternal, "no such outcome");
}

AliasView ViewOf(const AliasRecord& alias) {
  return {alias.id,         alias.name,       alias.label,     alias.policy,
          alias.created_at, alias.expires_at, alias.revoked_at};
}

Result<AliasView> CreateOne(Turn& turn, const AccountId& account,
                            const CreateAliasRequest& request) {
  DirectoryScope directory = turn.directory();
  NewAlias alias{request.label, request.policy, std::nullopt};
  if (request.ttl) alias.expires_at = turn.now + *request.ttl;
  return ViewOf(TRESTLE_TRY(trestle::CreateAlias(directory, account, alias)));
}

Result<ReachAnswer> ReachOne(Turn& turn, const AccountId& account, const std::string& alias) {
  DirectoryScope directory = turn.directory();
  const AccountRecord record = TRESTLE_TRY(NeedAccount(directory, account));
  if (!record.stopped) {
    TRESTLE_TRY(AfterReach(turn, TRESTLE_TRY(trestle::Reach(directory, account, alias))));
  }
  const std::string name = NormalisedAliasName(alias);
  return ReachAnswer{texts::Reached(LooksLikeAliasName(name) ? name : std::string())};
}

Result<ContactView> ViewOf(Turn& turn, const ContactRecord& contact, Side side) {
  ContactView view;
  view.id = contact.id;
  view.side = side;
  view.state = contact.consent.state;
  view.waits_for_keys =
      contact.consent.owner_agreed && contact.consent.state == ContactState::kRequested;
  view.created_at = contact.created_at;
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

Result<SubmitAnswer> SubmitOne(Turn& turn, const AccountId& account, const LinkId& own_link,
                               Accepts accepts, const Bytes& payload) {
  DirectoryScope directory = turn.directory();
  const OwnLink own = TRESTLE_TRY(NeedOwnLink(directory, account, own_link));
  const SubmissionResult result =
      TRESTLE_TRY(SubmitEnvelope(turn, {own.link.id, own.link.network, accepts, payload}));
  return result.answer;
}

}  // namespace

void CoreImpl::EnrolNative(std::string join_code, Done<EnrolAnswer> done) {
  Done<NativeEnrolment> committed = [done =
                                         std::move(done)](Result<NativeEnrolment> result) mutable {
    if (result) {
      std::move(done)(AnswerOf(*std::move(result)));
    } else {
      std::move(done)(tl::unexpected(result.error()));
    }
  };
  Operate<NativeEnrolment>(std::move(committed), [join_code = std::move(join_code)](Turn& turn) {
    return EnrolOne(turn, join_code);
  });
}

void CoreImpl::Authenticate(Secret token, Done<AccountId> done) {
  Operate<AccountId>(std::move(done), [token = std::move(token)](Turn& turn) {
    DirectoryScope directory = turn.directory();
    return AccountOfToken(directory, token.Reveal(Purpose::kAuthenticate));
  });
}

void CoreImpl::JoinCode(const AccountId& account, Done<JoinCodeAnswer> done) {
  Operate<JoinCodeAnswer>(std::move(done), [account](Turn& turn) -> Result<JoinCodeAnswer> {
    DirectoryScope directory = turn.directory();
    JoinCodeAnswer answer;
    answer.expires_at = TRESTLE_TRY(MakeJoinCode(directory, account, answer.code)).expires_at;
    return answer;
  });
}

void CoreImpl::SetPreferences(const AccountId& account, Preferences preferences, Done<void> done) {
  Operate<void>(std::move(done),
                [account, preferences = std::move(preferences)](Turn& turn) -> Result<void> {
                  TRESTLE_TRY(CheckPreferences(preferences));
                  DirectoryScope directory = turn.directory();
                  AccountRecord record = TRESTLE_TRY(NeedAccount(directory, account));
                  record.preferences = preferences;
                  return turn.tx.PutAccount(record);
                });
}

void CoreImpl::GetPreferences(const AccountId& account, Done<Preferences> done) {
  Operate<Preferences>(std::move(done), [account](Turn& turn) -> Result<Preferences> {
    DirectoryScope directory = turn.directory();
    return TRESTLE_TRY(NeedAccount(directory, account)).preferences;
  });
}

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
          out.push_back(ViewOf(alias));
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

void CoreImpl::Reach(const AccountId& account, std::string alias, Done<ReachAnswer> done) {
  Operate<ReachAnswer>(std::move(done), [account, alias = std::move(alias)](Turn& turn) {
    return ReachOne(turn, account, alias);
  });
}

void CoreImpl::ListContacts(const AccountId& account, Done<std::vector<ContactView>> done) {
  Operate<std::vector<ContactView>>(std::move(done),
                                    [account](Turn& turn) { return ContactsOf(turn, account); });
}

void CoreImpl::Consent(const AccountId& account, const LinkId& own_link, ConsentAction action,
                       Done<ConsentAnswer> done) {
  Operate<ConsentAnswer>(
      std::move(done), [account, own_link, action](Turn& turn) -> Result<ConsentAnswer> {
        DirectoryScope directory = turn.directory();
        const OwnLink own = TRESTLE_TRY(NeedOwnLink(directory, account, own_link));
        const ConsentResult result = TRESTLE_TRY(UseConsent(turn, own.contact, own.side, action));
        return ConsentAnswer{result.rule, result.contact.consent.state};
      });
}

void CoreImpl::PublishKeys(const AccountId& account, std::vector<Bytes> key_packages,
                           Done<PublishKeysAnswer> done) {
  Operate<PublishKeysAnswer>(
      std::move(done),
      [account, key_packages = std::move(key_packages)](Turn& turn) -> Result<PublishKeysAnswer> {
        const PublishResult result = TRESTLE_TRY(TakeKeys(turn, account, key_packages));
        return PublishKeysAnswer{result.stored, result.refused, result.held};
      });
}

void CoreImpl::ClaimKeys(const AccountId& account, const LinkId& own_link,
                         Done<ClaimKeysAnswer> done) {
  Operate<ClaimKeysAnswer>(
      std::move(done), [account, own_link](Turn& turn) -> Result<ClaimKeysAnswer> {
        DirectoryScope directory = turn.directory();
        const OwnLink own = TRESTLE_TRY(NeedOwnLink(directory, account, own_link));
        ClaimResult claimed = TRESTLE_TRY(trestle::ClaimKeys(directory, own));
        return ClaimKeysAnswer{claimed.rule, std::move(claimed.key_package)};
      });
}

void CoreImpl::CountKeys(const AccountId& account, Done<std::size_t> done) {
  Operate<std::size_t>(std::move(done),
                       [account](Turn& turn) { return turn.tx.CountKeyPackages(account); });
}

void CoreImpl::Submit(const AccountId& account, const LinkId& own_link, Bytes payload,
                      Done<SubmitAnswer> done) {
  Operate<SubmitAnswer>(
      std::move(done), [account, own_link, payload = std::move(payload)](Turn& turn) {
        return SubmitOne(turn, account, own_link, Accepts::kApplications, payload);
      });
}

void CoreImpl::SubmitHandshake(const AccountId& account, const LinkId& own_link, Bytes payload,
                               Done<SubmitAnswer> done) {
  Operate<SubmitAnswer>(std::move(done),
                        [account, own_link, payload = std::move(payload)](Turn& turn) {
                          return SubmitOne(turn, account, own_link, Accepts::kHandshakes, payload);
                        });
}

}  // namespace trestle
