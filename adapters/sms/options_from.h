// An operator's settings of an SMS network as options, for the two programs that speak SMPP. The
// settings are bridge/config's SmsConfig, which this room does not know: any type with its fields
// will do. Pure.
#pragma once

#include <utility>

#include "adapters/sms/options.h"

namespace trestle {

template <class Spelling>
sms::IdBase BaseFrom(Spelling spelling) {
  switch (spelling) {
    case Spelling::kText:
      return sms::IdBase::kText;
    case Spelling::kDecimal:
      return sms::IdBase::kDecimal;
    case Spelling::kHex:
      return sms::IdBase::kHex;
  }
  return sms::IdBase::kText;
}

template <class Match>
sms::NumberMatch MatchFrom(Match match) {
  switch (match) {
    case Match::kAny:
      return sms::NumberMatch::kAny;
    case Match::kCountry:
      return sms::NumberMatch::kCountry;
    case Match::kRegion:
      return sms::NumberMatch::kRegion;
  }
  return sms::NumberMatch::kRegion;
}

// Takes the secrets out of the settings.
template <class Settings>
SmsOptions SmsOptionsFrom(Settings& settings) {
  SmsOptions options;
  options.service_number = settings.service_number;
  options.ghost_numbers = settings.ghost_numbers;
  options.ghost_match = MatchFrom(settings.ghost_match);
  options.ghost_cool_down = settings.ghost_cool_down;
  options.units_max = settings.units_max;
  options.unit_price_micros = settings.unit_price_micros;
  options.frame_price_micros_max = settings.frame_price_micros_max;
  options.currency = settings.currency;
  options.confirm_within = settings.confirm_within;
  options.confirm_after = settings.confirm_after;
  options.resend_rounds_max = settings.resend_rounds_max;
  options.missing_after = settings.missing_after;
  options.host = settings.host;
  options.port = settings.port;
  options.system_id = settings.system_id;
  options.password = std::move(settings.password);
  options.system_type = settings.system_type;
  for (const auto& centre : settings.more_centres) {
    options.more_centres.push_back({centre.host, centre.port});
  }
  options.binds = settings.binds;
  options.binds_apart = settings.binds_apart;
  options.tls = settings.tls;
  options.tls_ca_file = settings.tls_ca_file;
  options.tls_verify_name = settings.tls_verify_name;
  options.tls_certificate_file = settings.tls_certificate_file;
  if (settings.tls_key) options.tls_key = *std::move(settings.tls_key);
  options.window = settings.window;
  options.messages_per_minute = settings.messages_per_minute;
  options.connect_timeout = settings.connect_timeout;
  options.response_timeout = settings.response_timeout;
  options.enquire_after = settings.enquire_after;
  options.reconnect_after_min = settings.reconnect_after_min;
  options.reconnect_after_max = settings.reconnect_after_max;
  options.throttle_pause = settings.throttle_pause;
  options.response_id_base = BaseFrom(settings.response_id_base);
  options.receipt_id_base = BaseFrom(settings.receipt_id_base);
  if (settings.default_alphabet_is_latin1) {
    options.default_alphabet = sms::DefaultAlphabet::kLatin1;
  }
  options.default_region = settings.default_region;
  options.short_number_ton = settings.short_number_ton;
  options.sends_user_message_reference = settings.sends_user_message_reference;
  return options;
}

}  // namespace trestle
