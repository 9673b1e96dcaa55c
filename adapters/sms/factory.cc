#include "adapters/sms/factory.h"

#include <algorithm>

#include "adapters/sms/adapter.h"
#include "adapters/sms/asio_loop.h"
#include "adapters/sms/number_match.h"
#include "adapters/sms/phone_number.h"

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
  if (!options.default_region.empty() && !sms::IsRegion(options.default_region)) {
    return Fail(Reason::kInvalidArgument, "sms: the default region is not one of ISO 3166");
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

Result<void> CheckCentres(const SmsOptions& options) {
  if (options.more_centres.size() + 1 > SmsOptions::kCentresMax) {
    return Fail(Reason::kInvalidArgument, "sms: more than 16 centres");
  }
  for (const SmsOptions::Centre& centre : options.more_centres) {
    if (centre.host.empty() || centre.port == 0) {
      return Fail(Reason::kInvalidArgument, "sms: a centre's host or port is missing");
    }
  }
  const std::size_t each = options.binds * (options.binds_apart ? 2 : 1);
  if (options.binds < 1 || options.binds > SmsOptions::kBindsMax ||
      each * (options.more_centres.size() + 1) > SmsOptions::kBindsMax) {
    return Fail(Reason::kInvalidArgument, "sms: the binds are not 1 to 64 in all");
  }
  const bool has_key = !options.tls_key.Reveal(Purpose::kAuthenticate).empty();
  if (has_key == options.tls_certificate_file.empty()) {
    return Fail(Reason::kInvalidArgument, "sms: a TLS certificate and its key go together");
  }
  const bool has_tls = !options.tls_ca_file.empty() || !options.tls_verify_name.empty() || has_key;
  if (has_tls && !options.tls) {
    return Fail(Reason::kInvalidArgument, "sms: TLS settings are given, and TLS is off");
  }
  return {};
}
Result<void> CheckConfirmation(const SmsOptions& options);

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
  return CheckConfirmation(options);
}

Result<void> CheckConfirmation(const SmsOptions& options) {
  const Millis shortest =
      std::min({options.confirm_within, options.confirm_after, options.missing_after});
  if (shortest < Millis{1}) return Fail(Reason::kInvalidArgument, "sms: a time is not above zero");
  if (options.resend_rounds_max < 0 || options.resend_rounds_max > 100) {
    return Fail(Reason::kInvalidArgument, "sms: resend_rounds_max is not 0 to 100");
  }
  if (options.unit_price_micros < 0 || options.frame_price_micros_max < 0) {
    return Fail(Reason::kInvalidArgument, "sms: a price is below zero");
  }
  return {};
}

}  // namespace

GhostPool GhostPoolOf(const SmsOptions& options) {
  GhostPool out;
  out.ghosts = options.ghost_numbers;
  out.cool_down = options.ghost_cool_down;
  out.affinity = [match = options.ghost_match](const NativeAddress& person,
                                               const std::string& number) {
    return sms::AffinityOf(person.Reveal(Purpose::kCompare), number, match);
  };
  return out;
}

Result<void> CheckSmsOptions(const SmsOptions& options) {
  TRESTLE_TRY(CheckNumbers(options));
  TRESTLE_TRY(CheckAccess(options));
  TRESTLE_TRY(CheckCentres(options));
  return CheckFigures(options);
}

Result<std::unique_ptr<Adapter>> MakeSmsAdapter(SmsOptions options, AdapterContext context) {
  TRESTLE_TRY(CheckSmsOptions(options));
  auto loop = std::make_shared<sms::AsioLoop>("sms", context.clock);
  return TRESTLE_TRY(
      sms::SmsAdapter::Create(std::move(options), std::move(context), std::move(loop)));
}

}  // namespace trestle
