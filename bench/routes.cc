// trestle-bench-routes DATA_DIR CIRCLES SECONDS: how long a route decision takes over a directory
// that trestle-bench-fill has written. The daemon must not run: the decisions are made here, on the
// store's writer, as the daemon makes them. Two kinds in turns, for contacts drawn at random:
//
//   silent     what Submit does for its route: link and contact by the sender's link, then Route()
//   explained  what Routing.Explain does: ExplainRoute(), and every sentence of its answer
//
// Six networks, as a daemon with all four adapters and one remote has. Every decision is about a
// contact of its own, so that none finds what another has just read; who comes first changes with
// every pair. Prints one JSON object.
#include <cstdio>
#include <cstdlib>

#include "bench/histogram.h"
#include "bench/opened_store.h"
#include "bench/people.h"
#include "bridge/pipeline/explain.h"
#include "bridge/pipeline/routing.h"
#include "bridge/rpc/sentences.h"

namespace trestle::bench {
namespace {

constexpr int kPairsAtOnce = 500;

// A network that is there and is never asked to deliver.
class Silent final : public Adapter {
 public:
  explicit Silent(Capabilities capabilities) : capabilities_(std::move(capabilities)) {}
  const Capabilities& capabilities() const override { return capabilities_; }
  void Start(AdapterHost&, Done<void>) override {}
  void Deliver(Delivery, Done<Attempt>) override {}
  void Stop(Done<void>) override {}

 private:
  const Capabilities capabilities_;
};

class Measurement {
 public:
  Measurement(const std::string& data_dir, std::uint64_t circles)
      : circles_(circles), opened_(data_dir, "trestle-bench-routes") {
    core_ = std::make_unique<Surroundings>(opened_.store(), opened_.clock(), opened_.random(),
                                           opened_.metrics(), Limits{}, ResidencyPolicy{});
    for (const char* name : {"native", "messenger", "instagram", "whatsapp", "sms", "bench"}) {
      AddNetwork(name);
    }
  }

  void Run(double seconds) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
    while (std::chrono::steady_clock::now() < end) {
      opened_.Do([this](Transaction& tx) -> Result<void> {
        Effects effects;
        Turn turn{tx, *core_, opened_.clock().wall_now(), effects};
        for (int i = 0; i < kPairsAtOnce; ++i) TRESTLE_TRY(Pair(turn));
        return {};
      });
    }
  }

  void Reset() {
    silent_.Reset();
    explained_.Reset();
  }

  void Print() const {
    const auto p50 = [](const Histogram& times) {
      return static_cast<double>(times.Quantile(0.5)) / 1000;
    };
    std::printf(
        "{\"silent_us\": %.2f, \"explained_us\": %.2f, \"silent\": %s, \"explained\": %s, "
        "\"octets_of_sentences\": %llu}\n",
        p50(silent_), p50(explained_), silent_.Json().c_str(), explained_.Json().c_str(),
        static_cast<unsigned long long>(said_ / std::max<std::uint64_t>(1, pairs_)));
  }

 private:
  void AddNetwork(const std::string& name) {
    Capabilities capabilities;
    capabilities.network = Network::Parse(name).value();
    capabilities.chunk_bytes = 65536;
    capabilities.units_max = 20;
    capabilities.needs_sms_consent = name == "sms";
    adapters_.push_back(std::make_unique<Silent>(capabilities));
    core_->networks.Add(capabilities.network, *adapters_.back());
    AdapterSlot& slot = *core_->networks.Find(capabilities.network);
    slot.health = Health::kHealthy;
    slot.reported = Health::kHealthy;
    slot.down_since_ms = -1;
  }

  LinkId AnyLink() {
    const Circle circle = CircleAt(DrawBelow(opened_.random(), circles_), circles_);
    return circle.contacts[DrawBelow(opened_.random(), kContacts)].sender_link;
  }

  Result<void> Pair(Turn& turn) {
    const bool silent_first = ++pairs_ % 2 == 0;
    if (silent_first) TRESTLE_TRY(Timed(turn, silent_, &Measurement::DecideSilently));
    TRESTLE_TRY(Timed(turn, explained_, &Measurement::DecideAloud));
    if (!silent_first) TRESTLE_TRY(Timed(turn, silent_, &Measurement::DecideSilently));
    return {};
  }

  using Decision = Result<void> (Measurement::*)(Turn&, const LinkId&);
  Result<void> Timed(Turn& turn, Histogram& times, Decision decide) {
    const LinkId link = AnyLink();
    const auto begun = std::chrono::steady_clock::now();
    TRESTLE_TRY((this->*decide)(turn, link));
    const auto took = std::chrono::steady_clock::now() - begun;
    times.Add(static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::nanoseconds>(took).count()));
    return {};
  }

  Result<void> DecideSilently(Turn& turn, const LinkId& id) {
    const auto link = TRESTLE_TRY(turn.tx.FindLink(id));
    if (!link) return Fail(Reason::kNotFound, "the store was filled with other circles");
    const auto contact = TRESTLE_TRY(turn.tx.FindContact(link->contact));
    const Side recipient = Other(contact->SideOf(link->account));
    const Routed routed =
        TRESTLE_TRY(Route(turn, *contact, recipient, kSmallestFrameBytes, FrameClass::kSealed));
    return Expect(routed.decision);
  }

  Result<void> DecideAloud(Turn& turn, const LinkId& id) {
    ExplainQuestion question;
    question.sender_link = id;
    const RouteDecision decision = TRESTLE_TRY(ExplainRoute(turn, question));
    said_ += SummaryOf(decision).size();
    for (const CandidateVerdict& each : decision.candidates) {
      said_ += SentenceFor(each, decision).size();
    }
    return Expect(decision);
  }

  static Result<void> Expect(const RouteDecision& decision) {
    const bool is_right =
        decision.chosen && decision.candidates[*decision.chosen].network.name() == kNetwork;
    return is_right ? Result<void>() : Fail(Reason::kInternal, "another route than was filled in");
  }

  const std::uint64_t circles_;
  OpenedStore opened_;
  std::vector<std::unique_ptr<Silent>> adapters_;
  std::unique_ptr<Surroundings> core_;
  std::uint64_t pairs_ = 0;
  std::uint64_t said_ = 0;
  Histogram silent_;
  Histogram explained_;
};

}  // namespace
}  // namespace trestle::bench

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: trestle-bench-routes DATA_DIR CIRCLES SECONDS\n");
    return 2;
  }
  trestle::bench::Measurement measurement(argv[1], std::strtoull(argv[2], nullptr, 10));
  const double seconds = std::strtod(argv[3], nullptr);
  measurement.Run(seconds / 4);  // statements are prepared, the hot pages are in SQLite's cache
  measurement.Reset();
  measurement.Run(seconds);
  measurement.Print();
  return 0;
}
