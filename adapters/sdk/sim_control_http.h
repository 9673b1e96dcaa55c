// The bodies of the control server's requests and answers (sim_control.h). Pure; private to
// adapters/sdk.
#pragma once

#include <deque>
#include <map>

#include "adapters/sdk/sim_control.h"

namespace trestle::sim_http {

HttpResponse Refusal(int status, std::string_view text);
HttpResponse About(const SimControl::Network& network);
HttpResponse IdAnswer(std::string_view name, std::string_view id);
HttpResponse Inbox(const std::deque<SimMessage>& inbox, std::uint64_t after);
HttpResponse Wire(const std::deque<SimWireRecord>& records, std::uint64_t after, std::size_t limit);
HttpResponse Faults(const SimFaults& faults);
HttpResponse OfError(const Error& error);

// 1 to 128 octets of printable ASCII without blanks; kInvalidArgument otherwise.
Result<std::string> ReadAddress(std::string_view body);
bool ReadEchoes(std::string_view body);
// kInvalidArgument with a text that names the field.
Result<SimMessage> ReadMessage(std::string_view body);
Result<SimFaults> ReadFaults(std::string_view body, SimFaults faults);
// The digits of a query field, or `fallback`; at most `most`.
std::uint64_t NumberOr(const HttpRequest& request, const std::string& name, std::uint64_t fallback,
                       std::uint64_t most);

}  // namespace trestle::sim_http
