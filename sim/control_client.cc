#include "sim/control_client.h"

#include <future>

namespace trestle::sim {
namespace {

// Above the longest long poll that a control server grants.
constexpr Millis kPatience = std::chrono::seconds(40);
constexpr std::size_t kAnswerBytesMax = 64 * 1024 * 1024;

}  // namespace

Result<nlohmann::json> ControlClient::Get(const std::string& path_and_query) {
  return Call({.method = "GET", .url = base_url_ + path_and_query});
}

Result<nlohmann::json> ControlClient::Post(const std::string& path, const nlohmann::json& body) {
  return Call({.method = "POST",
               .url = base_url_ + path,
               .headers = {{"content-type", "application/json"}},
               .body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)});
}

Result<nlohmann::json> ControlClient::Call(HttpCall call) {
  call.timeout = kPatience;
  call.answer_bytes_max = kAnswerBytesMax;
  std::promise<Result<HttpAnswer>> promise;
  auto answered = promise.get_future();
  http_.Send(std::move(call),
             [&promise](Result<HttpAnswer> answer) { promise.set_value(std::move(answer)); });
  const HttpAnswer answer = TRESTLE_TRY(answered.get());
  if (answer.status == 0) {
    return Fail(Reason::kUnavailable, "the simulated network does not answer");
  }
  auto json = nlohmann::json::parse(answer.body, nullptr, false);
  if (answer.status != 200) {
    last_refusal_ = answer.body;
    return Fail(Reason::kInvalidArgument, "the simulated network refused");
  }
  if (!json.is_object())
    return Fail(Reason::kMalformed, "the control server's answer is no object");
  return json;
}

std::string PercentEncoded(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  constexpr std::string_view kPlain = "-._~";
  std::string out;
  for (const char sign : text) {
    const auto octet = static_cast<unsigned char>(sign);
    const bool plain = (octet >= '0' && octet <= '9') || (octet >= 'a' && octet <= 'z') ||
                       (octet >= 'A' && octet <= 'Z') || kPlain.find(sign) != kPlain.npos;
    if (plain) {
      out.push_back(sign);
    } else {
      out.push_back('%');
      out.push_back(kDigits[octet >> 4]);
      out.push_back(kDigits[octet & 15]);
    }
  }
  return out;
}

}  // namespace trestle::sim
