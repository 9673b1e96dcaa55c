#include "endpoint/directory.h"

#include <algorithm>

namespace trestle::endpoint {
namespace {

constexpr std::uint8_t kVersion = 2;
constexpr std::uint8_t kVersionWithoutLastResorts = 1;

void WriteCount(TlsWriter& out, std::size_t count) { out.U32(static_cast<std::uint32_t>(count)); }

void WriteKept(TlsWriter& out, const std::vector<KeptKeyPackage>& list) {
  WriteCount(out, list.size());
  for (const KeptKeyPackage& kept : list) kept.Write(out);
}

// The counts are believed only as far as there are octets: each item takes some.
Result<std::vector<KeptKeyPackage>> ReadKept(TlsReader& in) {
  std::vector<KeptKeyPackage> out;
  for (std::uint32_t left = TRESTLE_TRY(in.U32()); left > 0; --left) {
    out.push_back(TRESTLE_TRY(KeptKeyPackage::Read(in)));
  }
  return out;
}

}  // namespace

bool KeptKeyPackage::IsAlive(WallTime now) const {
  const auto* source = std::get_if<mls::FromKeyPackage>(&own.key_package.leaf_node.source);
  return source != nullptr && source->lifetime.Covers(now);
}

void KeptKeyPackage::Write(TlsWriter& out) const {
  own.Write(out);
  out.Vector(signature_private_key);
}

Result<KeptKeyPackage> KeptKeyPackage::Read(TlsReader& in) {
  KeptKeyPackage out{TRESTLE_TRY(mls::OwnKeyPackage::Read(in)), {}};
  out.signature_private_key = crypto::SecretBytes(TRESTLE_TRY(mls::ReadBytes(in)));
  return out;
}

bool Directory::Knows(ByteView group_id) const {
  const auto same = [&](const Bytes& known) { return ConstantTimeEqual(known, group_id); };
  return std::any_of(threads.begin(), threads.end(),
                     [&](const auto& entry) { return same(entry.second.group_id); }) ||
         std::any_of(left_groups.begin(), left_groups.end(), same);
}

void Directory::Leave(Bytes group_id) {
  left_groups.push_back(std::move(group_id));
  if (left_groups.size() > kLeftGroupsMax) left_groups.pop_front();
}

void Directory::Write(TlsWriter& out) const {
  out.U8(kVersion);
  identity.Write(out);
  WriteKept(out, key_packages);
  WriteCount(out, threads.size());
  for (const auto& [thread, entry] : threads) {
    out.Vector(AsBytes(thread)).Fixed(entry.peer_identity_key).Vector(entry.group_id);
  }
  for (const auto& [thread, entry] : threads) out.Vector(entry.welcome);
  WriteKept(out, last_resorts);
  WriteCount(out, left_groups.size());
  for (const Bytes& group_id : left_groups) out.Vector(group_id);
}

Result<Directory> Directory::Read(TlsReader& in) {
  const std::uint8_t version = TRESTLE_TRY(in.U8());
  if (version != kVersion && version != kVersionWithoutLastResorts) {
    return Fail(Reason::kUnsupported, "the endpoint's state has another version");
  }
  Directory out;
  out.identity = TRESTLE_TRY(OwnIdentity::Read(in));
  out.key_packages = TRESTLE_TRY(ReadKept(in));
  for (std::uint32_t left = TRESTLE_TRY(in.U32()); left > 0; --left) {
    ThreadEntry& entry = out.threads[std::string(AsText(TRESTLE_TRY(in.Vector())))];
    const ByteView pin = TRESTLE_TRY(in.Fixed(entry.peer_identity_key.size()));
    std::copy(pin.begin(), pin.end(), entry.peer_identity_key.begin());
    entry.group_id = TRESTLE_TRY(mls::ReadBytes(in));
  }
  if (version == kVersionWithoutLastResorts) return out;
  for (auto& [thread, entry] : out.threads) entry.welcome = TRESTLE_TRY(mls::ReadBytes(in));
  out.last_resorts = TRESTLE_TRY(ReadKept(in));
  for (std::uint32_t left = TRESTLE_TRY(in.U32()); left > 0; --left) {
    out.left_groups.push_back(TRESTLE_TRY(mls::ReadBytes(in)));
  }
  return out;
}

}  // namespace trestle::endpoint
