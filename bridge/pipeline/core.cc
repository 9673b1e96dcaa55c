// The core's life, and what operators ask of it.
#include "bridge/pipeline/core.h"

#include <algorithm>

#include "bridge/base/event_log.h"
#include "bridge/pipeline/core_impl.h"
#include "bridge/pipeline/deliveries.h"
#include "bridge/pipeline/erasure_proofs.h"
#include "bridge/pipeline/errands.h"
#include "bridge/pipeline/explain.h"

namespace trestle {
namespace {

// The pause before the next sweep while as much is left as one may do.
constexpr Millis kSweepAgain{20};

}  // namespace

std::unique_ptr<Core> Core::Create(Options options) { return std::make_unique<CoreImpl>(options); }

CoreImpl::CoreImpl(Options& options)
    : lane_(options.lane),
      core_(options.store, options.clock, options.random, options.metrics, options.limits,
            options.residency),
      runner_(core_, MakeDoorbells()),
      dispatch_(core_, runner_, lane_),
      flow_(core_, lane_, dispatch_, std::move(options.health_changed)) {}

CoreImpl::~CoreImpl() { Stop(); }

Doorbells CoreImpl::MakeDoorbells() {
  Doorbells out;
  out.outbox = [this](const Network& network) {
    AdapterSlot* slot = core_.networks.Find(network);
    if (slot != nullptr) dispatch_.Ring(*slot);
  };
  out.leased = [this](Effects::Lease each) { dispatch_.Give(std::move(each)); };
  out.withdrawn = [this](const Effects::Withdrawal& each) {
    AdapterSlot* slot = core_.networks.Find(each.network);
    if (slot != nullptr) dispatch_.Withdraw(*slot, each.delivery);
  };
  out.errands = [this] { RunErrands(); };
  return out;
}

// At most one turn of errands waits for the writer; what it leaves is taken by the next, at the
// latest with a sweep.
void CoreImpl::RunErrands() {
  if (stopped_ || errands_rung_.exchange(true)) return;
  const Result<void> started = runner_.Start<void>(
      [this](Turn& turn) {
        errands_rung_ = false;
        return DoErrands(turn);
      },
      [](Result<void>) {}, Admission::kReserved);
  if (!started) errands_rung_ = false;
}

void CoreImpl::AddAdapter(const Network& network, Adapter& adapter) {
  TRESTLE_CHECK(!started_);
  core_.networks.Add(network, adapter);
  AdapterSlot& slot = *core_.networks.Find(network);
  slot.down_since_ms = core_.clock.mono_now().ms;
  doors_.push_back(std::make_unique<AdapterDoor>(slot, core_, runner_, flow_, lane_));
}

AdapterHost& CoreImpl::HostFor(const Network& network) {
  const auto door =
      std::ranges::find_if(doors_, [&](const auto& each) { return each->network() == network; });
  TRESTLE_CHECK(door != doors_.end());
  return **door;
}

void CoreImpl::Start(Done<void> started) {
  TRESTLE_CHECK(!started_);
  started_ = true;
  // Opened first, so that the doorbells of this very turn are heard.
  dispatch_.Open();
  LookAtWallClock();
  Operate<void>(std::move(started), [](Turn& turn) { return TakeUp(turn); });
  SetSweepTimer(core_.limits.sweep_interval);
}

void CoreImpl::Quiesce(Done<void> quiet) {
  dispatch_.Close();
  dispatch_.WhenQuiet(std::move(quiet));
}

Result<void> CoreImpl::MayCall(const std::optional<AccountId>& account) {
  return account ? core_.calls.Take(account->bytes()) : core_.enrolments.Take();
}

void CoreImpl::Stop() {
  stopped_ = true;
  dispatch_.Close();
  for (const auto& door : doors_) door->Close();
}

void CoreImpl::SetSweepTimer(Millis from_now) {
  const MonoTime at = core_.clock.mono_now() + from_now;
  const Result<void> set = lane_.PostAt(at, [this, alive = std::weak_ptr<int>(alive_)] {
    if (!alive.expired() && !stopped_) Sweep();
  });
  if (!set && !stopped_) core_.metrics.Add("trestle_impossible_total", "no_sweep_timer");
}

WallClock CoreImpl::LookAtWallClock() {
  constexpr Millis kSlack = std::chrono::seconds(2);  // less than that is drift, not a jump
  const Millis ahead{core_.clock.wall_now().ms - core_.clock.mono_now().ms};
  const bool is_back = wall_ahead_ && ahead < *wall_ahead_ - kSlack;
  wall_ahead_ = ahead;
  if (is_back) LogEvent(Severity::kWarning, "clock_set_back");
  return is_back ? WallClock::kSetBack : WallClock::kSteady;
}

void CoreImpl::Sweep() {
  Done<SweepReport> swept = [this, alive = std::weak_ptr<int>(alive_)](Result<SweepReport> report) {
    if (alive.expired()) return;
    if (core_.erased.exchange(false)) core_.store.AskForCheckpoint();
    // A sweep is bounded, so that nobody waits for it; a busy bridge leaves more behind than that.
    const bool is_behind = report && report->more;
    SetSweepTimer(is_behind ? std::min(kSweepAgain, core_.limits.sweep_interval)
                            : core_.limits.sweep_interval);
    if (!report) return;
    // Full or stopped: the next sweep looks again.
    static_cast<void>(lane_.Post([this, alive, report = *std::move(report)] {
      if (!alive.expired() && !stopped_) flow_.Tick(report);
    }));
  };
  const Result<void> started = runner_.Start<SweepReport>(
      [wall = LookAtWallClock()](Turn& turn) { return SweepOnce(turn, wall); }, std::move(swept),
      Admission::kReserved);
  if (!started) SetSweepTimer(core_.limits.sweep_interval);
}

void CoreImpl::Trace(std::optional<AccountId> account, const EnvelopeId& envelope,
                     Done<TraceAnswer> done) {
  Operate<TraceAnswer>(std::move(done), [account, envelope](Turn& turn) {
    return StepsOf(turn, account, envelope);
  });
}

void CoreImpl::ErasureProof(ErasureQuestion question, Done<ErasureProofAnswer> done) {
  Operate<ErasureProofAnswer>(std::move(done),
                              [question](Turn& turn) { return ProveErasure(turn, question); });
}

void CoreImpl::Explain(ExplainQuestion question, Done<RouteDecision> done) {
  Operate<RouteDecision>(std::move(done), [question = std::move(question)](Turn& turn) {
    return ExplainRoute(turn, question);
  });
}

void CoreImpl::ListRoutes(const AccountId& account, Done<std::vector<RouteView>> done) {
  Operate<std::vector<RouteView>>(std::move(done),
                                  [account](Turn& turn) { return RoutesOf(turn, account); });
}

Result<std::shared_ptr<Watcher>> CoreImpl::Watch(std::optional<AccountId> account,
                                                 absl::AnyInvocable<void()> wake) {
  return core_.watch.Watch(account, std::move(wake));
}

void CoreImpl::ListAdapters(Done<std::vector<AdapterView>> done) {
  Operate<std::vector<AdapterView>>(std::move(done), [](Turn& turn) { return AdaptersNow(turn); });
}

Result<void> CoreImpl::SetDraining(const Network& network, bool draining) {
  AdapterSlot* slot = core_.networks.Find(network);
  if (slot == nullptr) return Fail(Reason::kNotFound, "no such network here");
  slot->draining = draining;
  return {};
}

Result<void> CoreImpl::Drain(const Network& network) { return SetDraining(network, true); }

Result<void> CoreImpl::Resume(const Network& network) { return SetDraining(network, false); }

void CoreImpl::DeadLetters(const LetterFilter& filter, std::int64_t after, std::size_t count,
                           Done<DeadLetterPage> done) {
  Operate<DeadLetterPage>(std::move(done), [filter, after, count](Turn& turn) {
    return LettersAfter(turn, filter, after, count);
  });
}

void CoreImpl::RequeueAll(const LetterFilter& filter, Done<LetterCount> done) {
  Operate<LetterCount>(std::move(done),
                       [filter](Turn& turn) { return RequeueLetters(turn, filter); });
}

void CoreImpl::PurgeAll(const LetterFilter& filter, Done<LetterCount> done) {
  Operate<LetterCount>(std::move(done),
                       [filter](Turn& turn) { return PurgeLetters(turn, filter); });
}

void CoreImpl::Requeue(std::int64_t id, Done<void> done) {
  Operate<void>(std::move(done), [id](Turn& turn) { return RequeueLetter(turn, id); });
}

void CoreImpl::Purge(std::int64_t id, Done<void> done) {
  Operate<void>(std::move(done), [id](Turn& turn) { return PurgeLetter(turn, id); });
}

}  // namespace trestle
