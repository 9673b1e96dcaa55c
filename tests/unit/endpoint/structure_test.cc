// Properties of every structure: decode(encode(x)) is x, nothing shorter or longer is accepted, for
// structures made at random from a seed.
#include <catch2/catch.hpp>

#include "endpoint/directory.h"
#include "tests/unit/endpoint/group_world.h"

namespace trestle::mls {
namespace {

using namespace testing;

constexpr int kRounds = 40;

// Any value of each structure: valid as octets, not as a member of a group.
class Maker {
 public:
  explicit Maker(std::uint64_t seed) : random_(seed) {}

  std::uint64_t Below(std::uint64_t bound) { return DrawBelow(random_, bound); }
  bool Coin() { return Below(2) == 0; }
  Bytes Octets(std::size_t size_max = 70) {
    Bytes out(Below(size_max + 1));
    random_.Fill(out);
    return out;
  }
  SecretBytes Secret() { return SecretBytes(Octets()); }
  std::uint16_t Number() { return static_cast<std::uint16_t>(Below(0x10000)); }
  template <class Make>
  auto Some(Make make) {
    std::vector<decltype(make())> out;
    for (std::uint64_t left = Below(4); left > 0; --left) out.push_back(make());
    return out;
  }

  mls::Credential Credential() {
    mls::Credential out;
    if (Coin()) {
      out.identity = Octets();
    } else {
      out.type = kX509Credential;
      out.certificates = Some([&] { return Octets(); });
    }
    return out;
  }
  std::vector<Extension> Extensions() {
    std::vector<Extension> out = Some([&] { return Extension{0, Octets()}; });
    for (std::size_t i = 0; i < out.size(); ++i) {
      out[i].type = static_cast<std::uint16_t>(0xF000 + i * 7 + Below(7));
    }
    return out;
  }
  LeafNode Leaf() {
    LeafNode out{Octets(), Octets(), Credential(), {}, FromUpdate{}, Extensions(), Octets()};
    const auto numbers = [&] { return Number(); };
    out.capabilities = {Some(numbers), Some(numbers), Some(numbers), Some(numbers), Some(numbers)};
    if (Coin()) out.source = FromCommit{Octets()};
    if (Coin()) out.source = FromKeyPackage{{Below(1000), Below(~0ULL)}};
    return out;
  }
  mls::KeyPackage KeyPackage() {
    return {kMls10, Number(), Octets(), Leaf(), Extensions(), Octets()};
  }
  PreSharedKeyId Psk() {
    PreSharedKeyId out;
    if (Coin()) {
      out.psk_id = Octets();
    } else {
      out.type = PskType::kResumption;
      out.usage = static_cast<ResumptionUsage>(1 + Below(3));
      out.psk_group_id = Octets();
      out.psk_epoch = Below(~0ULL);
    }
    out.nonce = Octets();
    return out;
  }
  mls::Proposal Proposal() {
    switch (Below(7)) {
      case 0:
        return {mls::Add{KeyPackage()}};
      case 1:
        return {mls::Update{Leaf()}};
      case 2:
        return {mls::Remove{{static_cast<std::uint32_t>(Below(~0U))}}};
      case 3:
        return {PreSharedKey{Psk()}};
      case 4:
        return {ReInit{Octets(), Number(), Number(), Extensions()}};
      case 5:
        return {ExternalInit{Octets()}};
      default:
        return {GroupContextExtensions{Extensions()}};
    }
  }
  HpkeCiphertext Sealed() { return {Octets(), Octets()}; }
  mls::UpdatePath Path() {
    return {Leaf(), Some([&] { return UpdatePathNode{Octets(), Some([&] { return Sealed(); })}; })};
  }
  mls::Commit Commit() {
    mls::Commit out;
    out.proposals = Some([&] {
      if (Coin()) return ProposalOrRef{Octets()};
      return ProposalOrRef{Proposal()};
    });
    if (Coin()) out.path = Path();
    return out;
  }
  mls::Sender Sender() {
    const auto type = static_cast<SenderType>(1 + Below(4));
    const bool indexed = type == SenderType::kMember || type == SenderType::kExternal;
    return {type, indexed ? static_cast<std::uint32_t>(Below(~0U)) : 0};
  }
  FramedContent Content() {
    FramedContent out{Octets(), Below(~0ULL), Sender(), Octets(), {}};
    if (Coin()) out.body = ApplicationData{Secret()};
    if (Coin()) out.body = Proposal();
    if (Coin()) out.body = Commit();
    return out;
  }
  AuthData Auth(const FramedContent& content) {
    AuthData out{Octets(), {}};
    if (content.content_type() == ContentType::kCommit) out.confirmation_tag = Octets();
    return out;
  }
  AuthenticatedContent Authenticated() {
    FramedContent content = Content();
    AuthData auth = Auth(content);
    return {Coin() ? mls::WireFormat::kPublicMessage : mls::WireFormat::kPrivateMessage,
            std::move(content), std::move(auth)};
  }
  mls::GroupContext Context() {
    return {kMls10, Number(), Octets(), Below(~0ULL), Octets(), Octets(), Extensions()};
  }
  mls::GroupInfo Info() {
    return {Context(), Extensions(), Octets(), {static_cast<std::uint32_t>(Below(64))}, Octets()};
  }
  mls::GroupSecrets Secrets() {
    mls::GroupSecrets out{Secret(), std::nullopt, Some([&] { return Psk(); })};
    if (Coin()) out.path_secret = Secret();
    return out;
  }
  mls::Welcome Welcome() {
    return {Number(), Some([&] { return EncryptedGroupSecrets{Octets(), Sealed()}; }), Octets()};
  }
  MlsMessage Message() {
    switch (Below(5)) {
      case 0: {
        FramedContent content = Content();
        AuthData auth = Auth(content);
        const bool member = content.sender.type == SenderType::kMember;
        return {PublicMessage{std::move(content), std::move(auth), member ? Octets() : Bytes{}}};
      }
      case 1:
        return {PrivateMessage{Octets(), Below(~0ULL), static_cast<ContentType>(1 + Below(3)),
                               Octets(), Octets(), Octets()}};
      case 2:
        return {Welcome()};
      case 3:
        return {Info()};
      default:
        return {KeyPackage()};
    }
  }
  RatchetTree Tree() {
    RatchetTree out;
    const std::uint64_t leaves = 1 + Below(9);
    for (std::uint64_t i = 0; i < leaves; ++i) Must(out.Add(Leaf()));
    for (std::uint32_t node = 1; node < NodeCount(out.leaf_count()); node += 2) {
      if (Coin()) out.SetParent({node}, {Octets(), Octets(), Some([&] { return LeafIndex{1}; })});
    }
    return out;
  }
  OwnKeyPackage Own() { return {KeyPackage(), Secret(), Secret()}; }
  endpoint::Directory Directory() {
    endpoint::Directory out;
    out.identity = endpoint::OwnIdentity::Make(random_);
    const auto kept = [&] { return endpoint::KeptKeyPackage{Own(), Secret()}; };
    out.key_packages = Some(kept);
    out.last_resorts = Some(kept);
    for (std::uint64_t left = Below(3); left > 0; --left) {
      endpoint::ThreadEntry& entry = out.threads[std::to_string(left)];
      random_.Fill(entry.peer_identity_key);
      entry.group_id = Octets();
      entry.welcome = Octets();
      out.Leave(Octets());
    }
    return out;
  }

 private:
  SeededRandom random_;
};

// Every structure's octets come back as they were, and no cut or lengthened form is one.
template <class Item>
void ExpectOneSpelling(const Item& item) {
  const Bytes octets = Encode(item);
  const Result<Item> again = Decode<Item>(octets);
  REQUIRE(again.has_value());
  REQUIRE(Encode(*again) == octets);
  if constexpr (requires { item == item; }) REQUIRE(*again == item);
  for (std::size_t length = 0; length < octets.size(); length += 1 + octets.size() / 60) {
    REQUIRE_FALSE(Decode<Item>(ByteView(octets).first(length)).has_value());
  }
  Bytes longer = octets;
  longer.push_back(0);
  REQUIRE_FALSE(Decode<Item>(longer).has_value());
}

template <class Item>
void ExpectEach(Item (Maker::*make)()) {
  for (int round = 0; round < kRounds; ++round) {
    CAPTURE(round);
    Maker maker(static_cast<std::uint64_t>(round));
    ExpectOneSpelling((maker.*make)());
  }
}

TEST_CASE("Credentials have one spelling") { ExpectEach(&Maker::Credential); }
TEST_CASE("Leaf nodes have one spelling") { ExpectEach(&Maker::Leaf); }
TEST_CASE("Key packages have one spelling") { ExpectEach(&Maker::KeyPackage); }
TEST_CASE("Pre-shared key ids have one spelling") { ExpectEach(&Maker::Psk); }
TEST_CASE("Proposals of every type have one spelling") { ExpectEach(&Maker::Proposal); }
TEST_CASE("Update paths have one spelling") { ExpectEach(&Maker::Path); }
TEST_CASE("Commits have one spelling") { ExpectEach(&Maker::Commit); }
TEST_CASE("Framed contents have one spelling") { ExpectEach(&Maker::Content); }
TEST_CASE("Authenticated contents have one spelling") { ExpectEach(&Maker::Authenticated); }
TEST_CASE("Group contexts have one spelling") { ExpectEach(&Maker::Context); }
TEST_CASE("Group infos have one spelling") { ExpectEach(&Maker::Info); }
TEST_CASE("Group secrets have one spelling") { ExpectEach(&Maker::Secrets); }
TEST_CASE("Welcomes have one spelling") { ExpectEach(&Maker::Welcome); }
TEST_CASE("Messages of every wire format have one spelling") { ExpectEach(&Maker::Message); }
TEST_CASE("Ratchet trees have one spelling") { ExpectEach(&Maker::Tree); }
TEST_CASE("Own key packages have one stored form") { ExpectEach(&Maker::Own); }
TEST_CASE("An endpoint's directory has one stored form") { ExpectEach(&Maker::Directory); }

TEST_CASE("A directory of the version before last resorts is read") {
  Maker maker(1);
  endpoint::Directory directory = maker.Directory();
  directory.last_resorts.clear();
  directory.left_groups.clear();
  for (auto& [thread, entry] : directory.threads) entry.welcome.clear();
  Bytes old = Encode(directory);
  // What came later: an octet for each thread's Welcome, and two counts.
  old.resize(old.size() - directory.threads.size() - 4 - 4);
  old.front() = 1;
  CHECK(Encode(Must(Decode<endpoint::Directory>(old))) == Encode(directory));
  old.front() = 9;
  CHECK(WhyNot(Decode<endpoint::Directory>(old)) == "the endpoint's state has another version");
}

}  // namespace
}  // namespace trestle::mls
