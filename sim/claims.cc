#include "sim/claims.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "bridge/base/bytes.h"

namespace trestle::sim {
namespace {

constexpr std::uintmax_t kPileBytesMax = 256ULL * 1024 * 1024;

// The part of the base64 of `secret` that is the same whatever stands before and after it, for a
// secret that begins `shift` octets into a group of three.
std::string InnerBase64(std::string_view secret, std::size_t shift) {
  const std::string padded = std::string(shift, '\0') + std::string(secret);
  const std::string whole = ToBase64Url(AsBytes(padded));
  const std::size_t first = shift == 0 ? 0 : shift + 1;
  const std::size_t last = padded.size() / 3 * 4;
  return last > first ? whole.substr(first, last - first) : std::string();
}

std::string PlainBase64(std::string url) {
  std::replace(url.begin(), url.end(), '-', '+');
  std::replace(url.begin(), url.end(), '_', '/');
  return url;
}

// 3GPP TS 23.040, Section 9.1.2.3: two digits an octet, the first in the low half.
std::string SwappedBcd(std::string_view digits) {
  std::string out;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    out.push_back(static_cast<char>((digits[i + 1] - '0') << 4 | (digits[i] - '0')));
  }
  return out;
}

std::string Utf16Of(std::string_view ascii, bool big_endian) {
  std::string out;
  for (const char sign : ascii) {
    if (big_endian) out.push_back('\0');
    out.push_back(sign);
    if (!big_endian) out.push_back('\0');
  }
  return out;
}

bool AllDigits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(),
                                      [](char sign) { return sign >= '0' && sign <= '9'; });
}

std::string Escaped(std::string_view text) {
  const std::string quoted = nlohmann::json(std::string(text))
                                 .dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
  return quoted.substr(1, quoted.size() - 2);
}

}  // namespace

std::vector<std::string> FormsOf(std::string_view secret) {
  if (secret.starts_with('+')) secret.remove_prefix(1);
  std::vector<std::string> forms = {std::string(secret), ToHex(AsBytes(secret)), Escaped(secret)};
  std::string upper = forms[1];
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](unsigned char sign) { return static_cast<char>(std::toupper(sign)); });
  forms.push_back(std::move(upper));
  for (std::size_t shift = 0; shift < 3; ++shift) {
    const std::string inner = InnerBase64(secret, shift);
    forms.push_back(inner);
    forms.push_back(PlainBase64(inner));
  }
  if (AllDigits(secret)) {
    forms.push_back(SwappedBcd(secret));
    forms.push_back(Utf16Of(secret, true));
    forms.push_back(Utf16Of(secret, false));
  }
  // A form of three octets and less would be found by chance.
  std::erase_if(forms, [](const std::string& form) { return form.size() < 4; });
  return forms;
}

bool Holds(const Pile& pile, std::string_view secret) {
  const std::vector<std::string> forms = FormsOf(secret);
  return std::any_of(forms.begin(), forms.end(), [&](const std::string& form) {
    return pile.bytes.find(form) != std::string::npos;
  });
}

Pile PileOf(std::string name, const std::string& path) {
  Pile pile{std::move(name), {}};
  const auto append = [&pile](const std::filesystem::path& file_path) {
    if (pile.bytes.size() > kPileBytesMax) return;
    std::ifstream file(file_path, std::ios::binary);
    pile.bytes.append(std::istreambuf_iterator<char>(file), {});
  };
  std::error_code error;
  if (!std::filesystem::is_directory(path, error)) {
    append(path);
    return pile;
  }
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path, error)) {
    if (entry.is_regular_file()) append(entry.path());
  }
  return pile;
}

void Claims::Check(bool holds, std::string claim) {
  ++checked_;
  (holds ? kept_ : broken_).push_back(std::move(claim));
}

void Claims::CheckAbsent(const std::string& what, std::string_view secret,
                         const std::vector<const Pile*>& piles, const Pile& control) {
  for (const Pile* pile : piles) {
    Check(!Holds(*pile, secret), what + " is not in " + pile->name);
  }
  Check(Holds(control, secret), "(control) " + what + " is found in " + control.name);
}

}  // namespace trestle::sim
