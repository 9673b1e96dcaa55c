#include "adapters/sms/receipt_fold.h"

#include <algorithm>

namespace trestle::sms {
namespace {

constexpr std::size_t kEarlyMax = 256;

}  // namespace

void ReceiptFold::Expect(const std::vector<std::string>& ids) {
  const auto text = std::make_shared<Text>(Text{ids.front(), ids.size()});
  for (const std::string& id : ids) {
    if (parts_.size() >= kPartsMax) {
      parts_.erase(by_age_.front());
      by_age_.pop_front();
    }
    const auto [part, is_new] = parts_.try_emplace(id, Part{text, {}});
    if (!is_new) continue;
    part->second.age = by_age_.insert(by_age_.end(), id);
  }
  for (const std::string& id : ids) {
    const auto early = std::ranges::find(early_, id, &Early::id);
    if (early == early_.end()) continue;
    const Early receipt = *early;
    early_.erase(early);
    Take(receipt.id, receipt.state);
  }
}

void ReceiptFold::Take(const std::string& id, MessageState state) {
  if (!IsFinal(state)) return;
  const auto found = parts_.find(id);
  if (found == parts_.end()) {
    if (early_.size() >= kEarlyMax) early_.pop_front();
    early_.push_back({id, state});
    return tell_(id, state);
  }
  const auto text = found->second.text;
  by_age_.erase(found->second.age);
  parts_.erase(found);
  if (text->missing == 0) return;  // it has failed already
  if (state != MessageState::kDelivered) {
    text->missing = 0;
    return tell_(text->native_id, state);
  }
  if (--text->missing == 0) tell_(text->native_id, state);
}

}  // namespace trestle::sms
