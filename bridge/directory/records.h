// The directory's records, one struct a table. They hold ids, states, and names that the bridge
// made or a person gave to their own things (labels): never a native address, not even a hash of
// one.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bridge/base/bytes.h"
#include "bridge/base/ids.h"
#include "bridge/envelope/network.h"
#include "bridge/policy/consent.h"
#include "bridge/policy/edge_consent.h"
#include "bridge/policy/residency.h"

namespace trestle {

inline constexpr std::size_t kLabelBytesMax = 64;
inline constexpr std::size_t kPreferenceNetworksMax = 16;

// What an account wishes of the router.
struct Preferences {
  std::vector<Network> order;    // most preferred first; networks not named come after
  std::vector<Network> refused;  // never used for this account
  bool sms_allowed = false;      // networks with needs_sms_consent are used only when true
  ResidencyWishes residency;     // where what waits for or comes from the account may be kept
  // Its endpoint would show an envelope twice that came twice, which MLS endpoints do not: then
  // nothing that may have been sent goes over a second network.
  bool shows_repeats = false;
  bool operator==(const Preferences&) const = default;
};

struct AccountRecord {
  AccountId id;
  WallTime created_at{};
  Preferences preferences;
  bool stopped = false;            // said STOP on the service thread; JOIN undoes it
  bool has_endpoint = false;       // has published keys or sent a sealed message: can open one
  bool strangers_refused = false;  // nobody new may ask, whatever the aliases say
};

struct EnrolmentRecord {
  EnrolmentId id;  // chosen by the network's adapter, which alone knows the address behind it
  AccountId account;
  Network network = Network::Native();
  WallTime created_at{};
};

struct AliasRecord {
  AliasId id;
  std::string name;  // unique for ever: a name is never handed out twice
  AccountId account;
  std::string label;
  AliasPolicy policy = AliasPolicy::kAsk;
  WallTime created_at{};
  std::optional<WallTime> expires_at;
  std::optional<WallTime> revoked_at;
  std::int64_t uses = 0;                 // contacts that began through it
  std::optional<std::int64_t> uses_max;  // 1: one-time
  std::string listing;                   // the owner's name for what it is shown on; "" for none
};

// Something that was asked for in one turn and is done in the next, so that the turn that answers
// does the same work whatever the answer hides.
enum class ErrandKind : std::uint8_t { kReach = 1, kCancel = 2, kWithdraw = 3 };

struct ErrandRecord {
  std::int64_t number = 0;  // given by the store
  ErrandKind kind = ErrandKind::kReach;
  AccountId account;
  std::string name;   // kReach, kCancel: the alias; empty when what was typed is none
  ContactId contact;  // kWithdraw
  ConsentOrigin origin = ConsentOrigin::kApi;
  Network network = Network::Native();
};

// What a bounded number of things in a window of time is counted by.
enum class BudgetKind : std::uint8_t {
  kLookupsOfAccount = 1,
  kLookupsOfNetwork = 2,
  kLookupsOfAll = 3,
  kNamesOfAccount = 4,
};

struct BudgetRecord {
  BudgetKind kind = BudgetKind::kLookupsOfAll;
  Bytes16 subject{};
  std::int64_t used = 0;
  WallTime expires_at{};
};

// One entry of the consent ledger: who changed what, when, and from where.
struct ConsentRecord {
  std::int64_t number = 0;           // of the account's, given by the store
  AccountId account;                 // whose doing it was
  std::optional<ContactId> contact;  // none: about everything
  ConsentEntry entry = ConsentEntry::kRequested;
  ConsentOrigin origin = ConsentOrigin::kApi;
  Network network = Network::Native();
  WallTime at{};
  WallTime expires_at{};
  std::optional<WallTime> until = {};  // with kEdgeAgreed: for how long
};

struct ContactRecord {
  ContactId id;
  AccountId owner;      // of the alias
  AccountId requester;  // reached it
  AliasId alias;
  ConsentStatus consent;
  EdgeConsent edge;
  std::optional<WallTime> granted_at;  // the first time; before it the requester sees nothing
  int key_claims = 0;
  WallTime created_at{};

  Side SideOf(const AccountId& account) const {
    return account == owner ? Side::kOwner : Side::kRequester;
  }
  const AccountId& AccountOf(Side side) const { return side == Side::kOwner ? owner : requester; }
};

struct LinkRecord {
  LinkId id;
  ContactId contact;
  AccountId account;
  EnrolmentId enrolment;
  Network network = Network::Native();
  bool offered = false;  // a ThreadOffer has been queued
  bool bound = false;    // the thread is open: its person has written on it
};

struct KeyPackageRecord {
  Bytes32 ref{};  // SHA-256 of the octets
  AccountId account;
  Bytes octets;
};

struct JoinCodeRecord {
  Bytes32 hash{};
  AccountId account;
  WallTime expires_at{};
};

}  // namespace trestle
