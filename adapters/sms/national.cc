#include "adapters/sms/national.h"

#include <array>
#include <span>

namespace trestle::sms {
namespace {

struct Row {
  std::uint8_t septet;
  char32_t character;
};

// TS 23.038, Annex A.3.1 and A.3.3: where the locking tables differ from the default alphabet.
constexpr std::array kTurkishLocking = {
    Row{0x04, U'€'}, Row{0x07, U'ı'}, Row{0x0B, U'Ğ'}, Row{0x0C, U'ğ'},
    Row{0x1C, U'Ş'}, Row{0x1D, U'ş'}, Row{0x40, U'İ'}, Row{0x60, U'ç'},
};
constexpr std::array kPortugueseLocking = {
    Row{0x04, U'ê'}, Row{0x06, U'ú'}, Row{0x07, U'í'}, Row{0x08, U'ó'}, Row{0x09, U'ç'},
    Row{0x0B, U'Ô'}, Row{0x0C, U'ô'}, Row{0x0E, U'Á'}, Row{0x0F, U'á'}, Row{0x12, U'ª'},
    Row{0x13, U'Ç'}, Row{0x14, U'À'}, Row{0x15, U'∞'}, Row{0x16, U'^'}, Row{0x17, U'\\'},
    Row{0x18, U'€'}, Row{0x19, U'Ó'}, Row{0x1A, U'|'}, Row{0x1C, U'Â'}, Row{0x1D, U'â'},
    Row{0x1E, U'Ê'}, Row{0x24, U'º'}, Row{0x40, U'Í'}, Row{0x5B, U'Ã'}, Row{0x5C, U'Õ'},
    Row{0x5D, U'Ú'}, Row{0x60, U'~'}, Row{0x7B, U'ã'}, Row{0x7C, U'õ'}, Row{0x7D, U'`'},
};

// Annex A.2.1 to A.2.3: what the single shift tables add to the default extension table.
constexpr std::array kTurkishSingle = {
    Row{0x47, U'Ğ'}, Row{0x49, U'İ'}, Row{0x53, U'Ş'}, Row{0x63, U'ç'},
    Row{0x67, U'ğ'}, Row{0x69, U'ı'}, Row{0x73, U'ş'},
};
constexpr std::array kSpanishSingle = {
    Row{0x09, U'ç'}, Row{0x41, U'Á'}, Row{0x49, U'Í'}, Row{0x4F, U'Ó'}, Row{0x55, U'Ú'},
    Row{0x61, U'á'}, Row{0x69, U'í'}, Row{0x6F, U'ó'}, Row{0x75, U'ú'},
};
constexpr std::array kPortugueseSingle = {
    Row{0x05, U'ê'}, Row{0x09, U'ç'}, Row{0x0B, U'Ô'}, Row{0x0C, U'ô'}, Row{0x0E, U'Á'},
    Row{0x0F, U'á'}, Row{0x12, U'Φ'}, Row{0x13, U'Γ'}, Row{0x15, U'Ω'}, Row{0x16, U'Π'},
    Row{0x17, U'Ψ'}, Row{0x18, U'Σ'}, Row{0x19, U'Θ'}, Row{0x1F, U'Ê'}, Row{0x41, U'À'},
    Row{0x49, U'Í'}, Row{0x4F, U'Ó'}, Row{0x55, U'Ú'}, Row{0x5B, U'Ã'}, Row{0x5C, U'Õ'},
    Row{0x61, U'Â'}, Row{0x69, U'í'}, Row{0x6F, U'ó'}, Row{0x75, U'ú'}, Row{0x7B, U'ã'},
    Row{0x7C, U'õ'}, Row{0x7F, U'â'},
};

constexpr std::uint8_t kTurkish = 1;
constexpr std::uint8_t kSpanish = 2;
constexpr std::uint8_t kPortuguese = 3;

std::optional<char32_t> Find(std::span<const Row> rows, std::uint8_t septet) {
  for (const Row& row : rows) {
    if (row.septet == septet) return row.character;
  }
  return std::nullopt;
}

}  // namespace

bool HasTables(const GsmTables& tables) {
  // A.3.2 is void: a Spanish text locks nothing, and what names it anyway reads as the default.
  return tables.locking <= kPortuguese && tables.single <= kPortuguese;
}

std::optional<char32_t> LockingCharacter(std::uint8_t language, std::uint8_t septet) {
  if (language == kTurkish) return Find(kTurkishLocking, septet);
  if (language == kPortuguese) return Find(kPortugueseLocking, septet);
  return std::nullopt;
}

std::optional<char32_t> SingleCharacter(std::uint8_t language, std::uint8_t septet) {
  if (language == kTurkish) return Find(kTurkishSingle, septet);
  if (language == kSpanish) return Find(kSpanishSingle, septet);
  if (language == kPortuguese) return Find(kPortugueseSingle, septet);
  return std::nullopt;
}

}  // namespace trestle::sms
