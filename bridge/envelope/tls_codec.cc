#include "bridge/envelope/tls_codec.h"

#include <algorithm>

namespace trestle {

Result<std::uint64_t> TlsReader::Integer(std::size_t octets) {
  const ByteView raw = TRESTLE_TRY(Fixed(octets));
  std::uint64_t value = 0;
  for (const std::uint8_t octet : raw) value = (value << 8) | octet;
  return value;
}

Result<std::uint8_t> TlsReader::U8() { return static_cast<std::uint8_t>(TRESTLE_TRY(Integer(1))); }

Result<std::uint16_t> TlsReader::U16() {
  return static_cast<std::uint16_t>(TRESTLE_TRY(Integer(2)));
}

Result<std::uint32_t> TlsReader::U32() {
  return static_cast<std::uint32_t>(TRESTLE_TRY(Integer(4)));
}

Result<std::uint64_t> TlsReader::U64() { return Integer(8); }

Result<std::uint32_t> TlsReader::Length() {
  // RFC 9420, Section 2.1.2: the two most significant bits are the base-2 logarithm of the octets.
  const std::uint8_t first = TRESTLE_TRY(U8());
  const unsigned logarithm = first >> 6;
  if (logarithm == 3) return Fail(Reason::kMalformed, "a length with the reserved prefix");
  std::uint32_t value = first & 0x3F;
  for (unsigned left = (1U << logarithm) - 1; left > 0; --left) {
    value = (value << 8) | TRESTLE_TRY(U8());
  }
  const bool shortest = logarithm == 0 || (logarithm == 1 ? value >= 64 : value >= 16384);
  if (!shortest) return Fail(Reason::kMalformed, "a length that is not in its shortest form");
  return value;
}

Result<ByteView> TlsReader::Fixed(std::size_t count) {
  if (count > rest_.size()) return Fail(Reason::kMalformed, "the input ends too early");
  const ByteView taken = rest_.first(count);
  rest_ = rest_.subspan(count);
  return taken;
}

Result<ByteView> TlsReader::Vector() {
  const std::uint32_t length = TRESTLE_TRY(Length());
  return Fixed(length);
}

Result<void> TlsReader::ExpectEnd() const {
  if (!rest_.empty()) return Fail(Reason::kMalformed, "octets after the end");
  return {};
}

void TlsWriter::MakeRoom(std::size_t octets) {
  if (octets <= out_.capacity() - out_.size()) return;
  Bytes larger;
  // Most of what is written is short: then it has room from the start, and is never moved.
  constexpr std::size_t kFirstBytes = 96;
  larger.reserve(std::max({kFirstBytes, out_.capacity() * 2, out_.size() + octets}));
  larger.insert(larger.end(), out_.begin(), out_.end());
  out_.swap(larger);
  Wipe(larger);
}

TlsWriter& TlsWriter::Integer(std::uint64_t value, int octets) {
  MakeRoom(static_cast<std::size_t>(octets));
  for (int shift = (octets - 1) * 8; shift >= 0; shift -= 8) {
    out_.push_back(static_cast<std::uint8_t>((value >> shift) & 0xFF));
  }
  return *this;
}

TlsWriter& TlsWriter::U8(std::uint8_t value) { return Integer(value, 1); }
TlsWriter& TlsWriter::U16(std::uint16_t value) { return Integer(value, 2); }
TlsWriter& TlsWriter::U32(std::uint32_t value) { return Integer(value, 4); }
TlsWriter& TlsWriter::U64(std::uint64_t value) { return Integer(value, 8); }

TlsWriter& TlsWriter::Length(std::size_t length) {
  TRESTLE_CHECK(length <= kLengthMax);
  if (length < 64) return Integer(length, 1);
  if (length < 16384) return Integer(length | 0x4000, 2);
  return Integer(length | 0x80000000, 4);
}

TlsWriter& TlsWriter::Fixed(ByteView octets) {
  MakeRoom(octets.size());
  out_.insert(out_.end(), octets.begin(), octets.end());
  return *this;
}

TlsWriter& TlsWriter::Vector(ByteView octets) { return Length(octets.size()).Fixed(octets); }

}  // namespace trestle
