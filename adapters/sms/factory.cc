#include "adapters/sms/factory.h"

#include <algorithm>

#include "adapters/sms/adapter.h"

namespace trestle {
namespace {

bool IsNumber(const std::string& text) {
  return text.size() >= 3 && text.size() <= 20 &&
         text.find_first_not_of("0123456789") == std::string::npos;
}

Result<void> CheckNumbers(const SmsOptions& options) {
  if (!IsNumber(options.service_number)) {
    return Fail(Reason::kInvalidArgument, "sms: the service number is not 3 to 20 digits");
  }
  for (const std::string& ghost : options.ghost_numbers) {
    if (!IsNumber(ghost)) {
      return Fail(Reason::kInvalidArgument, "sms: a ghost number is not 3 to 20 digits");
    }
    if (ghost == options.service_number || std::ranges::count(options.ghost_numbers, ghost) > 1) {
      return Fail(Reason::kInvalidArgument, "sms: a number is given twice");
    }
  }
  return {};
}

Result<void> CheckAccess(const SmsOptions& options) {
  if (options.system_id.empty() || options.system_id.size() > 15) {
    return Fail(Reason::kInvalidArgument, "sms: the system_id is not 1 to 15 characters");
  }
  if (options.password.Reveal(Purpose::kAuthenticate).size() > 8) {
    return Fail(Reason::kInvalidArgument, "sms: the password is longer than 8 characters");
  }
  if (options.system_type.size() > 12) {
    return Fail(Reason::kInvalidArgument, "sms: the system_type is longer than 12 characters");
  }
  if (options.host.empty() || options.port == 0) {
    return Fail(Reason::kInvalidArgument, "sms: the centre's host or port is missing");
  }
  return {};
}

Result<void> CheckFigures(const SmsOptions& options) {
  if (options.units_max < 1 || options.units_max > 255) {
    return Fail(Reason::kInvalidArgument, "sms: units_max is not 1 to 255");
  }
  if (options.window < 1 || options.window > 1000) {
    return Fail(Reason::kInvalidArgument, "sms: the window is not 1 to 1,000");
  }
  if (options.messages_per_minute < 6 || options.messages_per_minute > 1'000'000) {
    return Fail(Reason::kInvalidArgument, "sms: messages_per_minute is not 6 to 1,000,000");
  }
  const Millis shortest =
      std::min({options.connect_timeout, options.response_timeout, options.enquire_after,
                options.reconnect_after_min, options.reconnect_after_max, options.throttle_pause});
  if (shortest < Millis{1}) return Fail(Reason::kInvalidArgument, "sms: a time is not above zero");
  return {};
}

}  // namespace

Result<std::unique_ptr<Adapter>> MakeSmsAdapter(SmsOptions options, AdapterContext context) {
  TRESTLE_TRY(CheckNumbers(options));
  TRESTLE_TRY(CheckAccess(options));
  TRESTLE_TRY(CheckFigures(options));
  return TRESTLE_TRY(sms::SmsAdapter::Create(std::move(options), std::move(context)));
}

}  // namespace trestle
