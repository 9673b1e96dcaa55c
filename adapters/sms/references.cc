#include "adapters/sms/references.h"

#include "bridge/base/digest.h"

namespace trestle::sms {

References::References(Random& random) : random_(random) { random_.Fill(salt_); }

References::Person& References::Find(std::string_view number) {
  const Bytes32 key = Sha256({salt_, AsBytes(number)});
  auto found = persons_.find(key);
  if (found == persons_.end()) {
    if (persons_.size() >= kPersonsMax) {
      persons_.erase(by_age_.front());
      by_age_.pop_front();
    }
    // A random beginning, so that a restart does not repeat what is still on its way.
    found = persons_.emplace(key, Person{}).first;
    random_.Fill({&found->second.next, 1});
  } else {
    by_age_.erase(found->second.age);
  }
  found->second.age = by_age_.insert(by_age_.end(), key);
  return found->second;
}

std::uint8_t References::ForText(std::string_view number) { return Find(number).next++; }

}  // namespace trestle::sms
