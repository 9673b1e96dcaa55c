// One side of the interop test: holds members of MLS groups by name and does what lines on its
// input say, one answer line each: "ok …" or "no <why>". Octets are hex; "-" is none. Driven by
// interop.mjs.
#include <functional>
#include <iostream>
#include <map>
#include <sstream>

#include "bridge/base/system_seams.h"
#include "endpoint/identity.h"
#include "endpoint/mls/group.h"

namespace trestle {
namespace {

using Words = std::vector<std::string>;

constexpr std::uint64_t kLifetimeS = 60ULL * 24 * 3600;

struct Member {
  endpoint::OwnIdentity identity;
  const crypto::Suite* suite = nullptr;
  mls::OwnKeyPackage own;
  crypto::SecretBytes signature_key;
  std::optional<mls::Group> group;
  std::optional<mls::NewCommit> pending;
};

class Peer {
 public:
  Result<std::string> Do(const Words& words) {
    static const std::map<std::string, Result<std::string> (Peer::*)(const Words&)> kVerbs{
        {"new", &Peer::New},       {"create", &Peer::Create}, {"join", &Peer::Join},
        {"commit", &Peer::Commit}, {"adopt", &Peer::Adopt},   {"handle", &Peer::Handle},
        {"say", &Peer::Say},       {"state", &Peer::State},   {"update", &Peer::Update},
        {"remove", &Peer::Remove}, {"add", &Peer::Add},       {"store", &Peer::Store},
        {"forget", &Peer::Forget},
    };
    const auto verb = words.empty() ? kVerbs.end() : kVerbs.find(words[0]);
    if (verb == kVerbs.end() || words.size() < 2) {
      return Fail(Reason::kInvalidArgument, "no such verb");
    }
    return (this->*verb->second)(words);
  }

 private:
  mls::Services services() { return {&random_, &authentication_, &clock_, nullptr}; }

  Result<Member*> Find(const Words& words) {
    const auto found = members_.find(words[1]);
    if (found == members_.end()) return Fail(Reason::kNotFound, "no such member");
    return &found->second;
  }
  Result<mls::Group*> GroupOf(const Words& words) {
    Member* member = TRESTLE_TRY(Find(words));
    if (!member->group) return Fail(Reason::kNotFound, "the member is in no group");
    return &*member->group;
  }
  static Result<Bytes> Octets(const Words& words, std::size_t at) {
    if (at >= words.size()) return Fail(Reason::kInvalidArgument, "a word is missing");
    return words[at] == "-" ? Result<Bytes>(Bytes{}) : FromHex(words[at]);
  }
  static std::string Hex(const mls::MlsMessage& message) { return ToHex(mls::Encode(message)); }

  // new NAME SUITE -> key package
  Result<std::string> New(const Words& words) {
    Member& member = members_[words[1]];
    member = Member();
    member.identity = endpoint::OwnIdentity::Make(random_);
    member.suite = crypto::FindSuite(static_cast<crypto::SuiteId>(std::stoi(words.at(2))));
    if (member.suite == nullptr) return Fail(Reason::kUnsupported, "no such suite");
    const auto now_s = static_cast<std::uint64_t>(clock_.wall_now().ms / 1000);
    mls::MemberIdentity who =
        TRESTLE_TRY(member.identity.MakeMember(member.suite->id, now_s + kLifetimeS, random_));
    member.own = TRESTLE_TRY(
        mls::MakeKeyPackage(*member.suite, who, {now_s - 3600, now_s + kLifetimeS}, random_));
    member.signature_key = std::move(who.signature_private_key);
    return Hex(mls::MlsMessage{member.own.key_package});
  }
  // create NAME GROUP_ID
  Result<std::string> Create(const Words& words) {
    Member* member = TRESTLE_TRY(Find(words));
    member->group =
        TRESTLE_TRY(mls::Group::Create(services(), *member->suite, TRESTLE_TRY(Octets(words, 2)),
                                       member->own, member->signature_key));
    return std::string();
  }
  // join NAME WELCOME
  Result<std::string> Join(const Words& words) {
    Member* member = TRESTLE_TRY(Find(words));
    const Bytes message = TRESTLE_TRY(Octets(words, 2));
    const auto welcome = TRESTLE_TRY(mls::DecodeMessageAs<mls::Welcome>(message));
    member->group =
        TRESTLE_TRY(mls::Group::Join(services(), welcome, member->own, member->signature_key));
    return std::string();
  }
  // commit NAME path|nopath private|public [add:KEYPACKAGE | remove:LEAF]… -> commit, Welcome or -
  Result<std::string> Commit(const Words& words) {
    Member* member = TRESTLE_TRY(Find(words));
    mls::Group* group = TRESTLE_TRY(GroupOf(words));
    mls::CommitOptions options;
    options.force_path = words.at(2) == "path";
    options.wire =
        words.at(3) == "public" ? mls::HandshakeWire::kPublic : mls::HandshakeWire::kPrivate;
    for (std::size_t i = 4; i < words.size(); ++i) {
      options.proposals.push_back(TRESTLE_TRY(ProposalOf(words[i])));
    }
    member->pending = TRESTLE_TRY(group->Commit(std::move(options)));
    const auto& welcome = member->pending->welcome;
    return Hex(member->pending->message) + " " +
           (welcome ? Hex(mls::MlsMessage{*welcome}) : std::string("-"));
  }
  static Result<mls::Proposal> ProposalOf(const std::string& word) {
    if (word.starts_with("remove:")) {
      return mls::Proposal{mls::Remove{{static_cast<std::uint32_t>(std::stoul(word.substr(7)))}}};
    }
    const Bytes message = TRESTLE_TRY(FromHex(word.substr(4)));
    return mls::Proposal{mls::Add{TRESTLE_TRY(mls::DecodeMessageAs<mls::KeyPackage>(message))}};
  }
  // adopt NAME
  Result<std::string> Adopt(const Words& words) {
    Member* member = TRESTLE_TRY(Find(words));
    if (!member->pending) return Fail(Reason::kConflict, "no commit waits");
    TRESTLE_TRY(member->group->AdoptCommit(*std::exchange(member->pending, std::nullopt)));
    return std::string();
  }
  // handle NAME MESSAGE -> application DATA AAD | proposal | commit | removed
  Result<std::string> Handle(const Words& words) {
    mls::Group* group = TRESTLE_TRY(GroupOf(words));
    const Bytes bytes = TRESTLE_TRY(Octets(words, 2));
    const auto received = TRESTLE_TRY(group->Handle(TRESTLE_TRY(mls::DecodeMessage(bytes))));
    if (const auto* application = std::get_if<mls::ReceivedApplication>(&received)) {
      return "application " + ToHex(application->data) + " " +
             ToHex(application->authenticated_data);
    }
    if (const auto* commit = std::get_if<mls::ReceivedCommit>(&received)) {
      return std::string(commit->removed_us ? "removed" : "commit");
    }
    return std::string("proposal");
  }
  // say NAME AAD DATA -> message
  Result<std::string> Say(const Words& words) {
    mls::Group* group = TRESTLE_TRY(GroupOf(words));
    auto message = TRESTLE_TRY(group->Protect(
        TRESTLE_TRY(Octets(words, 2)), TRESTLE_TRY(Octets(words, 3)), mls::Padding::kBuckets));
    return Hex(mls::MlsMessage{std::move(message)});
  }
  // state NAME -> EPOCH AUTHENTICATOR TREE_HASH LEAF EXPORTED
  Result<std::string> State(const Words& words) {
    const mls::Group* group = TRESTLE_TRY(GroupOf(words));
    return std::to_string(group->epoch()) + " " + ToHex(group->epoch_authenticator()) + " " +
           ToHex(group->context().tree_hash) + " " + std::to_string(group->own_leaf().value) + " " +
           ToHex(group->Export("interop", AsBytes("context"), 32));
  }
  // update|remove|add NAME private|public [LEAF | KEYPACKAGE] -> proposal
  Result<std::string> Update(const Words& words) {
    return Hex(TRESTLE_TRY(TRESTLE_TRY(GroupOf(words))->ProposeUpdate(WireOf(words))));
  }
  Result<std::string> Remove(const Words& words) {
    return Hex(TRESTLE_TRY(
        TRESTLE_TRY(GroupOf(words))
            ->Propose(TRESTLE_TRY(ProposalOf("remove:" + words.at(3))), WireOf(words))));
  }
  Result<std::string> Add(const Words& words) {
    return Hex(
        TRESTLE_TRY(TRESTLE_TRY(GroupOf(words))
                        ->Propose(TRESTLE_TRY(ProposalOf("add:" + words.at(3))), WireOf(words))));
  }
  static mls::HandshakeWire WireOf(const Words& words) {
    return words.at(2) == "public" ? mls::HandshakeWire::kPublic : mls::HandshakeWire::kPrivate;
  }
  // store NAME: the group goes through its stored form.
  Result<std::string> Store(const Words& words) {
    mls::Group* group = TRESTLE_TRY(GroupOf(words));
    const Bytes stored = mls::Encode(*group);
    TlsReader in(stored);
    *group = TRESTLE_TRY(mls::Group::Read(services(), in));
    return std::string();
  }
  Result<std::string> Forget(const Words& words) {
    members_.erase(words[1]);
    return std::string();
  }

  SystemRandom random_;
  SystemClock clock_;
  endpoint::BindingAuthentication authentication_{clock_};
  std::map<std::string, Member> members_;
};

}  // namespace
}  // namespace trestle

int main() {
  trestle::Peer peer;
  std::string line;
  while (std::getline(std::cin, line)) {
    std::istringstream in(line);
    trestle::Words words;
    for (std::string word; in >> word;) words.push_back(word);
    try {
      const auto answer = peer.Do(words);
      std::cout << (answer ? "ok " + *answer : "no " + std::string(answer.error().what.view()))
                << std::endl;
    } catch (const std::exception&) {
      std::cout << "no a word is missing or not a number" << std::endl;
    }
  }
  return 0;
}
