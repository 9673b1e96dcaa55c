// The words a person can text to the bridge itself. Adapters recognise them and offer a command;
// free text never leaves an adapter, so nothing that was meant for a person reaches the core by
// mistake.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace trestle {

enum class ServiceVerb : std::uint8_t {
  kJoin,   // JOIN, or JOIN <code> to add this network to an account that showed the code
  kCode,   // CODE: shows a code that joins another network to this account
  kAlias,  // ALIAS [label]: makes an alias
  kReach,  // REACH <alias>
  kStop,   // STOP: on a contact's thread ends that contact, on the service thread ends everything
  kHelp,
};

struct ServiceCommand {
  ServiceVerb verb = ServiceVerb::kHelp;
  std::string argument;  // label, alias or code: at most kServiceArgumentBytesMax, printable UTF-8
  bool operator==(const ServiceCommand&) const = default;
};

inline constexpr std::size_t kServiceArgumentBytesMax = 64;

// nullopt when the text is not a service word (any letter case; surrounding blanks do not count),
// or its argument is missing, too long or holds control characters.
std::optional<ServiceCommand> ParseServiceWord(std::string_view text);
std::string_view ServiceVerbName(ServiceVerb verb);  // "JOIN", …

}  // namespace trestle
