#include "adapters/sdk/watermarks.h"

#include <utility>

namespace trestle {

void Watermarks::NoteSent(const std::string& thread, std::string mid, WallTime begun) {
  auto found = threads_.find(thread);
  if (found == threads_.end()) {
    if (threads_.size() >= kThreadsMax) {
      threads_.erase(by_age_.front());
      by_age_.pop_front();
    }
    by_age_.push_back(thread);
    found = threads_.emplace(thread, Thread{{}, std::prev(by_age_.end())}).first;
  } else {
    by_age_.splice(by_age_.end(), by_age_, found->second.age);
  }
  auto& sent = found->second.sent;
  if (sent.size() >= kMidsPerThreadMax) sent.pop_front();
  sent.push_back({std::move(mid), begun, false});
}

std::vector<std::string> Watermarks::TakeDelivered(const std::string& thread, WallTime watermark) {
  std::vector<std::string> out;
  const auto found = threads_.find(thread);
  if (found == threads_.end()) return out;
  for (Sent& sent : found->second.sent) {
    if (sent.is_delivered || sent.begun > watermark) continue;
    sent.is_delivered = true;
    out.push_back(sent.mid);
  }
  return out;
}

std::vector<std::string> Watermarks::TakeRead(const std::string& thread, WallTime watermark) {
  std::vector<std::string> out;
  const auto found = threads_.find(thread);
  if (found == threads_.end()) return out;
  std::erase_if(found->second.sent, [&out, watermark](const Sent& sent) {
    const bool is_read = sent.begun <= watermark;
    if (is_read) out.push_back(sent.mid);
    return is_read;
  });
  if (found->second.sent.empty()) {
    by_age_.erase(found->second.age);
    threads_.erase(found);
  }
  return out;
}

}  // namespace trestle
