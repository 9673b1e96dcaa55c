// Reading and writing of MLS structures that hold other structures: lists and optional values
// (RFC 9420, Sections 2.1.1 and 2.1.2). A structure T has `void Write(TlsWriter&) const` and
// `static Result<T> Read(TlsReader&)`. Every list has a bound, so that a few octets never become
// much memory.
#pragma once

#include <optional>
#include <vector>

#include "bridge/envelope/tls_codec.h"

namespace trestle::mls {

// More than any group here has of anything: 256 members, and as many proposals in a commit.
inline constexpr std::size_t kListItemsMax = 1024;

inline Result<Bytes> ReadBytes(TlsReader& in) { return ToBytes(TRESTLE_TRY(in.Vector())); }

template <class Item, class ReadItem>
Result<std::vector<Item>> ReadListWith(TlsReader& in, std::size_t items_max, ReadItem read_item) {
  TlsReader list(TRESTLE_TRY(in.Vector()));
  std::vector<Item> out;
  while (!list.at_end()) {
    if (out.size() == items_max) return Fail(Reason::kTooLarge, "a list with too many items");
    out.push_back(TRESTLE_TRY(read_item(list)));
  }
  return out;
}

template <class Item>
Result<std::vector<Item>> ReadList(TlsReader& in, std::size_t items_max = kListItemsMax) {
  return ReadListWith<Item>(in, items_max, [](TlsReader& list) { return Item::Read(list); });
}

template <class Item, class WriteItem>
void WriteListWith(TlsWriter& out, const std::vector<Item>& items, WriteItem write_item) {
  TlsWriter list;
  for (const Item& item : items) write_item(list, item);
  out.Vector(list.bytes());
}

template <class Item>
void WriteList(TlsWriter& out, const std::vector<Item>& items) {
  WriteListWith(out, items, [](TlsWriter& list, const Item& item) { item.Write(list); });
}

// RFC 9420, Section 2.1.1: the presence octet is 0 or 1.
inline Result<bool> ReadPresence(TlsReader& in) {
  const std::uint8_t presence = TRESTLE_TRY(in.U8());
  if (presence > 1)
    return Fail(Reason::kMalformed, "an optional value is neither absent nor present");
  return presence == 1;
}

template <class Item>
Result<std::optional<Item>> ReadOptional(TlsReader& in) {
  if (!TRESTLE_TRY(ReadPresence(in))) return std::optional<Item>();
  return std::optional<Item>(TRESTLE_TRY(Item::Read(in)));
}

template <class Item>
void WriteOptional(TlsWriter& out, const std::optional<Item>& item) {
  out.U8(item ? 1 : 0);
  if (item) item->Write(out);
}

inline Result<std::vector<std::uint16_t>> ReadU16List(TlsReader& in) {
  return ReadListWith<std::uint16_t>(in, kListItemsMax, [](TlsReader& list) { return list.U16(); });
}

inline void WriteU16List(TlsWriter& out, const std::vector<std::uint16_t>& items) {
  WriteListWith(out, items, [](TlsWriter& list, std::uint16_t item) { list.U16(item); });
}

template <class Item>
Bytes Encode(const Item& item) {
  TlsWriter out;
  item.Write(out);
  return out.Take();
}

// Decodes exactly one Item: octets after it are kMalformed.
template <class Item>
Result<Item> Decode(ByteView bytes) {
  TlsReader in(bytes);
  Item item = TRESTLE_TRY(Item::Read(in));
  TRESTLE_TRY(in.ExpectEnd());
  return item;
}

}  // namespace trestle::mls
