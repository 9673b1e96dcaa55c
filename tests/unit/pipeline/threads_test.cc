// The core on the production executors, offered to from several threads at once. Threads meet
// through futures; the thread sanitizer reads this one.
#include <atomic>
#include <catch2/catch.hpp>
#include <future>
#include <vector>

#include "bridge/base/system_seams.h"
#include "bridge/pipeline/core.h"
#include "bridge/store/store.h"

using namespace trestle;

namespace {

constexpr int kThreads = 4;
constexpr int kJoinsEach = 50;

// Takes everything at once and says when it has taken enough.
class CountingAdapter final : public Adapter {
 public:
  CountingAdapter() {
    capabilities_.network = Network::Messenger();
    capabilities_.chunk_bytes = 1000;
    capabilities_.units_max = 10;
  }
  const Capabilities& capabilities() const override { return capabilities_; }
  void Start(AdapterHost& host, Done<void>) override {
    host.ReportHealth(capabilities_.network, Health::kHealthy);
  }
  void Deliver(Delivery, Done<Attempt> done) override {
    std::move(done)(Attempt{Certainty::kSent, Retry::kLater, Rule::kNone, std::nullopt});
    if (++taken_ == kThreads * kJoinsEach) enough_.set_value();
  }
  void Stop(Done<void>) override {}
  void WaitForEnough() { enough_.get_future().get(); }

 private:
  Capabilities capabilities_;
  std::atomic<int> taken_{0};
  std::promise<void> enough_;
};

}  // namespace

TEST_CASE("What many threads offer at once is all taken in and all answered") {
  SystemClock clock;
  SystemRandom random;
  Metrics metrics;
  SerialExecutor writer("writer", clock);
  SerialExecutor lane("lane", clock);
  const auto store = Store::Open({":memory:", writer, metrics, &lane}).value();
  auto core = Core::Create({*store, lane, clock, random, metrics, {}});
  CountingAdapter adapter;
  core->AddAdapter(Network::Messenger(), adapter);
  core->Start([](Result<void>) {});
  AdapterHost& host = core->HostFor(Network::Messenger());
  adapter.Start(host, [](Result<void>) {});

  std::atomic<int> durable{0};
  std::vector<std::future<void>> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.push_back(std::async(std::launch::async, [&] {
      for (int join = 0; join < kJoinsEach; ++join) {
        Inbound inbound;
        random.Fill(inbound.key);
        inbound.from = EnrolmentId::Mint(random);
        inbound.body = ServiceCommand{ServiceVerb::kJoin, ""};
        const Result<void> taken = host.Offer(
            std::move(inbound), [&durable](Result<void> result) { durable += result ? 1 : 0; });
        if (!taken) durable = -1'000'000;
        host.ReportHealth(Network::Messenger(), Health::kHealthy);
      }
    }));
  }
  for (auto& thread : threads) thread.get();
  adapter.WaitForEnough();
  core->Stop();
  lane.Stop();
  writer.Stop();
  CHECK(durable == kThreads * kJoinsEach);
  core.reset();
}
