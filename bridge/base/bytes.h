// Octet strings and their few text forms. Decoders are strict: one accepted spelling per value, so
// that what was signed or counted is what was decoded.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/base/result.h"

namespace trestle {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;
using Bytes16 = std::array<std::uint8_t, 16>;
using Bytes32 = std::array<std::uint8_t, 32>;

// Views the octets of a text and back; no copy, the caller keeps the memory.
ByteView AsBytes(std::string_view text);
std::string_view AsText(ByteView bytes);
Bytes ToBytes(ByteView bytes);
Bytes ToBytes(std::string_view text);

std::string ToHex(ByteView bytes);  // lower case
Result<Bytes> FromHex(
    std::string_view hex);                // either case; kMalformed for odd length or other signs
std::string ToBase64Url(ByteView bytes);  // RFC 4648, Section 5, no padding
Result<Bytes> FromBase64Url(std::string_view text);  // no padding, no unused bits set
std::string ToBase64(ByteView bytes);                // RFC 4648, Section 4, padded
Result<Bytes> FromBase64(std::string_view text);     // padded, no unused bits set

// Compares in time that depends on the lengths only.
bool ConstantTimeEqual(ByteView a, ByteView b);

// Overwrites memory in a way the optimiser keeps.
void Wipe(std::span<std::uint8_t> bytes);

}  // namespace trestle
