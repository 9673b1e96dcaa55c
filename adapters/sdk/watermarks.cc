#include "adapters/sdk/watermarks.h"

#include <algorithm>
#include <utility>

namespace trestle {

Watermarks::Known Watermarks::NoteSent(const std::string& thread, std::string mid, WallTime begun) {
  Thread& at = At(thread);
  const Known known{begun <= at.delivered_up_to, begun <= at.read_up_to};
  if (known.is_read) return known;
  if (at.sent.size() >= kMidsPerThreadMax) at.sent.pop_front();
  at.sent.push_back({std::move(mid), begun, known.is_delivered});
  return known;
}

std::vector<std::string> Watermarks::TakeDelivered(const std::string& thread, WallTime watermark) {
  Thread& at = At(thread);
  at.delivered_up_to = std::max(at.delivered_up_to, watermark);
  std::vector<std::string> out;
  for (Sent& sent : at.sent) {
    if (sent.is_delivered || sent.begun > watermark) continue;
    sent.is_delivered = true;
    out.push_back(sent.mid);
  }
  return out;
}

std::vector<std::string> Watermarks::TakeRead(const std::string& thread, WallTime watermark) {
  Thread& at = At(thread);
  at.read_up_to = std::max(at.read_up_to, watermark);
  std::vector<std::string> out;
  std::erase_if(at.sent, [&out, watermark](const Sent& sent) {
    const bool is_read = sent.begun <= watermark;
    if (is_read) out.push_back(sent.mid);
    return is_read;
  });
  return out;
}

// Makes the thread when it is new, and forgets the one that was quiet for longest.
Watermarks::Thread& Watermarks::At(const std::string& thread) {
  const auto found = threads_.find(thread);
  if (found != threads_.end()) {
    by_age_.splice(by_age_.end(), by_age_, found->second.age);
    return found->second;
  }
  if (threads_.size() >= kThreadsMax) {
    threads_.erase(by_age_.front());
    by_age_.pop_front();
  }
  by_age_.push_back(thread);
  Thread& made = threads_[thread];
  made.age = std::prev(by_age_.end());
  return made;
}

}  // namespace trestle
