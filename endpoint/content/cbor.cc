#include "endpoint/content/cbor.h"

#include <algorithm>

namespace trestle::content {
namespace {

constexpr std::uint8_t kFalse = 20;  // RFC 8949, Section 3.3
constexpr std::uint8_t kTrue = 21;
constexpr std::uint8_t kNull = 22;
constexpr std::int64_t kIntegerMax =
    (std::int64_t{1} << 53) - 1;  // mimi-content, Data model restrictions

// How many octets of argument follow the head (RFC 8949, Section 3).
int ArgumentOctets(std::uint8_t information) {
  switch (information) {
    case 24:
      return 1;
    case 25:
      return 2;
    case 26:
      return 4;
    case 27:
      return 8;
    default:
      return information < 24 ? 0 : -1;
  }
}

bool IsShortest(std::uint8_t information, std::uint64_t value) {
  switch (information) {
    case 24:
      return value >= 24;
    case 25:
      return value > 0xFF;
    case 26:
      return value > 0xFFFF;
    case 27:
      return value > 0xFFFFFFFF;
    default:
      return true;
  }
}

}  // namespace

CborWriter& CborWriter::Head(CborKind kind, std::uint64_t value) {
  const auto major = static_cast<std::uint8_t>(static_cast<std::uint8_t>(kind) << 5);
  int octets = 0;
  std::uint8_t information = static_cast<std::uint8_t>(value & 0x1F);
  if (value > 0xFFFFFFFF) {
    octets = 8;
    information = 27;
  } else if (value > 0xFFFF) {
    octets = 4;
    information = 26;
  } else if (value > 0xFF) {
    octets = 2;
    information = 25;
  } else if (value >= 24) {
    octets = 1;
    information = 24;
  }
  out_.push_back(major | information);
  for (int i = octets - 1; i >= 0; --i) {
    out_.push_back(static_cast<std::uint8_t>((value >> (8 * i)) & 0xFF));
  }
  return *this;
}

CborWriter& CborWriter::Unsigned(std::uint64_t value) { return Head(CborKind::kUnsigned, value); }

CborWriter& CborWriter::Integer(std::int64_t value) {
  if (value >= 0) return Unsigned(static_cast<std::uint64_t>(value));
  return Head(CborKind::kNegative, static_cast<std::uint64_t>(-1 - value));
}

CborWriter& CborWriter::Octets(ByteView bytes) {
  Head(CborKind::kBytes, bytes.size());
  return Encoded(bytes);
}

CborWriter& CborWriter::Text(std::string_view text) {
  Head(CborKind::kText, text.size());
  return Encoded(AsBytes(text));
}

CborWriter& CborWriter::Array(std::size_t items) { return Head(CborKind::kArray, items); }
CborWriter& CborWriter::Map(std::size_t entries) { return Head(CborKind::kMap, entries); }
CborWriter& CborWriter::Bool(bool value) { return Head(CborKind::kSimple, value ? kTrue : kFalse); }
CborWriter& CborWriter::Null() { return Head(CborKind::kSimple, kNull); }

CborWriter& CborWriter::Encoded(ByteView item) {
  out_.insert(out_.end(), item.begin(), item.end());
  return *this;
}

Result<CborReader::Head> CborReader::ReadHead() {
  if (rest_.empty()) return Fail(Reason::kMalformed, "CBOR ends too early");
  const std::uint8_t first = rest_[0];
  Head out{static_cast<CborKind>(first >> 5), static_cast<std::uint8_t>(first & 0x1F), 0};
  const int octets = ArgumentOctets(out.information);
  if (octets < 0) return Fail(Reason::kMalformed, "CBOR of indefinite or reserved length");
  if (rest_.size() < 1 + static_cast<std::size_t>(octets)) {
    return Fail(Reason::kMalformed, "CBOR ends too early");
  }
  out.value = octets == 0 ? out.information : 0;
  for (int i = 1; i <= octets; ++i)
    out.value = (out.value << 8) | rest_[static_cast<std::size_t>(i)];
  // Of the simple kind, 24 needs two octets and 25 to 27 are floating-point numbers.
  const bool is_float = out.kind == CborKind::kSimple && out.information >= 25;
  if (!is_float && !IsShortest(out.information, out.value)) {
    return Fail(Reason::kMalformed, "CBOR that is not in its shortest form");
  }
  rest_ = rest_.subspan(1 + static_cast<std::size_t>(octets));
  return out;
}

Result<std::uint64_t> CborReader::Expect(CborKind kind) {
  const Head head = TRESTLE_TRY(ReadHead());
  if (head.kind != kind) return Fail(Reason::kMalformed, "CBOR of another kind than MIMI has here");
  return head.value;
}

Result<ByteView> CborReader::Payload(std::uint64_t length) {
  if (length > rest_.size()) return Fail(Reason::kMalformed, "CBOR ends too early");
  const ByteView out = rest_.first(static_cast<std::size_t>(length));
  rest_ = rest_.subspan(static_cast<std::size_t>(length));
  return out;
}

Result<std::uint64_t> CborReader::Unsigned() { return Expect(CborKind::kUnsigned); }

Result<std::int64_t> CborReader::Integer() {
  const Head head = TRESTLE_TRY(ReadHead());
  const bool negative = head.kind == CborKind::kNegative;
  if (!negative && head.kind != CborKind::kUnsigned) {
    return Fail(Reason::kMalformed, "CBOR of another kind than MIMI has here");
  }
  const auto limit = static_cast<std::uint64_t>(kIntegerMax);
  if (head.value > (negative ? limit - 1 : limit)) {
    return Fail(Reason::kMalformed, "an integer beyond 2^53");
  }
  const auto value = static_cast<std::int64_t>(head.value);
  return negative ? -1 - value : value;
}

Result<ByteView> CborReader::Octets() { return Payload(TRESTLE_TRY(Expect(CborKind::kBytes))); }

Result<std::string> CborReader::Text() {
  const ByteView text = TRESTLE_TRY(Payload(TRESTLE_TRY(Expect(CborKind::kText))));
  if (!IsUtf8(text)) return Fail(Reason::kMalformed, "a text that is not UTF-8");
  return std::string(AsText(text));
}

Result<std::uint64_t> CborReader::Array() { return Expect(CborKind::kArray); }
Result<std::uint64_t> CborReader::Map() { return Expect(CborKind::kMap); }

Result<bool> CborReader::Bool() {
  const std::uint64_t value = TRESTLE_TRY(Expect(CborKind::kSimple));
  if (value != kFalse && value != kTrue) return Fail(Reason::kMalformed, "neither true nor false");
  return value == kTrue;
}

Result<bool> CborReader::TakeNull() {
  if (rest_.empty()) return Fail(Reason::kMalformed, "CBOR ends too early");
  constexpr std::uint8_t kNullOctet = 0xE0 | kNull;
  if (rest_[0] != kNullOctet) return false;
  rest_ = rest_.subspan(1);
  return true;
}

Result<CborKind> CborReader::Peek() const {
  if (rest_.empty()) return Fail(Reason::kMalformed, "CBOR ends too early");
  return static_cast<CborKind>(rest_[0] >> 5);
}

Result<ByteView> CborReader::Skip(int depth_max) {
  const ByteView before = rest_;
  TRESTLE_TRY(SkipItem(depth_max));
  return before.first(before.size() - rest_.size());
}

Result<void> CborReader::SkipItem(int depth_left) {
  const Head head = TRESTLE_TRY(ReadHead());
  switch (head.kind) {
    case CborKind::kUnsigned:
    case CborKind::kNegative:
      return {};
    case CborKind::kSimple:
      if (head.information == 24 && head.value < 32) {
        return Fail(Reason::kMalformed, "a simple value that is not in its shortest form");
      }
      return {};
    case CborKind::kBytes:
      TRESTLE_TRY(Payload(head.value));
      return {};
    case CborKind::kText:
      if (!IsUtf8(TRESTLE_TRY(Payload(head.value)))) {
        return Fail(Reason::kMalformed, "a text that is not UTF-8");
      }
      return {};
    case CborKind::kArray:
    case CborKind::kTag: {
      if (depth_left == 0) return Fail(Reason::kTooLarge, "CBOR nested too deeply");
      const std::uint64_t items = head.kind == CborKind::kTag ? 1 : head.value;
      for (std::uint64_t i = 0; i < items; ++i) TRESTLE_TRY(SkipItem(depth_left - 1));
      return {};
    }
    case CborKind::kMap: {
      if (depth_left == 0) return Fail(Reason::kTooLarge, "CBOR nested too deeply");
      ByteView last_key;
      for (std::uint64_t i = 0; i < head.value; ++i) {
        const ByteView key = TRESTLE_TRY(Skip(0));
        // RFC 8949, Section 4.2.1: keys in bytewise order, none twice.
        if (i > 0 && !std::lexicographical_compare(last_key.begin(), last_key.end(), key.begin(),
                                                   key.end())) {
          return Fail(Reason::kMalformed, "map keys out of order");
        }
        last_key = key;
        TRESTLE_TRY(SkipItem(depth_left - 1));
      }
      return {};
    }
  }
  return Fail(Reason::kMalformed, "CBOR has no such kind");
}

Result<void> CborReader::ExpectEnd() const {
  if (!rest_.empty()) return Fail(Reason::kMalformed, "octets after the end");
  return {};
}

bool IsUtf8(ByteView bytes) {
  // RFC 3629, Section 4: the ranges of the first two octets say all.
  for (std::size_t i = 0; i < bytes.size();) {
    const std::uint8_t first = bytes[i];
    std::size_t more = 0;
    std::uint8_t low = 0x80;
    std::uint8_t high = 0xBF;
    if (first < 0x80) {
      ++i;
      continue;
    }
    if (first >= 0xC2 && first <= 0xDF) {
      more = 1;
    } else if (first >= 0xE0 && first <= 0xEF) {
      more = 2;
      if (first == 0xE0) low = 0xA0;
      if (first == 0xED) high = 0x9F;
    } else if (first >= 0xF0 && first <= 0xF4) {
      more = 3;
      if (first == 0xF0) low = 0x90;
      if (first == 0xF4) high = 0x8F;
    } else {
      return false;
    }
    if (bytes.size() - i <= more) return false;
    if (bytes[i + 1] < low || bytes[i + 1] > high) return false;
    for (std::size_t j = 2; j <= more; ++j) {
      if ((bytes[i + j] & 0xC0) != 0x80) return false;
    }
    i += more + 1;
  }
  return true;
}

}  // namespace trestle::content
