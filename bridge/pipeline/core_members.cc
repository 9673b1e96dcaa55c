// What members ask of the core: accounts, keys and messages. Aliases and contacts: core_people.cc.
#include "bridge/directory/membership.h"
#include "bridge/pipeline/contact_flow.h"
#include "bridge/pipeline/core_impl.h"
#include "bridge/pipeline/envelopes.h"

namespace trestle {
namespace {

constexpr Millis kComeAgain = std::chrono::seconds(5);

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
      TRESTLE_TRY(Join(directory, {out.answer.enrolment, Network::Native(), join_code, false,
                                   EdgesOf(turn.core.networks)}));
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
    case JoinOutcome::kEdgeStandsAlone:
      return Fail(Reason::kConflict, "an account on plain SMS stands alone");
    case JoinOutcome::kWrongCode:
    case JoinOutcome::kReturned:
    case JoinOutcome::kAlready:
      return Fail(Reason::kNotFound, "the join code is not valid");
  }
  return Fail(Reason::kInternal, "no such outcome");
}

Result<SubmitAnswer> SubmitOne(Turn& turn, const AccountId& account, const LinkId& own_link,
                               Accepts accepts, const Bytes& payload) {
  DirectoryScope directory = turn.directory();
  const OwnLink own = TRESTLE_TRY(NeedOwnLink(directory, account, own_link));
  const SubmissionResult result =
      TRESTLE_TRY(SubmitEnvelope(turn, {own.link.id, own.link.network, accepts, payload}));
  if (result.answer.rule == Rule::kOverLimit) {
    return Fail(Reason::kBusy, "as much waits for this sender's receivers as may", kComeAgain);
  }
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

void CoreImpl::KeyLog(const AccountId& account, std::uint64_t after, std::size_t count,
                      Done<std::vector<KeyLogEntry>> done) {
  Operate<std::vector<KeyLogEntry>>(std::move(done), [account, after, count](Turn& turn) {
    return turn.tx.KeyLogOf(account, after, count);
  });
}

void CoreImpl::Submit(const AccountId& account, const LinkId& own_link, Bytes payload,
                      Done<SubmitAnswer> done) {
  SubmitAs(Accepts::kApplications, account, own_link, std::move(payload), std::move(done));
}

void CoreImpl::SubmitHandshake(const AccountId& account, const LinkId& own_link, Bytes payload,
                               Done<SubmitAnswer> done) {
  SubmitAs(Accepts::kHandshakes, account, own_link, std::move(payload), std::move(done));
}

void CoreImpl::SubmitAs(Accepts accepts, const AccountId& account, const LinkId& own_link,
                        Bytes payload, Done<SubmitAnswer> done) {
  // Before the store's queue, so that a flood does not fill it.
  const Result<void> may = core_.submits.Take(account.bytes());
  if (!may) return Refuse(std::move(done), may.error());
  const std::size_t bytes = payload.size();
  Operate<SubmitAnswer>(
      std::move(done),
      [account, own_link, accepts, payload = std::move(payload)](Turn& turn) {
        return SubmitOne(turn, account, own_link, accepts, payload);
      },
      bytes);
}

}  // namespace trestle
