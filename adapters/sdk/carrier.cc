#include "adapters/sdk/carrier.h"

#include <deque>
#include <utility>

#include "adapters/sdk/carrier_parts.h"
#include "adapters/sdk/intake.h"
#include "adapters/sdk/outbound.h"
#include "bridge/base/event_log.h"

namespace trestle {
namespace {

constexpr Millis kSweepPause = std::chrono::minutes(1);
// Reports that came before the answer to their send; the oldest go.
constexpr std::size_t kEarlyReportsMax = 1024;
// Where parts get lost frames stay open for long; as many as the watcher asks for
// (adapters/sms/arrival_watch.h).
constexpr std::size_t kLossySetsPerSenderMax = 32;

class CarrierImpl final : public Carrier {
 public:
  CarrierImpl(Options options, Seams seams, NativeSender& sender, std::unique_ptr<AddressBook> book,
              std::unique_ptr<FragmentStore> fragments)
      : parts_{std::move(options), seams, sender, std::move(book), std::move(fragments)},
        outbound_(parts_, [this](const std::string& native_id) { TakeEarlyReports(native_id); }),
        intake_(parts_, outbound_) {}

  void Attach(AdapterHost& host) override {
    parts_.host = &host;
    const auto taken_up = TakeUpPool();
    if (!taken_up) StoreFailed(taken_up.error());
    NameLoopback();
    PlanSweep();
  }
  void Receive(NativeMessage message, Done<void> acknowledge) override {
    intake_.Receive(std::move(message), std::move(acknowledge));
  }
  Result<NativeAddress> PersonOf(const NativeAddress& from,
                                 const std::optional<NativeAddress>& also_from) override {
    return parts_.book->Merge(from, also_from);
  }
  void ReportDelivered(const std::string& native_id) override {
    Report({native_id, ReceiptLevel::kDelivered, Rule::kNone});
  }
  void ReportRead(const std::string& native_id) override {
    Report({native_id, ReceiptLevel::kRead, Rule::kNone});
  }
  void ReportFailed(const std::string& native_id, Rule rule) override {
    Report({native_id, ReceiptLevel::kFailed, rule});
  }
  void WhenKept(Done<void> acknowledge) override {
    parts_.seams.groups.WhenDurable(std::move(acknowledge));
  }
  AdapterKeys keys() const override { return parts_.book->keys(); }
  void Deliver(Delivery delivery, Done<Attempt> done) override;
  void Withdraw(const DeliveryId& delivery) override;
  void Stop(Done<void> stopped) override;

 private:
  struct NativeReport {
    std::string native_id;
    ReceiptLevel level = ReceiptLevel::kDelivered;
    Rule rule = Rule::kNone;
  };

  void Report(const NativeReport& report);
  Result<void> FoldReport(const NativeReport& report);
  void Tell(const DeliveryReport& report);
  void TakeEarlyReports(const std::string& native_id);
  void NameLoopback();
  void PlanSweep();
  Result<void> TakeUpPool();
  void PlanReopenMoved();
  Result<void> ReopenMoved();
  Result<void> ShowPressure();
  Result<void> TendKeys();
  static void StoreFailed(const Error& error);

  CarrierParts parts_;
  Outbound outbound_;
  Intake intake_;
  std::deque<NativeReport> early_reports_;
  bool stopped_ = false;
};

void CarrierImpl::Deliver(Delivery delivery, Done<Attempt> done) {
  auto shared = std::make_shared<Done<Attempt>>(std::move(done));
  const auto posted = parts_.seams.loop.Post([this, alive = std::weak_ptr(parts_.alive),
                                              delivery = std::move(delivery), shared]() mutable {
    if (alive.lock()) return outbound_.Deliver(std::move(delivery), std::move(*shared));
    std::move (*shared)(Attempt{Certainty::kNotSent, Retry::kLater, Rule::kAdapterDown});
  });
  // The loop is full or gone; the core keeps its own bound far below, so this is not on its path.
  if (!posted) {
    std::move (*shared)(
        Attempt{Certainty::kNotSent, Retry::kLater, Rule::kQueueFull, posted.error().retry_after});
  }
}

void CarrierImpl::Withdraw(const DeliveryId& delivery) {
  const auto posted = parts_.seams.loop.Post([this, alive = std::weak_ptr(parts_.alive), delivery] {
    if (alive.lock()) outbound_.Withdraw(delivery);
  });
  if (!posted) parts_.Count("withdrawal_late");  // the loop is full: what is under way may go out
}

void CarrierImpl::Stop(Done<void> stopped) {
  stopped_ = true;
  intake_.Stop();
  outbound_.Stop();
  parts_.host = nullptr;
  auto shared = std::make_shared<Done<void>>(std::move(stopped));
  const auto posted = parts_.seams.loop.Post([shared] { std::move (*shared)({}); });
  if (!posted) std::move (*shared)({});
}

void CarrierImpl::Report(const NativeReport& report) {
  if (stopped_ || parts_.host == nullptr || report.native_id.empty()) return;
  const auto folded = FoldReport(report);
  if (folded) return;
  if (folded.error().reason != Reason::kNotFound) return StoreFailed(folded.error());
  if (early_reports_.size() >= kEarlyReportsMax) {
    early_reports_.pop_front();
    parts_.Count("early_report_dropped");
  }
  early_reports_.push_back(report);
}

// A frame has arrived when all of its units have, and has failed when one of them has. The same
// report may be told twice; the core's receipts only rise.
Result<void> CarrierImpl::FoldReport(const NativeReport& report) {
  const auto unit = TRESTLE_TRY(parts_.book->FindSent(report.native_id));
  if (!unit) return Fail(Reason::kNotFound, "nobody remembers sending this");
  FrameWatcher* const watcher = parts_.options.watcher;
  if (watcher != nullptr && unit->is_awaited &&
      watcher->TakeReport(*unit, report.level, report.rule))
    return {};
  if (report.level == ReceiptLevel::kFailed) {
    Tell({unit->delivery, ReceiptLevel::kFailed, report.rule});
    return {};
  }
  if (report.level == ReceiptLevel::kRead) {
    if (TRESTLE_TRY(parts_.book->MarkRead(report.native_id)) == unit->count) {
      Tell({unit->delivery, ReceiptLevel::kRead, Rule::kNone});
      return {};
    }
    // A unit that was read has arrived, and networks that tell both may leave that out.
    if (!parts_.options.capabilities.reports_delivered) return {};
  }
  if (TRESTLE_TRY(parts_.book->MarkDelivered(report.native_id)) == unit->count) {
    Tell({unit->delivery, ReceiptLevel::kDelivered, Rule::kNone});
  }
  return {};
}

// What is not kept is not told: the network, which hears of that too, tells it again.
void CarrierImpl::Tell(const DeliveryReport& report) {
  parts_.WhenDurable([this, report](const Result<void>& kept) {
    if (kept && parts_.host != nullptr) parts_.host->Report(report);
  });
}

void CarrierImpl::TakeEarlyReports(const std::string& native_id) {
  if (parts_.host == nullptr) return;
  for (auto each = early_reports_.begin(); each != early_reports_.end();) {
    if (each->native_id != native_id) {
      ++each;
      continue;
    }
    const NativeReport report = std::move(*each);
    each = early_reports_.erase(each);
    (void)FoldReport(report);
  }
}

void CarrierImpl::StoreFailed(const Error& error) {
  LogEvent(Severity::kError, "adapter_store_failed", {EventField("reason", error.reason)});
}

// Ghosts that the operator took out of the pool: what is said under them is still heard, and their
// links go on under others, which the core offers.
Result<void> CarrierImpl::TakeUpPool() {
  for (const LinkId& link : TRESTLE_TRY(parts_.book->LinksOutside(parts_.options.ghosts))) {
    const auto moved = parts_.book->MoveLink(link, parts_.options.ghosts);
    if (!moved && moved.error().reason != Reason::kUnavailable) return moved;
    parts_.Count(moved ? "ghost_moved" : "ghosts_exhausted");
  }
  parts_.former_ghosts = TRESTLE_TRY(parts_.book->FormerGhosts());
  PlanReopenMoved();
  return ShowPressure();
}

// The core offers them anew, which must not be for a move that is lost again.
void CarrierImpl::PlanReopenMoved() {
  parts_.WhenDurable([this](const Result<void>& kept) {
    if (!kept || parts_.host == nullptr) return;  // the next sweep asks again
    const auto reopened = ReopenMoved();
    if (!reopened) StoreFailed(reopened.error());
  });
}

Result<void> CarrierImpl::ReopenMoved() {
  for (const LinkId& link : TRESTLE_TRY(parts_.book->LinksToReopen())) {
    Done<void> durable = [this, link, &loop = parts_.seams.loop,
                          alive = std::weak_ptr(parts_.alive)](Result<void> result) {
      if (!result) return;  // the next sweep asks again
      (void)loop.Post([this, link, alive] {
        if (!alive.lock()) return;
        const auto marked = parts_.book->MarkReopened(link);
        if (!marked) StoreFailed(marked.error());
      });
    };
    // At the host's bounds the rest waits for the next sweep too.
    if (!parts_.host->Reopen(link, std::move(durable))) break;
  }
  return {};
}

Result<void> CarrierImpl::ShowPressure() {
  const auto pressure = TRESTLE_TRY(parts_.book->Pressure(parts_.options.ghosts));
  const auto show = [this](std::string_view measure, std::size_t value) {
    const std::string& network = parts_.options.capabilities.network.name();
    parts_.seams.metrics.Set("trestle_ghost_pool", network + "." + std::string(measure),
                             static_cast<std::int64_t>(value));
  };
  show("size", pressure.size);
  show("most_used", pressure.most_used);
  show("least_left", pressure.size - std::min(pressure.size, pressure.most_used));
  show("retired_links", pressure.retired);
  return {};
}

Result<void> CarrierImpl::TendKeys() {
  const auto age = TRESTLE_TRY(parts_.book->TendKeys(parts_.options.keys.rotate_every));
  const auto show = [this](std::string_view measure, std::size_t value) {
    const std::string& network = parts_.options.capabilities.network.name();
    parts_.seams.metrics.Set("trestle_address_keys", network + "." + std::string(measure),
                             static_cast<std::int64_t>(value));
  };
  show("held", age.keys);
  if (age.rows_left) show("rows_under_old", *age.rows_left);
  return {};
}

void CarrierImpl::NameLoopback() {
  if (parts_.options.loopback.empty()) return;
  const auto peer = parts_.book->EnrolmentOf(NativeAddress(parts_.options.loopback));
  // The adapter works all the same; it is judged by what waits.
  if (!peer) return StoreFailed(peer.error());
  parts_.WhenDurable([this, peer = *peer](const Result<void>& kept) {
    if (kept && parts_.host != nullptr) parts_.host->NameLoopback(peer);
  });
}

void CarrierImpl::PlanSweep() {
  const auto planned = parts_.seams.loop.PostAt(
      parts_.seams.clock.mono_now() + kSweepPause, [this, alive = std::weak_ptr(parts_.alive)] {
        if (!alive.lock() || stopped_) return;
        intake_.Sweep();
        const auto erased = parts_.book->EraseOld(parts_.seams.clock.wall_now());
        if (!erased) StoreFailed(erased.error());
        PlanReopenMoved();
        const auto shown = ShowPressure();
        if (!shown) StoreFailed(shown.error());
        const auto tended = TendKeys();
        if (!tended) StoreFailed(tended.error());
        PlanSweep();
      });
  if (!planned) parts_.Count("sweep_not_planned");
}

Result<void> CheckOptions(const Carrier::Options& options) {
  const Capabilities& can = options.capabilities;
  if (can.chunk_bytes == 0 || can.units_max == 0 || can.units_max > kFragmentsMax) {
    return Fail(Reason::kInvalidArgument, "the capabilities name no chunk size or unit count");
  }
  constexpr std::size_t kTextBytesMin = 64;
  if (can.unit_kind == UnitKind::kText &&
      (options.text_bytes_max < kTextBytesMin ||
       can.chunk_bytes != ChunkBytesOfText(options.text_bytes_max))) {
    return Fail(Reason::kInvalidArgument, "the chunk size does not follow from the text limit");
  }
  if (options.service_identity.empty() || options.ghosts.Contains(options.service_identity)) {
    return Fail(Reason::kInvalidArgument, "the service identity is missing or is a ghost too");
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Carrier>> Carrier::Create(Options options, Seams seams,
                                                 NativeSender& sender) {
  TRESTLE_TRY(CheckOptions(options));
  auto book = TRESTLE_TRY(AddressBook::Open(options.data_folder, seams.random, seams.clock,
                                            options.keys, &seams.groups));
  FragmentStore::Limits limits;
  limits.frame_bytes_max = kFrameBytesMax;
  limits.age_max = options.confirm_within;
  if (options.watcher != nullptr) limits.sets_per_sender_max = kLossySetsPerSenderMax;
  auto fragments =
      TRESTLE_TRY(FragmentStore::Open(options.data_folder, book->keys(), limits, &seams.groups));
  return std::make_unique<CarrierImpl>(std::move(options), seams, sender, std::move(book),
                                       std::move(fragments));
}

}  // namespace trestle
