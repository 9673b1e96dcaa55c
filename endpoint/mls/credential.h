// What a member says about itself: credential, capabilities and extensions (RFC 9420,
// Sections 5.3, 7.2 and 13.4). Whether a credential is to be believed is the application's
// question: see Authentication.
#pragma once

#include <cstdint>
#include <string_view>

#include "endpoint/mls/codec.h"
#include "endpoint/mls/labels.h"

namespace trestle::mls {

inline constexpr std::uint16_t kMls10 = 1;  // RFC 9420, Section 6: ProtocolVersion

// RFC 9420, Section 17.5.
inline constexpr std::uint16_t kBasicCredential = 1;
inline constexpr std::uint16_t kX509Credential = 2;

struct Credential {
  std::uint16_t type = kBasicCredential;
  Bytes identity;                   // basic
  std::vector<Bytes> certificates;  // x509, leaf certificate first

  void Write(TlsWriter& out) const;
  static Result<Credential> Read(TlsReader& in);  // kUnsupported for other types
  bool operator==(const Credential&) const = default;
};

// RFC 9420, Section 17.3.
inline constexpr std::uint16_t kApplicationIdExtension = 1;
inline constexpr std::uint16_t kRatchetTreeExtension = 2;
inline constexpr std::uint16_t kRequiredCapabilitiesExtension = 3;
inline constexpr std::uint16_t kExternalPubExtension = 4;
inline constexpr std::uint16_t kExternalSendersExtension = 5;
// draft-ietf-mls-extensions, Last Resort KeyPackages: an empty extension of a KeyPackage.
inline constexpr std::uint16_t kLastResortExtension = 10;
// Ours, of the private range (RFC 9420, Section 17.3): an empty extension of a leaf whose endpoint
// is no device of its person but stands at the SMS edge (docs/edge.md).
inline constexpr std::uint16_t kEdgeExtension = 0xF0E0;

// The types that every implementation has, which are never listed (RFC 9420, Section 7.2).
constexpr bool IsDefaultExtension(std::uint16_t type) { return type >= 1 && type <= 5; }
constexpr bool IsDefaultProposal(std::uint16_t type) { return type >= 1 && type <= 7; }

struct Extension {
  std::uint16_t type = 0;
  Bytes data;

  void Write(TlsWriter& out) const;
  static Result<Extension> Read(TlsReader& in);
  bool operator==(const Extension&) const = default;
};

// kMalformed when one type stands twice (RFC 9420, Section 13.4).
Result<std::vector<Extension>> ReadExtensions(TlsReader& in);
const Extension* FindExtension(const std::vector<Extension>& extensions, std::uint16_t type);

struct Capabilities {
  std::vector<std::uint16_t> versions;
  std::vector<std::uint16_t> cipher_suites;
  std::vector<std::uint16_t> extensions;
  std::vector<std::uint16_t> proposals;
  std::vector<std::uint16_t> credentials;

  static Capabilities OfThisEndpoint();
  bool SupportsExtension(std::uint16_t type) const;  // a default type always is
  bool SupportsCredential(std::uint16_t type) const;

  void Write(TlsWriter& out) const;
  static Result<Capabilities> Read(TlsReader& in);
  bool operator==(const Capabilities&) const = default;
};

// RFC 9420, Section 11.1.
struct RequiredCapabilities {
  std::vector<std::uint16_t> extension_types;
  std::vector<std::uint16_t> proposal_types;
  std::vector<std::uint16_t> credential_types;

  bool MetBy(const Capabilities& capabilities) const;

  void Write(TlsWriter& out) const;
  static Result<RequiredCapabilities> Read(TlsReader& in);
};

// RFC 9420, Section 12.1.8.1.
struct ExternalSender {
  Bytes signature_key;
  Credential credential;

  void Write(TlsWriter& out) const;
  static Result<ExternalSender> Read(TlsReader& in);
};

}  // namespace trestle::mls
