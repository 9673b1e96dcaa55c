// A PDU as JSON, for people and tests: every field by its name, octet strings in hexadecimal, TLVs
// by tag and name. The way back takes the same form: fields that are missing keep their default,
// what is only shown ("status_name", "shows") is ignored, and a name that no PDU has is refused.
#pragma once

#include <string>

#include "adapters/sms/codec.h"

namespace trestle::sms {

// One object, indented. "shows" adds what the message says where it carries one. A TLV shows its
// "number" or "text" beside its octets where the specification gives it that form.
std::string PduToJson(const Pdu& pdu);

// kMalformed when the JSON does not parse, is nested too deep, or a field has the wrong type or an
// unknown name; `field` (when given) is set to that field. A TLV is named by "tag" or by "name" and
// filled by "value" (octets in hexadecimal), "number" or "text".
Result<Pdu> PduFromJson(std::string_view json, std::string* field = nullptr);

}  // namespace trestle::sms
