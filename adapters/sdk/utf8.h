// Just enough of UTF-8: strict decoding and counting, for limits that are written in characters.
// Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace trestle {

// Takes one code point off the front. nullopt, with nothing taken, when the text does not begin
// with a well-formed one (RFC 3629: no surrogates, no overlong forms) or is empty.
std::optional<char32_t> TakeCodePoint(std::string_view& text);

// nullopt when the text is not UTF-8.
std::optional<std::size_t> CountCodePoints(std::string_view text);

void AppendUtf8(std::string& out, char32_t code_point);

}  // namespace trestle
