// The national language tables of 3GPP TS 23.038, Annex A: a phone that writes Turkish, Spanish or
// Portuguese names them in the user data header (elements 0x24 and 0x25) instead of changing to
// UCS-2. Read only: this adapter never sends them, because not every phone has them. Pure.
#pragma once

#include <cstdint>
#include <optional>

namespace trestle::sms {

// National language identifiers (TS 23.038, Section 6.2.1.2.4); 0 is the default alphabet.
struct GsmTables {
  std::uint8_t locking = 0;  // element 0x25: replaces the default alphabet
  std::uint8_t single = 0;   // element 0x24: replaces its extension table
  bool operator==(const GsmTables&) const = default;
  explicit operator bool() const { return locking != 0 || single != 0; }  // not the default
};

// Turkish (1), Spanish (2, which has no locking table) and Portuguese (3); the ten languages of
// India and Urdu are not here.
bool HasTables(const GsmTables& tables);

// What a national table puts at a septet; none where it agrees with the default one.
std::optional<char32_t> LockingCharacter(std::uint8_t language, std::uint8_t septet);
std::optional<char32_t> SingleCharacter(std::uint8_t language, std::uint8_t septet);

}  // namespace trestle::sms
