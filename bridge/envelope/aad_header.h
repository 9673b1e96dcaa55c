// What a sender lets the bridge act on: the authenticated data (AAD) of an MLS application message.
// It is the only place for sender-controlled fields, so the peer can verify that nobody changed
// them. The layout is a SafeAAD list (draft-ietf-mls-extensions, Safe AAD) of two items, sorted:
// the franking tag (component 0x0020) and our header (private-use component 0x8001). Encoded size:
// 91 octets, or 124 with last_stamp_hash.
#pragma once

#include <optional>

#include "bridge/base/ids.h"

namespace trestle {

// How long the bridge may hold the envelope, counted from acceptance. Classes, not times: no
// fingerprint. Numbers are on the wire.
enum class TtlClass : std::uint8_t {
  kHalfMinute = 1,
  kFiveMinutes = 2,
  kHour = 3,
  kDay = 4,
  kWeek = 5,
};

// Ephemeral envelopes (typing) are handed over at once or dropped, never queued.
enum class DeliveryClass : std::uint8_t { kNormal = 0, kEphemeral = 1 };

Millis TtlOf(TtlClass ttl);
std::string_view TtlName(TtlClass ttl);  // "30s", "5m", "1h", "24h", "7d"

struct AadHeader {
  static constexpr std::uint8_t kVersion = 1;

  EnvelopeId envelope_id;  // random; the idempotency key
  TtlClass ttl = TtlClass::kDay;
  DeliveryClass delivery = DeliveryClass::kNormal;
  std::optional<Bytes32> last_stamp_hash;  // newest stamp of the bridge that the sender saw
  Bytes32 sender_tag{};                    // blinded sender: SHA-256(len || handle || blind)
  Bytes32 franking_tag{};                  // HMAC-SHA256(salt, application data)
};

Bytes EncodeAad(const AadHeader& header);
// kMalformed when the octets are not exactly one such list, kUnsupported for another version.
Result<AadHeader> ParseAad(ByteView aad);

}  // namespace trestle
