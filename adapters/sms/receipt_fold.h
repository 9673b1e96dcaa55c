// Receipts by message id, folded over the parts of a text: a text has arrived when all its parts
// have, and has failed when one did. Ids that belong to no text of several parts are told as they
// are; the Carrier knows them. In memory: after a restart the parts of a text are forgotten, which
// costs no more than a missing note on a reply of the bridge itself. On the loop's thread alone.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "adapters/sms/values.h"

namespace trestle::sms {

class ReceiptFold {
 public:
  static constexpr std::size_t kPartsMax = 4096;  // the oldest go

  using Tell = std::function<void(const std::string& native_id, MessageState state)>;
  explicit ReceiptFold(Tell tell) : tell_(std::move(tell)) {}

  // The parts of one text, all accepted by the centre; it is known by the first one's id.
  void Expect(const std::vector<std::string>& ids);
  void Take(const std::string& id, MessageState state);

 private:
  struct Text {
    std::string native_id;
    std::size_t missing = 0;
  };
  struct Part {
    std::shared_ptr<Text> text;
    std::list<std::string>::iterator age;
  };
  // A receipt may come before its text is whole.
  struct Early {
    std::string id;
    MessageState state;
  };

  const Tell tell_;
  std::unordered_map<std::string, Part> parts_;
  std::list<std::string> by_age_;
  std::list<Early> early_;
};

}  // namespace trestle::sms
