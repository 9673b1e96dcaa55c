// The name of a messaging network, such as "whatsapp" or "sms". A closed spelling rather than a
// closed list: adapter authors add networks. Safe to log.
#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "bridge/base/result.h"

namespace trestle {

class Network {
 public:
  // Lower-case letters, digits and underscores, a letter first, at most 32; kInvalidArgument
  // otherwise.
  static Result<Network> Parse(std::string_view name);

  static Network Messenger() { return Network("messenger"); }
  static Network Instagram() { return Network("instagram"); }
  static Network Whatsapp() { return Network("whatsapp"); }
  static Network Sms() { return Network("sms"); }
  static Network Native() { return Network("native"); }  // gRPC clients

  const std::string& name() const { return name_; }
  auto operator<=>(const Network&) const = default;

 private:
  explicit Network(std::string_view name) : name_(name) {}

  std::string name_;
};

}  // namespace trestle
