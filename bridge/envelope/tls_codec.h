// The presentation language of TLS as MLS uses it (RFC 9420, Section 2.1): big-endian integers and
// vectors with a variable-size length. The reader works on borrowed octets, never allocates, and
// never reads past the end; a vector's length is checked against what is left before it is
// believed.
#pragma once

#include <cstdint>

#include "bridge/base/bytes.h"
#include "bridge/base/result.h"

namespace trestle {

class TlsReader {
 public:
  explicit TlsReader(ByteView input) : rest_(input) {}

  Result<std::uint8_t> U8();
  Result<std::uint16_t> U16();
  Result<std::uint32_t> U32();
  Result<std::uint64_t> U64();
  // A variable-size length; kMalformed when not in its shortest form (RFC 9420, Section 2.1.2).
  Result<std::uint32_t> Length();
  Result<ByteView> Fixed(std::size_t count);
  Result<ByteView> Vector();  // opaque<V>; the view borrows from the input

  std::size_t remaining() const { return rest_.size(); }
  ByteView rest() const { return rest_; }
  bool at_end() const { return rest_.empty(); }
  Result<void> ExpectEnd() const;  // kMalformed when octets are left

 private:
  Result<std::uint64_t> Integer(std::size_t octets);

  ByteView rest_;
};

class TlsWriter {
 public:
  // The largest length that the encoding has: 2^30 - 1.
  static constexpr std::size_t kLengthMax = (std::size_t{1} << 30) - 1;

  TlsWriter() = default;
  TlsWriter(TlsWriter&&) = default;
  TlsWriter& operator=(TlsWriter&&) = delete;
  ~TlsWriter() { Wipe(out_); }  // endpoints write secrets

  TlsWriter& U8(std::uint8_t value);
  TlsWriter& U16(std::uint16_t value);
  TlsWriter& U32(std::uint32_t value);
  TlsWriter& U64(std::uint64_t value);
  TlsWriter& Length(std::size_t length);
  TlsWriter& Fixed(ByteView octets);
  TlsWriter& Vector(ByteView octets);

  const Bytes& bytes() const { return out_; }
  Bytes Take() { return std::move(out_); }

 private:
  TlsWriter& Integer(std::uint64_t value, int octets);
  void MakeRoom(std::size_t octets);  // wipes what it moves away from

  Bytes out_;
};

}  // namespace trestle
