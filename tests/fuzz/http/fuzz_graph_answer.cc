// Any answer of a Graph API: its error object and usage headers are read within their bounds, and
// no error object leaves a message both sent and refused. The first octet chooses the HTTP status.
#include "adapters/sdk/graph.h"
#include "bridge/base/bytes.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace trestle;
  if (size == 0) return 0;
  const std::string text(AsText({data + 1, size - 1}));
  HttpAnswer answer;
  answer.status = 100 + 2 * data[0];
  answer.body = text;
  answer.certainty = Certainty::kSent;
  answer.headers = {{"x-app-usage", text}, {"x-business-use-case-usage", text}};
  if (const auto usage = ReadGraphUsage(answer.headers)) {
    TRESTLE_CHECK(usage->percent >= 0 && usage->percent <= 1000);
  }
  const bool has_error = ReadGraphError(text).has_value();
  const GraphVerdict verdict = ClassifyGraphAnswer({}, answer);
  TRESTLE_CHECK(!has_error || verdict.attempt.certainty == Certainty::kNotSent);
  return 0;
}
