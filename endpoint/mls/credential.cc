#include "endpoint/mls/credential.h"

#include <algorithm>
#include <set>

namespace trestle::mls {
namespace {

bool Has(const std::vector<std::uint16_t>& list, std::uint16_t value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

}  // namespace

void Credential::Write(TlsWriter& out) const {
  out.U16(type);
  if (type == kBasicCredential) {
    out.Vector(identity);
  } else {
    WriteListWith(out, certificates, [](TlsWriter& list, const Bytes& one) { list.Vector(one); });
  }
}

Result<Credential> Credential::Read(TlsReader& in) {
  Credential out;
  out.type = TRESTLE_TRY(in.U16());
  if (out.type == kBasicCredential) {
    out.identity = TRESTLE_TRY(ReadBytes(in));
    return out;
  }
  if (out.type != kX509Credential) return Fail(Reason::kUnsupported, "an unknown credential type");
  out.certificates = TRESTLE_TRY(ReadListWith<Bytes>(in, kListItemsMax, &ReadBytes));
  return out;
}

void Extension::Write(TlsWriter& out) const { out.U16(type).Vector(data); }

Result<Extension> Extension::Read(TlsReader& in) {
  Extension out;
  out.type = TRESTLE_TRY(in.U16());
  out.data = TRESTLE_TRY(ReadBytes(in));
  return out;
}

Result<std::vector<Extension>> ReadExtensions(TlsReader& in) {
  std::vector<Extension> out = TRESTLE_TRY(ReadList<Extension>(in));
  std::set<std::uint16_t> seen;
  for (const Extension& extension : out) {
    if (!seen.insert(extension.type).second) {
      return Fail(Reason::kMalformed, "an extension type stands twice in one list");
    }
  }
  return out;
}

const Extension* FindExtension(const std::vector<Extension>& extensions, std::uint16_t type) {
  for (const Extension& extension : extensions) {
    if (extension.type == type) return &extension;
  }
  return nullptr;
}

Capabilities Capabilities::OfThisEndpoint() {
  Capabilities out;
  out.versions = {kMls10};
  for (const Suite& suite : crypto::Suites()) out.cipher_suites.push_back(suite.id);
  out.credentials = {kBasicCredential};
  return out;
}

bool Capabilities::SupportsExtension(std::uint16_t type) const {
  return IsDefaultExtension(type) || Has(extensions, type);
}

bool Capabilities::SupportsCredential(std::uint16_t type) const { return Has(credentials, type); }

void Capabilities::Write(TlsWriter& out) const {
  WriteU16List(out, versions);
  WriteU16List(out, cipher_suites);
  WriteU16List(out, extensions);
  WriteU16List(out, proposals);
  WriteU16List(out, credentials);
}

Result<Capabilities> Capabilities::Read(TlsReader& in) {
  Capabilities out;
  out.versions = TRESTLE_TRY(ReadU16List(in));
  out.cipher_suites = TRESTLE_TRY(ReadU16List(in));
  out.extensions = TRESTLE_TRY(ReadU16List(in));
  out.proposals = TRESTLE_TRY(ReadU16List(in));
  out.credentials = TRESTLE_TRY(ReadU16List(in));
  return out;
}

bool RequiredCapabilities::MetBy(const Capabilities& capabilities) const {
  return std::all_of(extension_types.begin(), extension_types.end(),
                     [&](auto type) { return capabilities.SupportsExtension(type); }) &&
         std::all_of(proposal_types.begin(), proposal_types.end(),
                     [&](auto type) {
                       return IsDefaultProposal(type) || Has(capabilities.proposals, type);
                     }) &&
         std::all_of(credential_types.begin(), credential_types.end(),
                     [&](auto type) { return capabilities.SupportsCredential(type); });
}

void RequiredCapabilities::Write(TlsWriter& out) const {
  WriteU16List(out, extension_types);
  WriteU16List(out, proposal_types);
  WriteU16List(out, credential_types);
}

Result<RequiredCapabilities> RequiredCapabilities::Read(TlsReader& in) {
  RequiredCapabilities out;
  out.extension_types = TRESTLE_TRY(ReadU16List(in));
  out.proposal_types = TRESTLE_TRY(ReadU16List(in));
  out.credential_types = TRESTLE_TRY(ReadU16List(in));
  return out;
}

void ExternalSender::Write(TlsWriter& out) const {
  out.Vector(signature_key);
  credential.Write(out);
}

Result<ExternalSender> ExternalSender::Read(TlsReader& in) {
  ExternalSender out;
  out.signature_key = TRESTLE_TRY(ReadBytes(in));
  out.credential = TRESTLE_TRY(Credential::Read(in));
  return out;
}

}  // namespace trestle::mls
