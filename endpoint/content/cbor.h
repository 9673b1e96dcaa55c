// The part of CBOR that MIMI content uses (RFC 8949), in its deterministic form alone
// (Section 4.2.1): shortest lengths, no indefinite lengths, map keys in order. A codec of our own,
// because the only map of MIMI content has integer keys, which the JSON library's CBOR does not
// have, and because a reader must refuse what is not deterministic: hashes and tags are taken over
// these octets.
#pragma once

#include <string>
#include <string_view>

#include "bridge/base/bytes.h"
#include "bridge/base/result.h"

namespace trestle::content {

// RFC 8949, Section 3.1.
enum class CborKind : std::uint8_t {
  kUnsigned = 0,
  kNegative = 1,
  kBytes = 2,
  kText = 3,
  kArray = 4,
  kMap = 5,
  kTag = 6,
  kSimple = 7,
};

class CborWriter {
 public:
  CborWriter& Unsigned(std::uint64_t value);
  CborWriter& Integer(std::int64_t value);
  CborWriter& Octets(ByteView bytes);
  CborWriter& Text(std::string_view text);
  CborWriter& Array(std::size_t items);  // the items follow
  CborWriter& Map(std::size_t entries);  // keys and values follow, keys in order
  CborWriter& Bool(bool value);
  CborWriter& Null();
  CborWriter& Encoded(ByteView item);  // one item that is encoded already

  const Bytes& bytes() const { return out_; }
  Bytes Take() { return std::move(out_); }

 private:
  CborWriter& Head(CborKind kind, std::uint64_t value);

  Bytes out_;
};

// Borrows its input. Every method refuses, with kMalformed, an item of another kind or one that is
// not in its shortest form.
class CborReader {
 public:
  explicit CborReader(ByteView input) : rest_(input) {}

  Result<std::uint64_t> Unsigned();
  Result<std::int64_t> Integer();  // within 2^53 of zero, as MIMI asks
  Result<ByteView> Octets();
  Result<std::string> Text();     // valid UTF-8
  Result<std::uint64_t> Array();  // how many items follow
  Result<std::uint64_t> Map();    // how many entries follow
  Result<bool> Bool();
  Result<bool> TakeNull();               // true when the next item was null and is now read
  Result<ByteView> Skip(int depth_max);  // any item, checked to its last octet; answers its octets

  Result<CborKind> Peek() const;
  ByteView rest() const { return rest_; }
  Result<void> ExpectEnd() const;

 private:
  struct Head {
    CborKind kind;
    std::uint8_t information;
    std::uint64_t value;
  };
  Result<Head> ReadHead();
  Result<std::uint64_t> Expect(CborKind kind);
  Result<ByteView> Payload(std::uint64_t length);
  Result<void> SkipItem(int depth_left);

  ByteView rest_;
};

bool IsUtf8(ByteView bytes);

}  // namespace trestle::content
