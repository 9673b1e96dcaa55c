// What an endpoint keeps beside its threads' groups: who it is, the key packages that others may
// use, whom each thread is with, and which groups it has left. One sealed file. A value: the
// endpoint changes a copy, saves it, and adopts it when it is on disk.
#pragma once

#include <deque>
#include <map>
#include <string>

#include "endpoint/identity.h"

namespace trestle::endpoint {

struct KeptKeyPackage {
  mls::OwnKeyPackage own;
  crypto::SecretBytes signature_private_key;

  bool IsAlive(WallTime now) const;  // within its lifetime

  void Write(TlsWriter& out) const;
  static Result<KeptKeyPackage> Read(TlsReader& in);
};

struct ThreadEntry {
  Bytes32 peer_identity_key{};  // the pin
  Bytes group_id = {};          // empty when the thread is forgotten
  Bytes welcome = {};           // the one that we made, until the peer has answered
  bool operator==(const ThreadEntry&) const = default;
};

struct Directory {
  // Newest last; those before are no longer published, but Welcomes for them may be under way.
  static constexpr std::size_t kLastResortsMax = 3;
  static constexpr std::size_t kLeftGroupsMax = 4096;

  OwnIdentity identity;
  std::vector<KeptKeyPackage> key_packages;  // each for one Welcome
  std::vector<KeptKeyPackage> last_resorts;
  std::map<std::string, ThreadEntry, std::less<>> threads;
  std::deque<Bytes> left_groups;  // oldest first

  // A group that we are or were in: a Welcome into it is a repetition.
  bool Knows(ByteView group_id) const;
  void Leave(Bytes group_id);

  void Write(TlsWriter& out) const;  // with its secrets: for sealed storage alone
  static Result<Directory> Read(TlsReader& in);
};

}  // namespace trestle::endpoint
