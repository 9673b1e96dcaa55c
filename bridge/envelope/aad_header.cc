#include "bridge/envelope/aad_header.h"

#include <algorithm>

#include "bridge/envelope/tls_codec.h"

namespace trestle {
namespace {

constexpr std::uint16_t kFrankingComponent = 0x0020;  // draft-ietf-mimi-protocol, Franking
constexpr std::uint16_t kHeaderComponent = 0x8001;    // private use
constexpr std::size_t kHeaderBytes = 1 + 16 + 1 + 1 + 32;
constexpr std::size_t kStampHashBytes = 32;

Bytes EncodeHeaderItem(const AadHeader& header) {
  TlsWriter out;
  out.U8(AadHeader::kVersion).Fixed(header.envelope_id.bytes());
  out.U8(static_cast<std::uint8_t>(header.ttl)).U8(static_cast<std::uint8_t>(header.delivery));
  if (header.last_stamp_hash) out.Fixed(*header.last_stamp_hash);
  out.Fixed(header.sender_tag);
  return out.Take();
}

Result<Bytes32> Read32(TlsReader& in) {
  const ByteView raw = TRESTLE_TRY(in.Fixed(32));
  Bytes32 out;
  std::copy(raw.begin(), raw.end(), out.begin());
  return out;
}

Result<void> ParseHeaderItem(ByteView item, AadHeader& header) {
  const bool with_hash = item.size() == kHeaderBytes + kStampHashBytes;
  if (!with_hash && item.size() != kHeaderBytes) {
    return Fail(Reason::kMalformed, "the AAD header has a size that no version has");
  }
  TlsReader in(item);
  if (TRESTLE_TRY(in.U8()) != AadHeader::kVersion) {
    return Fail(Reason::kUnsupported, "the AAD header has another version");
  }
  header.envelope_id = TRESTLE_TRY(EnvelopeId::FromBytes(TRESTLE_TRY(in.Fixed(16))));
  const std::uint8_t ttl = TRESTLE_TRY(in.U8());
  const std::uint8_t delivery = TRESTLE_TRY(in.U8());
  if (ttl < 1 || ttl > 5)
    return Fail(Reason::kMalformed, "the AAD header has no such time to live");
  if (delivery > 1) return Fail(Reason::kMalformed, "the AAD header has no such delivery class");
  header.ttl = static_cast<TtlClass>(ttl);
  header.delivery = static_cast<DeliveryClass>(delivery);
  if (with_hash) header.last_stamp_hash = TRESTLE_TRY(Read32(in));
  header.sender_tag = TRESTLE_TRY(Read32(in));
  return in.ExpectEnd();
}

}  // namespace

Millis TtlOf(TtlClass ttl) {
  using namespace std::chrono_literals;
  switch (ttl) {
    case TtlClass::kHalfMinute:
      return 30s;
    case TtlClass::kFiveMinutes:
      return 5min;
    case TtlClass::kHour:
      return 1h;
    case TtlClass::kDay:
      return 24h;
    case TtlClass::kWeek:
      return 7 * 24h;
  }
  return Millis{0};
}

std::string_view TtlName(TtlClass ttl) {
  switch (ttl) {
    case TtlClass::kHalfMinute:
      return "30s";
    case TtlClass::kFiveMinutes:
      return "5m";
    case TtlClass::kHour:
      return "1h";
    case TtlClass::kDay:
      return "24h";
    case TtlClass::kWeek:
      return "7d";
  }
  return "";
}

Bytes EncodeAad(const AadHeader& header) {
  TlsWriter items;
  items.U16(kFrankingComponent).Vector(header.franking_tag);
  items.U16(kHeaderComponent).Vector(EncodeHeaderItem(header));
  TlsWriter list;
  list.Vector(items.bytes());
  return list.Take();
}

Result<AadHeader> ParseAad(ByteView aad) {
  TlsReader list(aad);
  TlsReader items(TRESTLE_TRY(list.Vector()));
  TRESTLE_TRY(list.ExpectEnd());
  AadHeader header;
  if (TRESTLE_TRY(items.U16()) != kFrankingComponent) {
    return Fail(Reason::kMalformed, "the AAD list does not begin with the franking tag");
  }
  TlsReader franking(TRESTLE_TRY(items.Vector()));
  header.franking_tag = TRESTLE_TRY(Read32(franking));
  TRESTLE_TRY(franking.ExpectEnd());
  if (TRESTLE_TRY(items.U16()) != kHeaderComponent) {
    return Fail(Reason::kMalformed, "the AAD list has no header item");
  }
  TRESTLE_TRY(ParseHeaderItem(TRESTLE_TRY(items.Vector()), header));
  TRESTLE_TRY(items.ExpectEnd());
  return header;
}

}  // namespace trestle
