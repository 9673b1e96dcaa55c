#include "bridge/base/bytes.h"

#include <openssl/crypto.h>

namespace trestle {
namespace {

constexpr std::string_view kUrlAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::string_view kPlainAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t kNoDigit = 0xFF;

std::array<std::uint8_t, 256> ReverseOf(std::string_view alphabet) {
  std::array<std::uint8_t, 256> table;
  table.fill(kNoDigit);
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    table[static_cast<std::uint8_t>(alphabet[i])] = static_cast<std::uint8_t>(i);
  }
  return table;
}

std::string Encode64(ByteView bytes, std::string_view alphabet) {
  std::string out;
  out.reserve((bytes.size() * 4 + 2) / 3);
  std::uint32_t held = 0;
  int held_bits = 0;
  for (const std::uint8_t octet : bytes) {
    held = (held << 8) | octet;
    held_bits += 8;
    while (held_bits >= 6) {
      held_bits -= 6;
      out.push_back(alphabet[(held >> held_bits) & 63]);
    }
  }
  if (held_bits > 0) out.push_back(alphabet[(held << (6 - held_bits)) & 63]);
  return out;
}

Result<Bytes> Decode64(std::string_view text, const std::array<std::uint8_t, 256>& reverse) {
  if (text.size() % 4 == 1) return Fail(Reason::kMalformed, "base64 of an impossible length");
  Bytes out;
  out.reserve(text.size() * 3 / 4);
  std::uint32_t held = 0;
  int held_bits = 0;
  for (const char sign : text) {
    const std::uint8_t digit = reverse[static_cast<std::uint8_t>(sign)];
    if (digit == kNoDigit) return Fail(Reason::kMalformed, "a sign that base64 does not have");
    held = (held << 6) | digit;
    held_bits += 6;
    if (held_bits >= 8) {
      held_bits -= 8;
      out.push_back(static_cast<std::uint8_t>((held >> held_bits) & 0xFF));
    }
  }
  const std::uint32_t unused = held & ((1U << held_bits) - 1U);
  if (unused != 0) return Fail(Reason::kMalformed, "base64 with unused bits set");
  return out;
}

int HexDigit(char sign) {
  if (sign >= '0' && sign <= '9') return sign - '0';
  if (sign >= 'a' && sign <= 'f') return sign - 'a' + 10;
  if (sign >= 'A' && sign <= 'F') return sign - 'A' + 10;
  return -1;
}

}  // namespace

ByteView AsBytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::string_view AsText(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Bytes ToBytes(ByteView bytes) { return {bytes.begin(), bytes.end()}; }

Bytes ToBytes(std::string_view text) { return ToBytes(AsBytes(text)); }

std::string ToHex(ByteView bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const std::uint8_t octet : bytes) {
    out.push_back(kDigits[octet >> 4]);
    out.push_back(kDigits[octet & 15]);
  }
  return out;
}

Result<Bytes> FromHex(std::string_view hex) {
  if (hex.size() % 2 != 0) return Fail(Reason::kMalformed, "hex of odd length");
  Bytes out;
  out.reserve(hex.size() / 2);
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    const int high = HexDigit(hex[i]);
    const int low = HexDigit(hex[i + 1]);
    if (high < 0 || low < 0) return Fail(Reason::kMalformed, "a sign that hex does not have");
    out.push_back(static_cast<std::uint8_t>(high * 16 + low));
  }
  return out;
}

std::string ToBase64Url(ByteView bytes) { return Encode64(bytes, kUrlAlphabet); }

Result<Bytes> FromBase64Url(std::string_view text) {
  static const auto kReverse = ReverseOf(kUrlAlphabet);
  return Decode64(text, kReverse);
}

std::string ToBase64(ByteView bytes) {
  std::string out = Encode64(bytes, kPlainAlphabet);
  while (out.size() % 4 != 0) out.push_back('=');
  return out;
}

Result<Bytes> FromBase64(std::string_view text) {
  static const auto kReverse = ReverseOf(kPlainAlphabet);
  if (text.size() % 4 != 0) return Fail(Reason::kMalformed, "base64 without its padding");
  for (int i = 0; i < 2 && !text.empty() && text.back() == '='; ++i) text.remove_suffix(1);
  return Decode64(text, kReverse);
}

bool ConstantTimeEqual(ByteView a, ByteView b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

void Wipe(std::span<std::uint8_t> bytes) { OPENSSL_cleanse(bytes.data(), bytes.size()); }

}  // namespace trestle
