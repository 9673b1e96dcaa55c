#include "bridge/envelope/key_log.h"

#include "bridge/base/digest.h"
#include "bridge/envelope/tls_codec.h"

namespace trestle {

std::string_view KeyLogKindName(KeyLogKind kind) {
  switch (kind) {
    case KeyLogKind::kPublished:
      return "published";
    case KeyLogKind::kClaimed:
      return "claimed";
    case KeyLogKind::kLastResort:
      return "last_resort";
    case KeyLogKind::kExhausted:
      return "exhausted";
  }
  return "unknown";
}

Bytes32 KeyLogHash(const Bytes32& before, const KeyLogEntry& entry) {
  TlsWriter numbers;
  numbers.U64(entry.number).U64(static_cast<std::uint64_t>(entry.at.ms));
  numbers.U8(static_cast<std::uint8_t>(entry.kind));
  const Bytes fixed = numbers.Take();
  return Sha256({AsBytes("trestle key log 1"), before, fixed, entry.ref, entry.contact.bytes()});
}

Result<KeyLogHead> VerifyKeyLog(const std::optional<KeyLogHead>& from,
                                std::span<const KeyLogEntry> entries) {
  std::optional<KeyLogHead> head = from;
  for (const KeyLogEntry& entry : entries) {
    // Without a head the first entry is believed unless it claims to be the very first.
    const bool checkable = head || entry.number == 1;
    const KeyLogHead before = head.value_or(KeyLogHead{});
    if (checkable && entry.number != before.number + 1) {
      return Fail(Reason::kConflict, "an entry of the key log is missing");
    }
    if (checkable && KeyLogHash(before.hash, entry) != entry.hash) {
      return Fail(Reason::kConflict, "an entry of the key log was changed");
    }
    head = KeyLogHead{entry.number, entry.hash};
  }
  return head.value_or(KeyLogHead{});
}

}  // namespace trestle
