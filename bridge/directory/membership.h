// Accounts, enrolments, join codes and tokens. An account is made by the first JOIN; a code shown
// by a member joins another network to the same account. Refused guesses are counted in the same
// transaction, so an answer of "wrong" must be committed, not rolled back: outcomes are data here.
#pragma once

#include "bridge/directory/tables.h"

namespace trestle {

enum class JoinOutcome : std::uint8_t {
  kCreated,   // a new account
  kAdded,     // one more enrolment of the code's account
  kReturned,  // had stopped, and is back
  kAlready,   // nothing to do
  kWrongCode,
  kTooManyTries,
  kFull,  // the account has as many enrolments as it may
  // A network whose adapter holds its people's keys is the only one of its accounts: what one
  // device joined with, another one could not open.
  kEdgeStandsAlone,
};

struct JoinRequest {
  EnrolmentId enrolment;
  Network network = Network::Native();
  std::string code;                 // empty: no code
  bool needs_sms_consent = false;   // the network's capability
  std::vector<Network> edges = {};  // networks whose adapters open messages
};

struct JoinResult {
  JoinOutcome outcome = JoinOutcome::kAlready;
  AccountId account;
};

// Joining first on an SMS-like network is that person's explicit choice of it and allows it in
// their preferences; adding one to an account that has another network does not.
Result<JoinResult> Join(DirectoryScope& scope, const JoinRequest& request);

// Eight digits that the account can show on another of its networks; the last one made counts.
Result<JoinCodeRecord> MakeJoinCode(DirectoryScope& scope, const AccountId& account,
                                    std::string& code);

// A new token for the account, 32 random octets in base64url; only its hash is stored.
Result<std::string> MakeToken(DirectoryScope& scope, const AccountId& account);
// kUnauthenticated when no account has it.
Result<AccountId> AccountOfToken(DirectoryScope& scope, std::string_view token);

// kNotFound when there is none.
Result<AccountRecord> NeedAccount(DirectoryScope& scope, const AccountId& account);

// kInvalidArgument for networks named twice or too many.
Result<void> CheckPreferences(const Preferences& preferences);

}  // namespace trestle
