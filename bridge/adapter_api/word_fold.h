// One spelling for what people type in many: capital letters without accents, words parted by one
// blank, nothing else. "¡Alto!" and "alto" fold to "ALTO". Private to bridge/adapter_api. Pure.
#pragma once

#include <string>
#include <string_view>

namespace trestle {

// Letters and digits of any script stay; blanks, punctuation, symbols, pictures and control
// characters part words. Octets that are no UTF-8 part words too.
std::string FoldWords(std::string_view text);

}  // namespace trestle
