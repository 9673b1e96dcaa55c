// What an operator says about an SMS network: plain data, checked by MakeSmsAdapter.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "adapters/sms/number_match.h"
#include "adapters/sms/receipts.h"
#include "adapters/sms/text.h"
#include "bridge/base/result.h"
#include "bridge/base/sensitive.h"

namespace trestle {

struct SmsOptions {
  static constexpr std::size_t kCentresMax = 16;
  static constexpr std::size_t kBindsMax = 64;

  std::string service_number;              // where JOIN and the other words go: digits, no plus
  std::vector<std::string> ghost_numbers;  // the pool for contacts: digits, no plus
  sms::NumberMatch ghost_match = sms::NumberMatch::kRegion;  // of a person's number and a ghost's
  Millis ghost_cool_down = std::chrono::hours(90 * 24);      // before a person sees it for another
  std::size_t units_max = 60;  // data messages that one frame may take; 1 to 255

  // What the operator pays for a message and what one frame may cost, in millionths of the currency
  // (ISO 4217); 0: nothing, and no bound.
  std::int64_t unit_price_micros = 0;
  std::int64_t frame_price_micros_max = 0;
  std::string currency = {};

  // The receiver of a frame says when it has all of it, or what it misses (segment_status.h).
  Millis confirm_within = std::chrono::hours(1);    // else the sender hears that it is lost
  Millis confirm_after = std::chrono::seconds(30);  // of silence it is asked; doubles
  int resend_rounds_max = 8;                        // of sending something again, for one frame
  Millis missing_after = std::chrono::seconds(10);  // of quiet we ask for what is missing

  std::string host = "127.0.0.1";  // of the SMS centre
  std::uint16_t port = 2775;
  // More doors to the same centre (a cluster's other nodes), each with binds of its own.
  struct Centre {
    std::string host;
    std::uint16_t port = 2775;
  };
  std::vector<Centre> more_centres = {};  // at most kCentresMax with the first
  std::size_t binds = 1;                  // sessions with each of them; 1 to kBindsMax in all

  bool tls = false;                  // to all of them
  std::string tls_ca_file;           // PEM; "": the system's authorities
  std::string tls_verify_name;       // whom the certificate must be for; "": the host
  std::string tls_certificate_file;  // of our own, PEM, where the centre asks for one
  Secret tls_key;                    // its key, PEM

  std::string system_id;    // at most 15 characters
  Secret password;          // at most 8 characters (SMPP 3.4, Section 5.2.2)
  std::string system_type;  // at most 12 characters; most centres want none
  // false: each session is a transceiver; true: a transmitter and a receiver, for centres without
  // the first.
  bool binds_apart = false;

  std::size_t window = 10;  // submits without an answer at a time, of each bind; 1 to 1,000
  std::int64_t messages_per_minute = 3000;  // what the operator sold; halved while throttled
  Millis connect_timeout = std::chrono::seconds(10);
  Millis response_timeout = std::chrono::seconds(30);
  Millis enquire_after = std::chrono::seconds(30);       // of silence
  Millis reconnect_after_min = std::chrono::seconds(1);  // doubles up to the next, with jitter
  Millis reconnect_after_max = std::chrono::minutes(1);
  Millis throttle_pause = std::chrono::seconds(1);  // after the first 0x58; doubles while repeated

  // How the centre spells message ids, where receipts write them otherwise than responses.
  sms::IdBase response_id_base = sms::IdBase::kText;
  sms::IdBase receipt_id_base = sms::IdBase::kText;
  // What the centre means by data_coding 0.
  sms::DefaultAlphabet default_alphabet = sms::DefaultAlphabet::kGsm;
  // Whose spelling numbers without a country code are in, as ISO 3166 names it: "GB". "": nobody's,
  // and such numbers are taken as they come.
  std::string default_region;
  // TON of our numbers of up to eight digits; longer ones are international.
  std::uint8_t short_number_ton = 3;
  bool sends_user_message_reference = true;  // TLV 0x0204; a few centres refuse it
};

}  // namespace trestle
