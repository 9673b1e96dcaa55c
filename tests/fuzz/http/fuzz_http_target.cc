// Any text as a request target: what parses has a path, no NUL, and survives being written again.
#include "adapters/sdk/http_target.h"
#include "bridge/base/bytes.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace trestle;
  const auto target = ParseHttpTarget(AsText({data, size}));
  if (!target) return 0;
  TRESTLE_CHECK(!target->path.empty() && target->path.find('\0') == std::string::npos);
  for (const auto& [name, value] : target->query) {
    const auto again = ParseHttpTarget("/?" + PercentEncode(name) + "=" + PercentEncode(value));
    TRESTLE_CHECK(again && again->query.at(name) == value);
  }
  return 0;
}
