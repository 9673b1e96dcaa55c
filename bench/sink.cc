#include "bench/sink.h"

namespace trestle::bench {

Sink::Sink(v1::AdapterHost::Stub& stub, const std::string& token, std::size_t batch,
           std::size_t payload_bytes, Counts& counts)
    : ClientStream(token), batch_(batch), payload_bytes_(payload_bytes), counts_(counts) {
  stub.async()->Connect(&context(), this);
}

void Sink::Open() {
  Begin();
  Pump();
}

bool Sink::Compose(v1::ConnectRequest& message) {
  const std::lock_guard lock(mutex_);
  if (!said_hello_) {
    said_hello_ = true;
    v1::Hello& hello = *message.mutable_hello();
    hello.set_network(std::string(kNetwork));
    // As bench/harness.py configures it.
    hello.mutable_capabilities()->set_unit_kind(v1::UNIT_KIND_BINARY);
    hello.mutable_capabilities()->set_chunk_bytes(65536);
    hello.mutable_capabilities()->set_units_max(20);
    hello.mutable_capabilities()->set_takes_idempotency_keys(true);
    hello.set_batch_max(batch_ > 1 ? static_cast<std::uint32_t>(batch_) : 0);
    return true;
  }
  if (is_connected_ && !said_healthy_) {
    said_healthy_ = true;
    message.mutable_health()->set_health(v1::HEALTH_HEALTHY);
    return true;
  }
  const std::size_t items = std::min(batch_, sent_.size());
  for (std::size_t i = 0; i < items; ++i) {
    v1::AttemptResult& attempt =
        batch_ > 1 ? *message.mutable_batch()->add_attempts() : *message.mutable_attempt();
    attempt.set_delivery_id(std::move(sent_.front()));
    attempt.set_certainty(v1::CERTAINTY_SENT);
    sent_.pop_front();
  }
  return items > 0;
}

void Sink::Take(const v1::ConnectResponse& message) {
  if (message.has_connected()) is_connected_ = true;
  if (message.has_deliver()) TakeDelivery(message.deliver());
  if (message.has_batch()) {
    for (const v1::Deliver& each : message.batch().deliveries()) TakeDelivery(each);
  }
  Pump();
}

void Sink::TakeDelivery(const v1::Deliver& delivery) {
  const std::uint64_t made_at = PayloadMaker::MadeAt(delivery.frame(), payload_bytes_);
  if (counts_.delivered.fetch_add(1, std::memory_order_relaxed) == 0) {
    counts_.first_delivered_at = NowNanos();
  }
  if (made_at != 0) counts_.deliver_nanos.Add(NowNanos() - made_at);
  const std::lock_guard lock(mutex_);
  sent_.push_back(delivery.delivery_id());
}

}  // namespace trestle::bench
