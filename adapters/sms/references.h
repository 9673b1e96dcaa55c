// The 8-bit references of concatenated texts, counted for each person apart, so that two texts on
// their way to one person never share one. On the loop's thread alone.
#pragma once

#include <list>
#include <map>
#include <string>

#include "bridge/base/seams.h"
#include "bridge/envelope/fragment.h"

namespace trestle::sms {

class References {
 public:
  static constexpr std::size_t kPersonsMax = 20000;  // the longest unused goes

  explicit References(Random& random);

  std::uint8_t ForText(std::string_view number);

 private:
  struct Person {
    std::uint8_t next = 0;
    std::list<Bytes32>::iterator age;
  };
  Person& Find(std::string_view number);

  Random& random_;
  Bytes32 salt_;  // numbers are kept as salted hashes
  std::map<Bytes32, Person> persons_;
  std::list<Bytes32> by_age_;  // the longest unused first
};

}  // namespace trestle::sms
