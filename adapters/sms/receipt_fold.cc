#include "adapters/sms/receipt_fold.h"

#include <algorithm>

#include "bridge/base/event_log.h"

namespace trestle::sms {

std::shared_ptr<ReceiptFold::Text> ReceiptFold::Begin(std::size_t parts) {
  auto text = std::make_shared<Text>();
  text->parts_ = text->missing_ = parts;
  return text;
}

void ReceiptFold::PartAnswered(const std::shared_ptr<Text>& text, const std::string& id) {
  if (unanswered_ > 0) --unanswered_;
  if (!id.empty()) Register(text, id);
  if (unanswered_ > 0) return;
  // No part is open: what was held belongs to other messages.
  const auto held = std::exchange(held_, {});
  for (const Held& each : held) tell_(each.id, each.state);
}

void ReceiptFold::Register(const std::shared_ptr<Text>& text, const std::string& id) {
  if (text->native_id_.empty()) text->native_id_ = id;
  if (parts_.size() >= kPartsMax) {
    parts_.erase(by_age_.front());
    by_age_.pop_front();
  }
  const auto [part, is_new] = parts_.try_emplace(id, Part{text, {}});
  if (!is_new) return;
  part->second.age = by_age_.insert(by_age_.end(), id);
  const auto early = std::ranges::find(held_, id, &Held::id);
  if (early == held_.end()) return;
  const Held receipt = *early;
  held_.erase(early);
  Fold(receipt.id, receipt.state);
}

void ReceiptFold::Take(const std::string& id, MessageState state) {
  if (!IsFinal(state)) return;
  if (parts_.contains(id)) return Fold(id, state);
  if (unanswered_ == 0) return tell_(id, state);
  held_.push_back({id, state});
  if (held_.size() <= kHeldMax) return;
  const Held oldest = held_.front();
  held_.pop_front();
  tell_(oldest.id, oldest.state);
}

void ReceiptFold::Fold(const std::string& id, MessageState state) {
  const auto found = parts_.find(id);
  const auto text = found->second.text;
  by_age_.erase(found->second.age);
  parts_.erase(found);
  if (text->missing_ == 0) return;  // it has failed already
  if (state != MessageState::kDelivered) {
    LogEvent(Severity::kInfo, "sms_text_failed_in_part",
             {EventField("arrived", text->parts_ - text->missing_),
              EventField("parts", text->parts_), EventField::Enum("state", StateWord(state))});
    text->missing_ = 0;
    return tell_(text->native_id_, state);
  }
  if (--text->missing_ == 0) tell_(text->native_id_, state);
}

}  // namespace trestle::sms
