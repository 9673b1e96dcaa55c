// The MLS endpoints that the edge holds for its people, one each, opened when needed and kept open
// while they are among the last used. Their states are sealed under keys made from the edge's own.
// Not thread-safe: the edge's loop owns it; blocks on the disk.
#pragma once

#include <list>
#include <map>
#include <memory>
#include <string>

#include "adapters/sdk/adapter_keys.h"
#include "bridge/envelope/frame.h"
#include "endpoint/endpoint.h"

namespace trestle::edge {

class People {
 public:
  static constexpr std::size_t kOpenMax = 128;  // a file lock each
  static constexpr std::size_t kKeyPackages = 4;

  People(std::string folder, AdapterKeys keys, Random& random, const Clock& clock)
      : folder_(std::move(folder)), keys_(std::move(keys)), random_(random), clock_(clock) {}

  // Made at first need. Valid until the next call.
  Result<endpoint::Endpoint*> Of(const EnrolmentId& person);
  // The name of a contact's conversation.
  static std::string ThreadOf(const LinkId& link) { return link.hex(); }
  // Key packages to publish for a person, the one of last resort among them; as many as are
  // missing.
  Result<PublishKeysFrame> KeysOf(const EnrolmentId& person);

 private:
  struct Open {
    std::unique_ptr<endpoint::Endpoint> endpoint;
    std::list<EnrolmentId>::iterator age;
  };

  const std::string folder_;
  const AdapterKeys keys_;
  Random& random_;
  const Clock& clock_;
  std::map<EnrolmentId, Open> open_;
  std::list<EnrolmentId> by_age_;  // the longest unused first
};

}  // namespace trestle::edge
