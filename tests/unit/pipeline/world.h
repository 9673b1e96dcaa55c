// The whole core in one thread, with networks in memory, a clock that moves by hand and a store
// that can be closed and opened again. Speaks the domain: people join, reach, accept, send.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "bridge/pipeline/core.h"
#include "bridge/store/store.h"
#include "tests/unit/pipeline/fake_adapter.h"
#include "tests/unit/pipeline/sealed.h"
#include "tests/unit/sdk/manual_seams.h"

namespace trestle::test {

struct Person {
  EnrolmentId enrolment;
  Network network = Network::Messenger();
};

// Two people with a granted contact and open threads. The requester is ana, the owner is ben.
struct Pair {
  Person ana;
  Person ben;
  LinkId ana_link;
  LinkId ben_link;
  GroupId group;
};

struct WorldOptions {
  std::string path = ":memory:";
  Limits limits = {};
  std::size_t store_items_max = Store::kQueueItemsMax;
  // Something between the storage keys and their file, such as a fault.
  std::function<std::unique_ptr<KeyFile>(std::unique_ptr<KeyFile>)> wrap_keys = nullptr;
  ResidencyPolicy residency = {};  // its stores after the first lie beside `path`
  bool has_edge = false;           // one more network, EdgeNetwork(), whose adapter opens messages
};

inline Network EdgeNetwork() { return Network::Parse("sms_edge").value(); }

class World {
 public:
  using Options = WorldOptions;
  explicit World(Options options = {});
  ~World();

  // The process dies: nothing that waited in memory is left. Then another one begins on the file.
  void Crash();
  void Begin();
  void Run();  // until nothing is left to do now
  void Advance(Millis span);
  void JumpWall(Millis span) { clock_.JumpWall(span); }

  FakeAdapter& On(const Network& network) { return *adapters_.at(network); }
  void Health(const Network& network, trestle::Health health);
  Metrics& metrics() { return *metrics_; }
  Random& random() { return random_; }
  const Limits& core_limits() const { return options_.limits; }
  WallTime now() const { return clock_.wall_now(); }
  Core& core() { return *core_; }
  Store& store() { return *store_; }
  bool commit_fails = false;
  std::function<bool()> died = nullptr;  // the process is dead: nothing commits any more

  // Inbound, as an adapter offers it; a fresh key each time unless one is given. Answers what the
  // adapter would be told.
  Result<void> Offers(const Network& network, const ThreadRef& from,
                      std::variant<Frame, ServiceCommand> body,
                      std::optional<Bytes32> key = std::nullopt);
  Result<void> Says(const Person& person, std::string_view text);
  Result<void> Sends(const Person& person, const LinkId& link, Frame frame);

  Person Newcomer(const Network& network);                        // has not joined
  Person Joins(const Network& network);                           // with an account of their own
  Person JoinsToo(const Person& person, const Network& network);  // the same account there
  void Publishes(const Person& person, std::size_t count);
  std::string NewAliasOf(const Person& person);
  std::string LastTextTo(const Person& person);
  LinkId LastOfferTo(const Person& person);
  void Opens(const Person& person, const LinkId& link);  // accepts the thread
  void Consents(const Person& person, const LinkId& link, ConsentAction action);
  // The whole way up to a granted contact with both threads open.
  Pair Meet(const Network& ana_network, const Network& ben_network);

  Bytes Seal(const Pair& pair, SealedOptions options = {});
  EnvelopeId NewEnvelopeId() { return EnvelopeId::Mint(random_); }

  // Runs an operation of the core to its answer.
  template <class Answer, class Start>
  Result<Answer> Ask(Start start) {
    std::optional<Result<Answer>> out;
    start(Done<Answer>([&out](Result<Answer> answer) { out = std::move(answer); }));
    Run();
    TRESTLE_CHECK(out.has_value());
    return *std::move(out);
  }
  // Reads the store directly, in a transaction of its own.
  template <class Read>
  void Look(Read read) {
    std::optional<Result<void>> out;
    Work work = [&read](Transaction& tx) -> Result<void> {
      read(tx);
      return {};
    };
    Done<void> done = [&out](Result<void> result) { out = result; };
    TRESTLE_CHECK(store_->Submit(std::move(work), std::move(done)).has_value());
    Run();
    TRESTLE_CHECK(out.has_value() && out->has_value());
  }
  AccountId AccountOf(const Person& person);
  std::vector<TraceRecord> StepsOf(const EnvelopeId& envelope);

 private:
  const Options options_;
  ManualClock clock_;
  CountingRandom random_;
  std::unique_ptr<Metrics> metrics_;
  std::unique_ptr<ManualExecutor> executor_;
  std::unique_ptr<Store> store_;
  std::map<Network, std::unique_ptr<FakeAdapter>> adapters_;
  std::unique_ptr<Core> core_;
};

}  // namespace trestle::test
