#include "endpoint/endpoint.h"

#include <algorithm>

namespace trestle::endpoint {
namespace {

constexpr std::string_view kDirectoryFile = "directory";
constexpr std::string_view kThreadPrefix = "thread-";
constexpr std::uint8_t kDirectoryVersion = 1;
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
    identity_ = OwnIdentity::Make(random_);
    return SaveDirectory();
  }
  TlsReader in(*plain);
  if (TRESTLE_TRY(in.U8()) != kDirectoryVersion) {
    return Fail(Reason::kUnsupported, "the endpoint's state has another version");
  }
  identity_ = TRESTLE_TRY(OwnIdentity::Read(in));
  for (std::uint32_t left = TRESTLE_TRY(in.U32()); left > 0; --left) {
    KeptKeyPackage kept{TRESTLE_TRY(mls::OwnKeyPackage::Read(in)), {}};
    kept.signature_private_key = crypto::SecretBytes(TRESTLE_TRY(mls::ReadBytes(in)));
    key_packages_.push_back(std::move(kept));
  }
  for (std::uint32_t left = TRESTLE_TRY(in.U32()); left > 0; --left) {
    ThreadEntry& entry = directory_[std::string(AsText(TRESTLE_TRY(in.Vector())))];
    const ByteView pin = TRESTLE_TRY(in.Fixed(entry.peer_identity_key.size()));
    std::copy(pin.begin(), pin.end(), entry.peer_identity_key.begin());
    entry.group_id = TRESTLE_TRY(mls::ReadBytes(in));
  }
  return in.ExpectEnd();
}

Result<void> Endpoint::SaveDirectory() {
  TlsWriter out;
  out.U8(kDirectoryVersion);
  identity_.Write(out);
  out.U32(static_cast<std::uint32_t>(key_packages_.size()));
  for (const KeptKeyPackage& kept : key_packages_) {
    kept.own.Write(out);
    out.Vector(kept.signature_private_key);
  }
  out.U32(static_cast<std::uint32_t>(directory_.size()));
  for (const auto& [thread, entry] : directory_) {
    out.Vector(AsBytes(thread)).Fixed(entry.peer_identity_key).Vector(entry.group_id);
  }
  const crypto::SecretBytes plain(out.Take());
  return store_.Save(kDirectoryFile, plain);
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

Result<Endpoint::KeptKeyPackage> Endpoint::MakeKeyPackage(const crypto::Suite& suite) const {
  const std::uint64_t now_s = SecondsOf(clock_);
  mls::MemberIdentity member = TRESTLE_TRY(identity_.MakeMember(suite.id, BindingEnd(), random_));
  const mls::Lifetime lifetime{now_s - std::min(now_s, kClockSkewS), now_s + kKeyPackageLifeS};
  mls::OwnKeyPackage own = TRESTLE_TRY(mls::MakeKeyPackage(suite, member, lifetime, random_));
  return KeptKeyPackage{std::move(own), std::move(member.signature_private_key)};
}

Result<std::vector<Bytes>> Endpoint::MakeKeyPackages(std::size_t count) {
  if (count > kKeyPackagesMax) return Fail(Reason::kInvalidArgument, "too many key packages");
  // Those that nobody can use any more make room.
  std::erase_if(key_packages_, [&](const KeptKeyPackage& kept) {
    const auto* source = std::get_if<mls::FromKeyPackage>(&kept.own.key_package.leaf_node.source);
    return source == nullptr || !source->lifetime.Covers(clock_.wall_now());
  });
  if (key_packages_.size() + count > kKeyPackagesMax) {
    return Fail(Reason::kBusy, "too many key packages wait for use");
  }
  std::vector<Bytes> out;
  std::vector<KeptKeyPackage> made;
  for (std::size_t i = 0; i < count; ++i) {
    made.push_back(TRESTLE_TRY(MakeKeyPackage(crypto::Suites().front())));
    out.push_back(mls::Encode(mls::MlsMessage{made.back().own.key_package}));
  }
  for (KeptKeyPackage& one : made) key_packages_.push_back(std::move(one));
  TRESTLE_TRY(SaveDirectory());
  return out;
}

Result<void> Endpoint::CheckNewThread(std::string_view thread) const {
  if (thread.empty() || thread.size() > kThreadNameBytesMax) {
    return Fail(Reason::kInvalidArgument, "a thread's name is 1 to 255 octets");
  }
  if (HasThread(thread)) return Fail(Reason::kAlreadyExists, "the thread exists already");
  if (directory_.size() >= kThreadsMax && directory_.find(thread) == directory_.end()) {
    return Fail(Reason::kBusy, "too many threads");
  }
  return {};
}

Result<void> Endpoint::KeepThread(std::string_view thread, mls::Group group) {
  TRESTLE_TRY(GroupId::FromBytes(group.context().group_id));
  const IdentityBinding peer = TRESTLE_TRY(PeerOf(group));
  if (peer.identity_key == identity_.identity_key()) {
    return Fail(Reason::kInvalidArgument, "a thread with ourselves");
  }
  // RFC 9420, Section 12.4.3: the group id is unique among our groups.
  for (const auto& [name, entry] : directory_) {
    if (entry.group_id == group.context().group_id) {
      return Fail(Reason::kAlreadyExists, "a group that we are in already");
    }
  }
  const auto pinned = directory_.find(thread);
  if (pinned != directory_.end() && pinned->second.peer_identity_key != peer.identity_key) {
    return Fail(Reason::kCrypto, "the peer's identity key is not the pinned one");
  }
  TRESTLE_TRY(SaveThread(thread, group, nullptr));
  directory_[std::string(thread)] = {peer.identity_key, group.context().group_id};
  threads_.insert_or_assign(std::string(thread), Thread{std::move(group), nullptr});
  return {};
}

Result<Bytes> Endpoint::StartThread(std::string_view thread, ByteView peer_key_package) {
  TRESTLE_TRY(CheckNewThread(thread));
  mls::KeyPackage peer = TRESTLE_TRY(mls::DecodeMessageAs<mls::KeyPackage>(peer_key_package));
  const crypto::Suite* suite = crypto::FindSuite(peer.cipher_suite);
  if (suite == nullptr) return Fail(Reason::kUnsupported, "a key package for an unknown suite");
  KeptKeyPackage own = TRESTLE_TRY(MakeKeyPackage(*suite));
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
  TRESTLE_TRY(KeepThread(thread, std::move(group)));
  TRESTLE_TRY(SaveDirectory());
  return welcome;
}

Result<void> Endpoint::JoinThread(std::string_view thread, ByteView welcome_message) {
  TRESTLE_TRY(CheckNewThread(thread));
  const mls::Welcome welcome = TRESTLE_TRY(mls::DecodeMessageAs<mls::Welcome>(welcome_message));
  const auto kept = std::find_if(key_packages_.begin(), key_packages_.end(), [&](const auto& one) {
    return welcome.FindFor(one.own.key_package.Ref()) != nullptr;
  });
  if (kept == key_packages_.end()) {
    return Fail(Reason::kNotFound, "a Welcome for none of our key packages");
  }
  mls::Group group =
      TRESTLE_TRY(mls::Group::Join(services(), welcome, kept->own, kept->signature_private_key));
  TRESTLE_TRY(KeepThread(thread, std::move(group)));
  // RFC 9420, Section 16.8: a key package is used once, and its init key forgotten.
  key_packages_.erase(kept);
  return SaveDirectory();
}

bool Endpoint::HasThread(std::string_view thread) const {
  const auto found = directory_.find(thread);
  return found != directory_.end() && !found->second.group_id.empty();
}

Result<void> Endpoint::ForgetThread(std::string_view thread) {
  const auto found = directory_.find(thread);
  if (found == directory_.end()) return {};
  threads_.erase(std::string(thread));
  found->second.group_id.clear();
  TRESTLE_TRY(store_.Remove(store_.BlindName(kThreadPrefix, thread)));
  return SaveDirectory();
}

Result<void> Endpoint::ForgetPeer(std::string_view thread) {
  TRESTLE_TRY(ForgetThread(thread));
  directory_.erase(std::string(thread));
  return SaveDirectory();
}

Result<std::string> Endpoint::SafetyNumber(std::string_view thread) const {
  const auto found = directory_.find(thread);
  if (found == directory_.end()) return Fail(Reason::kNotFound, "there is no such thread");
  return SafetyNumberOf(identity_.identity_key(), found->second.peer_identity_key);
}

}  // namespace trestle::endpoint
