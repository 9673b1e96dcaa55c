#include "adapters/sms/sim_rules.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "adapters/sms/text.h"

namespace trestle::sms {
namespace {

constexpr std::uint8_t kTonMax = 6;
constexpr std::array<std::uint8_t, 10> kNpis = {0, 1, 3, 4, 6, 8, 9, 10, 14, 18};
constexpr std::array<std::string_view, 7> kServiceTypes = {"",    "CMT", "CPT", "VMN",
                                                           "VMA", "WAP", "USSD"};
constexpr std::uint8_t kRegisteredDeliveryBits = 0x1F;
constexpr std::uint8_t kPriorityMax = 3;

bool IsNpi(std::uint8_t npi) { return std::ranges::find(kNpis, npi) != kNpis.end(); }

std::string TwoDigits(unsigned value) {
  const std::string digits = std::to_string(value % 100);
  return digits.size() < 2 ? "0" + digits : digits;
}

struct Moment {
  std::chrono::year_month_day date;
  std::chrono::hh_mm_ss<std::chrono::seconds> time;
};

Moment MomentOf(WallTime at) {
  const std::chrono::sys_seconds seconds{std::chrono::seconds{at.ms / 1000}};
  const auto day = std::chrono::floor<std::chrono::days>(seconds);
  return {std::chrono::year_month_day(day), std::chrono::hh_mm_ss(seconds - day)};
}

std::string DateAndTime(const Moment& moment) {
  return TwoDigits(static_cast<unsigned>(static_cast<int>(moment.date.year()))) +
         TwoDigits(static_cast<unsigned>(moment.date.month())) +
         TwoDigits(static_cast<unsigned>(moment.date.day())) +
         TwoDigits(static_cast<unsigned>(moment.time.hours().count())) +
         TwoDigits(static_cast<unsigned>(moment.time.minutes().count()));
}

CommandStatus CheckAddresses(const ShortMessage& message, const std::vector<std::string>& numbers) {
  if (message.source.ton > kTonMax) return status::kInvalidSourceTon;
  if (!IsNpi(message.source.npi)) return status::kInvalidSourceNpi;
  if (message.destination.ton > kTonMax) return status::kInvalidDestinationTon;
  if (!IsNpi(message.destination.npi)) return status::kInvalidDestinationNpi;
  const std::string source = DigitsOf(message.source.text);
  if (std::ranges::find(numbers, source) == numbers.end() || source.empty()) {
    return status::kInvalidSource;
  }
  if (DigitsOf(message.destination.text).empty()) return status::kInvalidDestination;
  return status::kOk;
}

// 140 octets of user data, of which text in the default alphabet takes seven bits a septet.
CommandStatus CheckLength(const Pdu& pdu, const ShortMessage& message) {
  const Bytes header = EncodeUserDataHeader(message.header);
  const bool has_header = (message.esm_class & kEsmUserDataHeader) != 0;
  // Without a header a payload may be any length: the centre splits it.
  if (FindTlv(pdu, tag::kMessagePayload) != nullptr && !has_header) return status::kOk;
  const std::size_t before = has_header ? header.size() : 0;
  const bool is_septets = message.data_coding == kCodingDefault;
  const std::size_t bits =
      is_septets ? 7 * message.content.size() + FillBits(before) : 8 * message.content.size();
  const std::size_t used = before * 8 + bits;
  return used > kUserDataBytesMax * 8 ? status::kInvalidMessageLength : status::kOk;
}

CommandStatus CheckTimes(const MessageBody& body, WallTime now) {
  if (!body.schedule_delivery_time.empty() && !EndOfValidity(body.schedule_delivery_time, now)) {
    return status::kInvalidSchedule;
  }
  if (body.validity_period.empty()) return status::kOk;
  const auto end = EndOfValidity(body.validity_period, now);
  return end && *end > now ? status::kOk : status::kInvalidExpiry;
}

CommandStatus CheckFields(const MessageBody& body, WallTime now) {
  if (body.priority_flag > kPriorityMax) return status::kInvalidPriority;
  if (body.replace_if_present_flag > 1) return status::kInvalidReplaceFlag;
  // No canned messages are kept here.
  if (body.sm_default_msg_id != 0) return 0x63;  // RINVDFTMSGID
  return CheckTimes(body, now);
}

std::optional<int> Number(std::string_view digits) {
  int out = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return std::nullopt;
    out = out * 10 + (c - '0');
  }
  return out;
}

}  // namespace

CommandStatus CheckSubmit(const Pdu& pdu, const std::vector<std::string>& numbers, WallTime now) {
  const CommandStatus sizes = CheckTlvSizes(pdu);
  if (sizes != status::kOk) return sizes;
  const auto message = ReadShortMessage(pdu);
  if (!message) {
    const bool is_header = FindTlv(pdu, tag::kMessagePayload) == nullptr;
    return is_header ? status::kInvalidEsmClass : status::kTlvNotAllowed;
  }
  std::string_view service_type;
  if (const auto* body = std::get_if<MessageBody>(&pdu.body)) {
    service_type = body->service_type;
    const CommandStatus fields = CheckFields(*body, now);
    if (fields != status::kOk) return fields;
  } else if (const auto* data = std::get_if<DataBody>(&pdu.body)) {
    service_type = data->service_type;
  }
  if (std::ranges::find(kServiceTypes, service_type) == kServiceTypes.end()) {
    return status::kInvalidServiceType;
  }
  // Towards the centre only acknowledgements may stand in the type bits (Section 5.2.12).
  const int type = message->esm_class & kEsmTypeMask;
  if (type != 0 && type != 0x08 && type != 0x10) return status::kInvalidEsmClass;
  if ((message->registered_delivery & ~kRegisteredDeliveryBits) != 0 ||
      (message->registered_delivery & 0x03) == 0x03) {
    return status::kInvalidRegisteredDelivery;
  }
  const CommandStatus addresses = CheckAddresses(*message, numbers);
  if (addresses != status::kOk) return addresses;
  return CheckLength(pdu, *message);
}

std::string DigitsOf(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  const bool is_number = text.size() >= 3 && text.size() <= 20 &&
                         text.find_first_not_of("0123456789") == std::string_view::npos;
  return is_number ? std::string(text) : "";
}

std::optional<WallTime> EndOfValidity(std::string_view period, WallTime now) {
  if (period.size() != 16) return std::nullopt;
  std::array<int, 6> parts{};  // year, month, day, hour, minute, second
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto number = Number(period.substr(2 * i, 2));
    if (!number) return std::nullopt;
    parts[i] = *number;
  }
  const auto tenths = Number(period.substr(12, 1));
  const auto quarters = Number(period.substr(13, 2));
  if (!tenths || !quarters) return std::nullopt;
  const char sign = period[15];
  const std::int64_t of_day = (parts[3] * 60 + parts[4]) * 60 + parts[5];
  if (sign == 'R') {
    // Months count 30 days and years 365: the specification leaves them open.
    const std::int64_t days = parts[0] * 365 + parts[1] * 30 + parts[2];
    return now + std::chrono::seconds(days * 86400 + of_day);
  }
  if ((sign != '+' && sign != '-') || *quarters > 48) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{2000 + parts[0]},
                                         std::chrono::month{static_cast<unsigned>(parts[1])},
                                         std::chrono::day{static_cast<unsigned>(parts[2])}};
  if (!date.ok() || parts[3] > 23 || parts[4] > 59 || parts[5] > 59) return std::nullopt;
  const std::int64_t east = (sign == '+' ? 1 : -1) * std::int64_t{*quarters} * 900;
  const auto days = std::chrono::sys_days(date).time_since_epoch();
  const std::int64_t seconds =
      std::chrono::duration_cast<std::chrono::seconds>(days).count() + of_day - east;
  return WallTime{seconds * 1000 + *tenths * 100};
}

std::string ReceiptTime(WallTime at) { return DateAndTime(MomentOf(at)); }

std::string AbsoluteTime(WallTime at) {
  const Moment moment = MomentOf(at);
  return DateAndTime(moment) + TwoDigits(static_cast<unsigned>(moment.time.seconds().count())) +
         "000+";
}

}  // namespace trestle::sms
