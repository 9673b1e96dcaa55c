// What the files of the SQLite address book share: how its rows are named, sealed and read. Private
// to adapters/sdk.
#pragma once

#include <algorithm>

#include "adapters/sdk/address_book.h"
#include "adapters/sdk/sqlite_file.h"

namespace trestle::book_rows {

inline constexpr StaticText kEnrolment = "enrolment";
inline constexpr StaticText kLink = "link";
inline constexpr StaticText kLinkCode = "link code";
inline constexpr StaticText kSecond = "second address";
inline constexpr StaticText kSent = "sent";

inline std::string_view Plain(const NativeAddress& address) {
  return address.Reveal(Purpose::kSealForStore);
}

// The context of a sealed address: its table and its row, so that rows cannot be swapped on disk.
template <class Tag>
Bytes ContextOf(StaticText table, const Id<Tag>& id) {
  Bytes context = ToBytes(table.view());
  context.insert(context.end(), id.bytes().begin(), id.bytes().end());
  return context;
}

inline Result<Bytes16> SixteenOctets(const Bytes& octets) {
  if (octets.size() != 16) return Fail(Reason::kStorage, "an address book row is damaged");
  Bytes16 out;
  std::copy(octets.begin(), octets.end(), out.begin());
  return out;
}

template <class IdType>
Result<IdType> IdOf(const Bytes& octets) {
  return IdType(TRESTLE_TRY(SixteenOctets(octets)));
}

// The second address itself; its row is found by its blind index, which changes with the key.
inline Bytes SecondContext() { return ToBytes(kSecond.view()); }

}  // namespace trestle::book_rows
