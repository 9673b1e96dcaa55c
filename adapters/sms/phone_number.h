// Numbers as networks spell them, and the one spelling under which a person is known. The only file
// that uses libphonenumber (docs/decisions/0005). A number keeps the network's own spelling,
// because answers must be written to that one; the canonical one only finds the person again when
// another centre, or the same on another day, spells the number otherwise. Pure; about 14 us a
// number.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "adapters/sms/codec.h"

namespace trestle::sms {

enum class SenderKind : std::uint8_t {
  kPerson,        // can be answered
  kShortCode,     // a service's: answering reaches nobody, or costs
  kAlphanumeric,  // a name: cannot be answered at all
  kUnreadable,    // no address
};

struct Sender {
  SenderKind kind = SenderKind::kUnreadable;
  std::string spelling;   // what AddressOf turns back into the network's address
  std::string canonical;  // E.164 digits without the plus; the spelling where none is known
};

// `region` (ISO 3166, such as "GB") is whose spelling a number without a country code is in; "" for
// nobody's. A number that libphonenumber does not know is taken as it came: it gates nothing.
Sender SenderOf(const Address& address, std::string_view region);

// A person's number or one of ours on the wire (SMPP 3.4, Sections 5.2.5 and 5.2.6): plain digits
// are international, up to eight of them short, and a spelling of SenderOf is what it was.
Address AddressOf(std::string_view spelling, std::uint8_t short_number_ton);

// Digits without the plus; "" when it is no number of at most 20 digits.
std::string NumberOf(const Address& address);

// One of `numbers` (ours, in international digits) that this address means, else its digits.
std::string OwnNumber(const Address& address, std::string_view region,
                      const std::vector<std::string>& numbers);

bool IsRegion(std::string_view region);

}  // namespace trestle::sms
