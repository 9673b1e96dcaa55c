#include "bridge/envelope/network.h"

#include <algorithm>

namespace trestle {

Result<Network> Network::Parse(std::string_view name) {
  const auto allowed = [](char sign) {
    return (sign >= 'a' && sign <= 'z') || (sign >= '0' && sign <= '9') || sign == '_';
  };
  const bool fits = !name.empty() && name.size() <= 32 && name[0] >= 'a' && name[0] <= 'z' &&
                    std::all_of(name.begin(), name.end(), allowed);
  if (!fits) return Fail(Reason::kInvalidArgument, "a network's name is [a-z][a-z0-9_]{0,31}");
  return Network(name);
}

}  // namespace trestle
