// Receipts by message id, folded over the parts of a text: a text has arrived when all its parts
// have, and has failed when one did. Ids that belong to no text of several parts are told as they
// are; the Carrier knows them, also when they come early. While a part waits for its answer,
// receipts of unknown ids wait too, because they may be that part's. In memory: after a restart the
// parts of a text are forgotten, which costs no more than a missing note on a reply of the bridge
// itself. On the loop's thread alone.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "adapters/sms/values.h"

namespace trestle::sms {

class ReceiptFold {
 public:
  static constexpr std::size_t kPartsMax = 4096;  // the oldest go
  static constexpr std::size_t kHeldMax = 256;    // the oldest are told

  using Tell = std::function<void(const std::string& native_id, MessageState state)>;
  explicit ReceiptFold(Tell tell) : tell_(std::move(tell)) {}

  // A text of several parts, known by its first one's id.
  class Text {
   private:
    friend class ReceiptFold;
    std::string native_id_;
    std::size_t parts_ = 0;
    std::size_t missing_ = 0;
  };
  std::shared_ptr<Text> Begin(std::size_t parts);
  // Around each part: before it is submitted, and when its answer has come or cannot come any more.
  void PartSubmitted() { ++unanswered_; }
  void PartAnswered(const std::shared_ptr<Text>& text, const std::string& id);  // "": not accepted

  void Take(const std::string& id, MessageState state);

 private:
  struct Part {
    std::shared_ptr<Text> text;
    std::list<std::string>::iterator age;
  };
  struct Held {
    std::string id;
    MessageState state = MessageState::kUnknown;
  };

  void Register(const std::shared_ptr<Text>& text, const std::string& id);
  void Fold(const std::string& id, MessageState state);

  const Tell tell_;
  std::unordered_map<std::string, Part> parts_;
  std::list<std::string> by_age_;
  std::list<Held> held_;
  std::size_t unanswered_ = 0;
};

}  // namespace trestle::sms
