// A PDU as JSON, for people and tests: every field by its name, octet strings in hexadecimal, TLVs
// by tag and name. The way back takes the same form, ignoring what is only shown.
#pragma once

#include <string>

#include "adapters/sms/codec.h"

namespace trestle::sms {

// One object, indented. "shows" adds what the message says where it carries one.
std::string PduToJson(const Pdu& pdu);

// kMalformed when the JSON does not parse, is nested too deep, or a field has the wrong type.
Result<Pdu> PduFromJson(std::string_view json);

}  // namespace trestle::sms
