#include "edge/offer_queue.h"

namespace trestle::edge {

Result<void> OfferQueue::Add(const ThreadRef& from, const Frame& frame,
                             const std::optional<Bytes32>& said) {
  return Keep(from, EncodeFrame(frame), said);
}

Result<void> OfferQueue::Add(const ThreadRef& from, const std::string& word) {
  return Keep(from, word, std::nullopt);
}

Result<void> OfferQueue::Keep(const ThreadRef& from, const std::variant<Bytes, std::string>& body,
                              const std::optional<Bytes32>& said) {
  TRESTLE_TRY(journal_.AddOffer(from, body, seams_.clock.wall_now(), said));
  Pump();
  return {};
}

void OfferQueue::Connected() {
  is_connected_ = true;
  under_way_.clear();
  Pump();
}

void OfferQueue::Disconnected() {
  is_connected_ = false;
  under_way_.clear();
}

void OfferQueue::Pump() {
  const auto waiting = journal_.CountOffers();
  if (waiting) {
    seams_.metrics.Set("trestle_edge_offers_waiting", "", static_cast<std::int64_t>(*waiting));
  }
  if (!is_connected_) return;
  const auto heads = journal_.OfferHeads(kUnderWayMax);
  if (!heads) return PumpLater(kRetry);
  for (const KeptOffer& each : *heads) {
    if (under_way_.size() == kUnderWayMax) return;
    if (under_way_.insert(each.number).second) bridge_.Offer(each);
  }
}

void OfferQueue::Offered(std::int64_t number, bool is_durable, std::optional<Millis> retry_after) {
  if (under_way_.erase(number) == 0) return;  // of a connection before
  if (!is_durable && retry_after) return PumpLater(std::max(*retry_after, Millis{1}));
  if (!is_durable) seams_.metrics.Add("trestle_edge_events_total", "offer_refused");
  // What cannot be erased now is offered again, and the bridge knows its key.
  if (!journal_.EraseOffer(number)) return PumpLater(kRetry);
  Pump();
}

void OfferQueue::PumpLater(Millis wait) {
  const auto planned = seams_.loop.PostAt(seams_.clock.mono_now() + wait,
                                          [this, alive = std::weak_ptr<int>(alive_)] {
                                            if (!alive.expired()) Pump();
                                          });
  if (!planned) seams_.metrics.Add("trestle_impossible_total", "edge_retry_not_planned");
}

}  // namespace trestle::edge
