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

namespace trestle {

inline constexpr std::size_t kLabelBytesMax = 64;
inline constexpr std::size_t kPreferenceNetworksMax = 16;

// What an account wishes of the router.
struct Preferences {
  std::vector<Network> order;    // most preferred first; networks not named come after
  std::vector<Network> refused;  // never used for this account
  bool sms_allowed = false;      // networks with needs_sms_consent are used only when true
  bool operator==(const Preferences&) const = default;
};

struct AccountRecord {
  AccountId id;
  WallTime created_at{};
  Preferences preferences;
  bool stopped = false;       // said STOP on the service thread; JOIN undoes it
  bool has_endpoint = false;  // has published keys or sent a sealed message: can open one
};

struct EnrolmentRecord {
  EnrolmentId id;  // chosen by the network's adapter, which alone knows the address behind it
  AccountId account;
  Network network = Network::Native();
  WallTime created_at{};
};

struct AliasRecord {
  AliasId id;
  std::string name;  // unique for ever: a revoked name is never handed out again
  AccountId account;
  std::string label;
  AliasPolicy policy = AliasPolicy::kAsk;
  WallTime created_at{};
  std::optional<WallTime> expires_at;
  std::optional<WallTime> revoked_at;
};

struct ContactRecord {
  ContactId id;
  AccountId owner;      // of the alias
  AccountId requester;  // reached it
  AliasId alias;
  ConsentStatus consent;
  std::optional<WallTime> granted_at;  // the first time; before it the requester sees nothing
  std::optional<GroupId> group_id;     // the MLS group, named by the first message
  std::uint64_t epoch = 0;
  std::uint64_t next_seq = 1;
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
