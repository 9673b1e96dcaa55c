#include "endpoint/endpoint.h"

#include <algorithm>

namespace trestle::endpoint {
namespace {

constexpr std::string_view kDirectoryFile = "directory";
constexpr std::string_view kThreadPrefix = "thread-";
constexpr std::uint64_t kClockSkewS = 3600;
constexpr std::uint64_t kKeyPackageLifeS = 90ULL * 24 * 3600;
constexpr std::uint64_t kBindingLifeS = 366ULL * 24 * 3600;

std::uint64_t SecondsOf(const Clock& clock) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(clock.wall_now().ms, 0) / 1000);
}

Result<IdentityBinding> PeerOf(const mls::Group& group) {
  // A thread is two people: us and one more.
  const std::vector<mls::LeafIndex> members = group.tree().members();
  if (members.size() != 2) return Fail(Reason::kInvalidArgument, "a thread is a group of two");
  const mls::LeafIndex peer = members[0] == group.own_leaf() ? members[1] : members[0];
  return BindingOf(group.tree().leaf(peer)->credential);
}

}  // namespace

Endpoint::Endpoint(StateStore store, Random& random, const Clock& clock)
    : store_(std::move(store)), random_(random), clock_(clock), authentication_(clock) {}

Result<std::unique_ptr<Endpoint>> Endpoint::Open(const std::string& folder, Random& random,
                                                 const Clock& clock) {
  return OpenWith(TRESTLE_TRY(StateStore::Open(folder, std::nullopt, random)), random, clock);
}

Result<std::unique_ptr<Endpoint>> Endpoint::Open(const std::string& folder, crypto::SecretBytes key,
                                                 Random& random, const Clock& clock) {
  return OpenWith(TRESTLE_TRY(StateStore::Open(folder, std::move(key), random)), random, clock);
}

Result<std::unique_ptr<Endpoint>> Endpoint::OpenWith(StateStore store, Random& random,
                                                     const Clock& clock) {
  std::unique_ptr<Endpoint> out(new Endpoint(std::move(store), random, clock));
  TRESTLE_TRY(out->LoadDirectory());
  return out;
}

std::uint64_t Endpoint::BindingEnd() const { return SecondsOf(clock_) + kBindingLifeS; }

mls::Services Endpoint::services() { return {&random_, &authentication_, &clock_, nullptr}; }

Speaker Endpoint::SpeakerOf(const mls::Group& group, const Bytes32& handle) const {
  const Result<GroupId> id = GroupId::FromBytes(group.context().group_id);
  return {handle, id ? *id : GroupId()};
}

Result<void> Endpoint::LoadDirectory() {
  const std::optional<crypto::SecretBytes> plain = TRESTLE_TRY(store_.Load(kDirectoryFile));
  if (!plain) {
    Directory fresh;
    fresh.identity = OwnIdentity::Make(random_);
    return Adopt(std::move(fresh));
  }
  directory_ = TRESTLE_TRY(mls::Decode<Directory>(*plain));
  return {};
}

Result<void> Endpoint::Adopt(Directory next) {
  const crypto::SecretBytes plain(mls::Encode(next));
  TRESTLE_TRY(store_.Save(kDirectoryFile, plain));
  directory_ = std::move(next);
  return {};
}

Result<void> Endpoint::SaveThread(std::string_view thread, const mls::Group& group,
                                  const mls::Group* after_rekey) {
  TlsWriter out;
  group.Write(out);
  out.U8(after_rekey != nullptr ? 1 : 0);
  if (after_rekey != nullptr) after_rekey->Write(out);
  const crypto::SecretBytes plain(out.Take());
  return store_.Save(store_.BlindName(kThreadPrefix, thread), plain);
}

Result<Endpoint::Thread*> Endpoint::FindThread(std::string_view thread) {
  if (const auto known = threads_.find(thread); known != threads_.end()) return &known->second;
  if (!HasThread(thread)) return Fail(Reason::kNotFound, "there is no such thread");
  const std::optional<crypto::SecretBytes> plain =
      TRESTLE_TRY(store_.Load(store_.BlindName(kThreadPrefix, thread)));
  if (!plain) return Fail(Reason::kStorage, "the thread's state is missing");
  TlsReader in(*plain);
  Thread loaded{TRESTLE_TRY(mls::Group::Read(services(), in)), nullptr};
  if (TRESTLE_TRY(mls::ReadPresence(in))) {
    loaded.after_rekey =
        std::make_unique<mls::Group>(TRESTLE_TRY(mls::Group::Read(services(), in)));
  }
  TRESTLE_TRY(in.ExpectEnd());
  return &threads_.emplace(std::string(thread), std::move(loaded)).first->second;
}

Result<KeptKeyPackage> Endpoint::MakeKeyPackage(const crypto::Suite& suite,
                                                mls::PackageUse use) const {
  const std::uint64_t now_s = SecondsOf(clock_);
  mls::MemberIdentity member =
      TRESTLE_TRY(directory_.identity.MakeMember(suite.id, BindingEnd(), random_));
  const mls::Lifetime lifetime{now_s - std::min(now_s, kClockSkewS), now_s + kKeyPackageLifeS};
  mls::OwnKeyPackage own =
      TRESTLE_TRY(mls::MakeKeyPackage(suite, member, lifetime, random_, use, standing_));
  return KeptKeyPackage{std::move(own), std::move(member.signature_private_key)};
}

Result<std::vector<Bytes>> Endpoint::MakeKeyPackages(std::size_t count) {
  if (count > kKeyPackagesMax) return Fail(Reason::kInvalidArgument, "too many key packages");
  Directory next = directory_;
  // Those that nobody can use any more make room.
  std::erase_if(next.key_packages,
                [&](const KeptKeyPackage& kept) { return !kept.IsAlive(clock_.wall_now()); });
  if (next.key_packages.size() + count > kKeyPackagesMax) {
    return Fail(Reason::kBusy, "too many key packages wait for use");
  }
  std::vector<Bytes> out;
  for (std::size_t i = 0; i < count; ++i) {
    KeptKeyPackage made =
        TRESTLE_TRY(MakeKeyPackage(crypto::Suites().front(), mls::PackageUse::kOnce));
    out.push_back(mls::Encode(mls::MlsMessage{made.own.key_package}));
    next.key_packages.push_back(std::move(made));
  }
  TRESTLE_TRY(Adopt(std::move(next)));
  return out;
}

Result<Bytes> Endpoint::LastResortKeyPackage() {
  const WallTime soon = clock_.wall_now() + std::chrono::seconds(kKeyPackageLifeS / 3);
  if (directory_.last_resorts.empty() || !directory_.last_resorts.back().IsAlive(soon)) {
    Directory next = directory_;
    std::erase_if(next.last_resorts,
                  [&](const KeptKeyPackage& kept) { return !kept.IsAlive(clock_.wall_now()); });
    next.last_resorts.push_back(
        TRESTLE_TRY(MakeKeyPackage(crypto::Suites().front(), mls::PackageUse::kLastResort)));
    if (next.last_resorts.size() > Directory::kLastResortsMax) {
      next.last_resorts.erase(next.last_resorts.begin());
    }
    TRESTLE_TRY(Adopt(std::move(next)));
  }
  return mls::Encode(mls::MlsMessage{directory_.last_resorts.back().own.key_package});
}

Result<void> Endpoint::CheckNewThread(std::string_view thread) const {
  if (thread.empty() || thread.size() > kThreadNameBytesMax) {
    return Fail(Reason::kInvalidArgument, "a thread's name is 1 to 255 octets");
  }
  if (HasThread(thread)) return Fail(Reason::kAlreadyExists, "the thread exists already");
  if (directory_.threads.size() >= kThreadsMax && !directory_.threads.contains(thread)) {
    return Fail(Reason::kBusy, "too many threads");
  }
  return {};
}

Result<void> Endpoint::KeepThread(std::string_view thread, mls::Group group, Bytes welcome,
                                  Directory next) {
  TRESTLE_TRY(GroupId::FromBytes(group.context().group_id));
  const IdentityBinding peer = TRESTLE_TRY(PeerOf(group));
  if (peer.identity_key == next.identity.identity_key()) {
    return Fail(Reason::kInvalidArgument, "a thread with ourselves");
  }
  // RFC 9420, Section 12.4.3.1: the group id is unique among our groups. And those that we left
  // stay left: a Welcome that comes again would bring spent keys back.
  if (next.Knows(group.context().group_id)) {
    return Fail(Reason::kAlreadyExists, "a group that we are or were in");
  }
  const auto pinned = next.threads.find(thread);
  if (pinned != next.threads.end() && pinned->second.peer_identity_key != peer.identity_key) {
    return Fail(Reason::kCrypto, "the peer's identity key is not the pinned one");
  }
  // Until the directory names the thread its file is nobody's, and is replaced by the next try.
  TRESTLE_TRY(SaveThread(thread, group, nullptr));
  next.threads[std::string(thread)] = {peer.identity_key, group.context().group_id,
                                       std::move(welcome)};
  TRESTLE_TRY(Adopt(std::move(next)));
  threads_.insert_or_assign(std::string(thread), Thread{std::move(group), nullptr});
  return {};
}

Result<Bytes> Endpoint::StartThread(std::string_view thread, ByteView peer_key_package) {
  TRESTLE_TRY(CheckNewThread(thread));
  mls::KeyPackage peer = TRESTLE_TRY(mls::DecodeMessageAs<mls::KeyPackage>(peer_key_package));
  const crypto::Suite* suite = crypto::FindSuite(peer.cipher_suite);
  if (suite == nullptr) return Fail(Reason::kUnsupported, "a key package for an unknown suite");
  KeptKeyPackage own = TRESTLE_TRY(MakeKeyPackage(*suite, mls::PackageUse::kOnce));
  const GroupId group_id = GroupId::Mint(random_);
  mls::Group group = TRESTLE_TRY(mls::Group::Create(services(), *suite, ToBytes(group_id.bytes()),
                                                    own.own, std::move(own.signature_private_key)));
  // Nobody else is in the group yet, so the commit is accepted as soon as it is made. Without a
  // path: the epoch before was random and ours alone, and a Welcome without parent nodes fits fewer
  // segments.
  mls::CommitOptions options;
  options.proposals.push_back({mls::Add{std::move(peer)}});
  mls::NewCommit commit = TRESTLE_TRY(group.Commit(std::move(options)));
  const Bytes welcome = mls::Encode(mls::MlsMessage{*commit.welcome});
  TRESTLE_TRY(group.AdoptCommit(std::move(commit)));
  TRESTLE_TRY(KeepThread(thread, std::move(group), welcome, directory_));
  return welcome;
}

const KeptKeyPackage* Endpoint::KeyPackageFor(const mls::Welcome& welcome) const {
  for (const auto* list : {&directory_.key_packages, &directory_.last_resorts}) {
    for (const KeptKeyPackage& kept : *list) {
      if (welcome.FindFor(kept.own.key_package.Ref()) != nullptr) return &kept;
    }
  }
  return nullptr;
}

Result<void> Endpoint::JoinThread(std::string_view thread, ByteView welcome_message) {
  TRESTLE_TRY(CheckNewThread(thread));
  const mls::Welcome welcome = TRESTLE_TRY(mls::DecodeMessageAs<mls::Welcome>(welcome_message));
  const KeptKeyPackage* kept = KeyPackageFor(welcome);
  if (kept == nullptr) return Fail(Reason::kNotFound, "a Welcome for none of our key packages");
  mls::Group group =
      TRESTLE_TRY(mls::Group::Join(services(), welcome, kept->own, kept->signature_private_key));
  // RFC 9420, Section 16.8: a key package is used once, and its init key forgotten; but for the
  // last resort (draft-ietf-mls-extensions, Last Resort KeyPackages).
  Directory next = directory_;
  const Bytes used = kept->own.key_package.Ref();
  std::erase_if(next.key_packages,
                [&](const KeptKeyPackage& one) { return one.own.key_package.Ref() == used; });
  return KeepThread(thread, std::move(group), {}, std::move(next));
}

bool Endpoint::HasThread(std::string_view thread) const {
  const auto found = directory_.threads.find(thread);
  return found != directory_.threads.end() && !found->second.group_id.empty();
}

Result<void> Endpoint::ForgetThread(std::string_view thread) {
  if (!HasThread(thread)) return {};
  Directory next = directory_;
  ThreadEntry& entry = next.threads.find(thread)->second;
  next.Leave(std::exchange(entry.group_id, {}));
  entry.welcome.clear();
  // The secrets go first: after a crash in between, forgetting again completes it.
  TRESTLE_TRY(store_.Remove(store_.BlindName(kThreadPrefix, thread)));
  threads_.erase(std::string(thread));
  return Adopt(std::move(next));
}

Result<void> Endpoint::ForgetPeer(std::string_view thread) {
  TRESTLE_TRY(ForgetThread(thread));
  Directory next = directory_;
  next.threads.erase(std::string(thread));
  return Adopt(std::move(next));
}

Result<std::string> Endpoint::SafetyNumber(std::string_view thread) const {
  const auto found = directory_.threads.find(thread);
  if (found == directory_.threads.end()) return Fail(Reason::kNotFound, "there is no such thread");
  return SafetyNumberOf(directory_.identity.identity_key(), found->second.peer_identity_key);
}

}  // namespace trestle::endpoint
