// Any text as JSON: the limits hold, and a text that was read is written and read alike in both
// ways of escaping.
#include <algorithm>

#include "adapters/sdk/json.h"
#include "bridge/base/bytes.h"

namespace {

using namespace trestle;

std::size_t DepthOf(const Json& json) {
  std::size_t below = 0;
  for (const Json& item : json.items()) below = std::max(below, DepthOf(item));
  for (const auto& [name, value] : json.members()) below = std::max(below, DepthOf(value));
  return json.is_array() || json.is_object() ? below + 1 : below;
}

void CheckTexts(const Json& json) {
  if (const auto text = json.text()) {
    for (const JsonEscape escape : {JsonEscape::kPlain, JsonEscape::kMeta}) {
      JsonWriter out(escape);
      out.Text(*text);
      const auto again = Json::Parse(std::move(out).Take());
      TRESTLE_CHECK(again && again->text() == text);
    }
  }
  for (const Json& item : json.items()) CheckTexts(item);
  for (const auto& [name, value] : json.members()) CheckTexts(value);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto json = Json::Parse(AsText({data, size}));
  if (!json) return 0;
  TRESTLE_CHECK(DepthOf(*json) <= JsonLimits{}.depth_max);
  CheckTexts(*json);
  return 0;
}
