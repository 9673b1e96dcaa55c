// A fixed group of three for the fuzzers: the same keys in every run.
#pragma once

#include <random>
#include <string>

#include "endpoint/mls/group.h"

namespace trestle::mls::fuzzing {

class FixedRandom final : public Random {
 public:
  void Fill(std::span<std::uint8_t> out) override {
    for (std::uint8_t& octet : out) octet = static_cast<std::uint8_t>(engine_() & 0xFF);
  }

 private:
  std::mt19937_64 engine_{1};
};

class BelieveAnyone final : public Authentication {
 public:
  Result<void> CheckLeaf(const LeafNode&, SuiteId) const override { return {}; }
  Result<void> CheckSuccessor(const LeafNode&, const LeafNode&) const override { return {}; }
};

struct FuzzWorld {
  FixedRandom random;
  BelieveAnyone authentication;
  const Suite& suite = *crypto::FindSuite(1);
  std::vector<OwnKeyPackage> packages;
  std::vector<SecretBytes> signature_keys;
  std::vector<Group> groups;
  Bytes welcome;

  Services services() { return {&random, &authentication, nullptr, nullptr}; }

  FuzzWorld() {
    for (int i = 0; i < 3; ++i) {
      crypto::KeyPair pair = crypto::MakeEd25519KeyPair(random);
      MemberIdentity identity{pair.private_key, pair.public_key, {}};
      identity.credential.identity = ToBytes(std::to_string(i));
      packages.push_back(*MakeKeyPackage(suite, identity, {0, ~0ULL}, random));
      signature_keys.push_back(std::move(pair.private_key));
    }
    groups.push_back(
        *Group::Create(services(), suite, Bytes(16, 7), packages[0], signature_keys[0]));
    CommitOptions options;
    options.force_path = true;
    for (int i = 1; i < 3; ++i) {
      options.proposals.push_back({Add{packages[static_cast<std::size_t>(i)].key_package}});
    }
    NewCommit commit = *groups[0].Commit(std::move(options));
    welcome = Encode(MlsMessage{*commit.welcome});
    for (std::size_t i = 1; i < 3; ++i) {
      groups.push_back(*Group::Join(services(), *commit.welcome, packages[i], signature_keys[i]));
    }
    TRESTLE_CHECK(groups[0].AdoptCommit(std::move(commit)).has_value());
  }
};

}  // namespace trestle::mls::fuzzing
