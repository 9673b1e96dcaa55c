#include "tests/sim/plants.h"

#include "bridge/store/database.h"

namespace trestle::world {
namespace {

constexpr std::uint64_t kTag = 5;
constexpr Millis kPauseAlone{3000};
constexpr int kTriesAloneMax = 40;

}  // namespace

std::string_view PlantName(Plant plant) {
  switch (plant) {
    case Plant::kNone:
      return "none";
    case Plant::kAckBeforeDurable:
      return "ack_before_durable";
    case Plant::kNewKeyPerRetry:
      return "new_key_per_retry";
    case Plant::kRetryOvertaken:
      return "retry_overtaken";
    case Plant::kDedupeInMemory:
      return "dedupe_in_memory";
    case Plant::kSettleBeforeAnswer:
      return "settle_before_answer";
    case Plant::kExpiryOnEntryOnly:
      return "expiry_on_entry_only";
    case Plant::kConsentOnEntryOnly:
      return "consent_on_entry_only";
    case Plant::kReceiptMapAfterSending:
      return "receipt_map_after_sending";
    case Plant::kWebhookBeforeKept:
      return "webhook_before_kept";
    case Plant::kToldBeforeGroupDurable:
      return "told_before_group_durable";
    case Plant::kCount:
      return "";
  }
  return "";
}

Plant& PlantedNow() {
  static Plant plant = Plant::kNone;
  return plant;
}

class PlantedAdapter::Host final : public AdapterHost {
 public:
  Host(AdapterHost& real, TimeQueue& queue, std::shared_ptr<Life> life)
      : real_(real), queue_(queue), life_(std::move(life)) {}

  Result<void> Offer(Inbound inbound, Done<void> durable) override {
    if (PlantedNow() != Plant::kAckBeforeDurable) {
      return real_.Offer(std::move(inbound), std::move(durable));
    }
    (void)real_.Offer(std::move(inbound), [](Result<void>) {});
    queue_.After(Millis{0}, kTag, [life = life_, durable = std::move(durable)]() mutable {
      if (!life->dead) std::move(durable)({});
    });
    return {};
  }
  void Report(DeliveryReport report) override { real_.Report(report); }
  Result<void> Reopen(const LinkId& link, Done<void> durable) override {
    return real_.Reopen(link, std::move(durable));
  }
  void ReportHealth(const Network& network, Health health) override {
    real_.ReportHealth(network, health);
  }

 private:
  AdapterHost& real_;
  TimeQueue& queue_;
  const std::shared_ptr<Life> life_;
};

PlantedAdapter::PlantedAdapter(Adapter& real, TimeQueue& queue, Random& random,
                               std::shared_ptr<Life> life)
    : real_(real), queue_(queue), random_(random), life_(std::move(life)) {}

PlantedAdapter::~PlantedAdapter() = default;

void PlantedAdapter::Start(AdapterHost& host, Done<void> started) {
  host_ = std::make_unique<Host>(host, queue_, life_);
  real_.Start(*host_, std::move(started));
}

void PlantedAdapter::Deliver(Delivery delivery, Done<Attempt> done) {
  const Plant plant = PlantedNow();
  if (plant == Plant::kNewKeyPerRetry && !tried_.insert(delivery.id).second) {
    delivery.id = DeliveryId::Mint(random_);
  }
  if (plant == Plant::kRetryOvertaken || plant == Plant::kSettleBeforeAnswer) {
    queue_.After(Millis{0}, kTag, [life = life_, done = std::move(done)]() mutable {
      if (!life->dead) std::move(done)(Attempt{Certainty::kSent, Retry::kLater, Rule::kNone, {}});
    });
    if (plant == Plant::kRetryOvertaken) return TryAlone(std::move(delivery), 1);
    return real_.Deliver(std::move(delivery), [](Result<Attempt>) {});
  }
  real_.Deliver(std::move(delivery), std::move(done));
}

void PlantedAdapter::Withdraw(const DeliveryId& delivery) {
  if (PlantedNow() != Plant::kConsentOnEntryOnly) real_.Withdraw(delivery);
}

void PlantedAdapter::TryAlone(Delivery delivery, int tries) {
  Delivery again = delivery;
  real_.Deliver(std::move(delivery), [this, life = life_, again = std::move(again),
                                      tries](Result<Attempt> attempt) mutable {
    const bool sent = attempt && attempt->certainty == Certainty::kSent;
    if (life->dead || sent || tries >= kTriesAloneMax) return;
    queue_.After(kPauseAlone, kTag, [this, life, again = std::move(again), tries]() mutable {
      if (!life->dead) TryAlone(std::move(again), tries + 1);
    });
  });
}

void PlantBeforeOpening(const std::string& store_path) {
  if (PlantedNow() != Plant::kDedupeInMemory) return;
  const auto database = Database::Open(store_path);
  if (!database) return;
  (void)(*database)->Execute("PRAGMA locking_mode = EXCLUSIVE");
  (void)(*database)->Execute("DELETE FROM seen_inbound");
  (void)(*database)->Execute("DELETE FROM seen_envelope");
}

}  // namespace trestle::world
