#include "adapters/sdk/webhook_sender.h"

#include <algorithm>
#include <utility>

#include "adapters/sdk/graph.h"
#include "bridge/base/event_log.h"

namespace trestle {

void WebhookSender::Deliver(Event event) {
  (void)seams_.loop.Post([this, event = std::move(event)]() mutable {
    if (events_.size() >= kEventsMax) {
      events_.pop_front();
      ++lost_;
      LogEvent(Severity::kWarning, "sim_webhook_lost", {EventField("lost", lost_)});
    }
    events_.push_back(std::move(event));
    Pump();
  });
}

void WebhookSender::SetUrl(std::string url) {
  (void)seams_.loop.Post([this, url = std::move(url)]() mutable {
    url_ = std::move(url);
    Pump();
  });
}

void WebhookSender::Pause(bool paused) {
  (void)seams_.loop.Post([this, paused] {
    paused_ = paused;
    Pump();
  });
}

void WebhookSender::Pump() {
  while (!paused_ && !url_.empty() && in_flight_ < options_.in_flight_max) {
    if (!bodies_.empty()) {
      Body body = std::move(bodies_.front());
      bodies_.pop_front();
      Post(std::move(body));
      continue;
    }
    if (events_.empty()) return;
    const std::vector<Event> batch = TakeBatch();
    Body body{handlers_.compose(batch), {}};
    for (const Event& event : batch) body.about.push_back(event.about);
    if (Draw(options_.duplicate_percent)) bodies_.push_back(body);
    Post(std::move(body));
  }
}

std::vector<WebhookSender::Event> WebhookSender::TakeBatch() {
  if (events_.size() >= 2 && Draw(options_.shuffle_percent)) std::swap(events_[0], events_[1]);
  const std::size_t free_slots = options_.in_flight_max - in_flight_;
  const std::size_t wanted = events_.size() > free_slots ? options_.batch_max : 1;
  std::vector<Event> batch;
  while (!events_.empty() && batch.size() < std::max<std::size_t>(wanted, 1)) {
    batch.push_back(std::move(events_.front()));
    events_.pop_front();
  }
  return batch;
}

void WebhookSender::Post(Body body) {
  ++in_flight_;
  ++body.attempts;
  if (body.attempts == 1) handlers_.sent(body.text);
  HttpCall call{.method = "POST", .url = url_, .body = body.text};
  call.headers["X-Hub-Signature-256"] = SignWebhook(app_secret_, body.text);
  call.headers["User-Agent"] = "facebookexternalua";
  seams_.client.Send(std::move(call),
                     [this, body = std::move(body)](Result<HttpAnswer> answer) mutable {
                       const bool is_taken = answer && answer->status == 200;
                       (void)seams_.loop.Post([this, body = std::move(body), is_taken]() mutable {
                         TakeAnswer(std::move(body), is_taken);
                       });
                     });
}

void WebhookSender::TakeAnswer(Body body, bool is_taken) {
  --in_flight_;
  if (is_taken) {
    for (const std::string& about : body.about) handlers_.taken(about);
  }
  const bool may_retry = body.attempts < options_.attempts_max && retries_ < kBodiesMax;
  if (!is_taken && may_retry) {
    const int doublings = std::min(body.attempts - 1, 16);
    const Millis wait = std::min(options_.first_wait * (1 << doublings), options_.wait_max);
    const auto again = [this, body = std::move(body)]() mutable {
      --retries_;
      bodies_.push_back(std::move(body));
      Pump();
    };
    if (seams_.loop.PostAt(seams_.clock.mono_now() + wait, again)) ++retries_;
  } else if (!is_taken) {
    ++lost_;
    LogEvent(Severity::kWarning, "sim_webhook_lost", {EventField("lost", lost_)});
  }
  Pump();
}

bool WebhookSender::Draw(int percent) {
  return percent > 0 && DrawBelow(seams_.random, 100) < static_cast<std::uint64_t>(percent);
}

}  // namespace trestle
