// trestle-bench-adapters NETWORK SECONDS adapter|server [IN_FLIGHT [FOLDER]]: one simulated network
// and who sends to it, in one process over loopback.
//
//   adapter           the real adapter, with IN_FLIGHT small frames under way over many threads,
//   one
//                     at a time in each. What is counted is answered "sent"
//   server, SMS       a bare SMPP client with IN_FLIGHT submits unanswered
//   server, the rest  the network alone: prints what a load generator for HTTP needs, and serves
//                     until its input ends
//
// Prints one JSON object. FOLDER is on the disk that the adapter's stores are to use. The frames
// are ephemeral ones: over SMS their receivers confirm nothing, for nobody reads here. What a
// network or an adapter sells as a rate is lifted (bench/simulated.cc); WhatsApp's pair rate cannot
// be, so there are enough people there that none gets more than it lets pass at once.
#include <stdlib.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "bench/open_threads.h"
#include "bench/smpp_client.h"
#include "bridge/base/metrics.h"
#include "bridge/envelope/fragment.h"

namespace trestle::bench {
namespace {

constexpr std::size_t kThreads = 64;
constexpr std::size_t kPerSecondMax = 3000;  // of an adapter whose threads are used up; see Threads
constexpr std::size_t kPayloadBytes = 64;    // a frame of one native message everywhere
constexpr double kWarmUpSeconds = 1;
constexpr auto kDrainMax = std::chrono::seconds(30);

struct Options {
  std::string network;
  double seconds = 5;
  bool is_adapter = true;
  std::size_t in_flight = 16;
  std::string folder;
};

[[noreturn]] void Die(const std::string& why) {
  std::fprintf(stderr, "trestle-bench-adapters: %s\n", why.c_str());
  std::exit(1);
}

template <class T>
T Must(Result<T> result) {
  if (!result) Die(std::string(result.error().what.view()));
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

Frame SmallFrame(Random& random) {
  EnvelopeFrame frame;  // without a number: ephemeral
  frame.payload.resize(kPayloadBytes);
  random.Fill(frame.payload);
  return frame;
}

// So many deliveries under way, each in the thread that has been idle for longest.
class ClosedLoop {
 public:
  // A thread is used `messages_max` times at most; 0: always.
  ClosedLoop(Adapter& adapter, const std::vector<LinkId>& links, std::size_t messages_max,
             const Clock& clock, Random& random)
      : adapter_(adapter), clock_(clock), random_(random) {
    const std::size_t left = messages_max == 0 ? SIZE_MAX : messages_max;
    for (const LinkId& link : links) idle_.push_back({link, left});
  }

  SendCount Run(std::size_t in_flight, double seconds) {
    for (std::size_t i = 0; i < in_flight; ++i) Launch();
    (void)AwaitEnd(kWarmUpSeconds);
    const auto begin = std::chrono::steady_clock::now();
    const std::uint64_t before = sent();
    const auto end = AwaitEnd(seconds);
    SendCount count;
    count.sent = sent() - before;
    count.per_second =
        static_cast<double>(count.sent) / std::chrono::duration<double>(end - begin).count();
    Drain();
    count.refused = refused_;
    return count;
  }

 private:
  struct Thread {
    LinkId link;
    std::size_t left = 0;
  };

  void Launch() {
    Thread thread;
    {
      const std::lock_guard lock(mutex_);
      if (is_over_ || idle_.empty()) return;
      thread = idle_.front();
      idle_.pop_front();
      --thread.left;
      ++under_way_;
    }
    Delivery delivery{DeliveryId::Mint(random_), thread.link, SmallFrame(random_), std::nullopt,
                      clock_.wall_now() + std::chrono::hours(1)};
    adapter_.Deliver(std::move(delivery), [this, thread](Result<Attempt> attempt) {
      Take(thread, attempt && attempt->certainty == Certainty::kSent);
    });
  }

  void Take(const Thread& thread, bool is_sent) {
    {
      const std::lock_guard lock(mutex_);
      ++(is_sent ? sent_ : refused_);
      if (thread.left > 0) idle_.push_back(thread);
    }
    Launch();
    const std::lock_guard lock(mutex_);
    if (--under_way_ == 0) changed_.notify_all();
  }

  // When the time was over, or nothing was left to do before.
  std::chrono::steady_clock::time_point AwaitEnd(double seconds) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::duration<double>(seconds),
                      [this] { return under_way_ == 0; });
    return std::chrono::steady_clock::now();
  }

  void Drain() {
    std::unique_lock lock(mutex_);
    is_over_ = true;
    if (!changed_.wait_for(lock, kDrainMax, [this] { return under_way_ == 0; })) {
      Die("what was under way was not answered");
    }
  }

  std::uint64_t sent() {
    const std::lock_guard lock(mutex_);
    return sent_;
  }

  Adapter& adapter_;
  const Clock& clock_;
  Random& random_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::deque<Thread> idle_;
  std::size_t under_way_ = 0;
  bool is_over_ = false;
  std::uint64_t sent_ = 0;
  std::uint64_t refused_ = 0;
};

// As many threads as the time takes, where each carries only so much.
std::size_t ThreadsFor(const Simulated& network, double seconds) {
  const std::size_t each = network.thread_messages_max();
  if (each == 0) return kThreads;
  const double messages = (seconds + kWarmUpSeconds) * static_cast<double>(kPerSecondMax);
  return kThreads + static_cast<std::size_t>(messages) / each;
}

std::string NewFolder(const std::string& below) {
  std::string folder = below + "/adapter-XXXXXX";
  if (::mkdtemp(folder.data()) == nullptr) Die("there is no room for a folder in " + below);
  return folder;
}

void Print(const SendCount& count) {
  std::printf("{\"per_second\": %.1f, \"sent\": %llu, \"refused\": %llu}\n", count.per_second,
              static_cast<unsigned long long>(count.sent),
              static_cast<unsigned long long>(count.refused));
}

class Program {
 public:
  explicit Program(Options options)
      : options_(std::move(options)),
        network_(Must(Simulated::Start(options_.network, options_.in_flight, {clock_, random_}))) {}

  void RunAdapter() {
    Metrics metrics;
    const std::string folder = NewFolder(options_.folder);
    SendCount count;
    {
      const auto running = Must(RunningAdapter::Start(
          *network_, {folder + "/" + options_.network, clock_, random_, metrics}));
      const auto links = Must(running->OpenThreads(ThreadsFor(*network_, options_.seconds)));
      ClosedLoop loop(running->adapter(), links, network_->thread_messages_max(), clock_, random_);
      count = loop.Run(options_.in_flight, options_.seconds);
    }
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
    Print(count);
  }

  void RunSmpp() {
    SmppLoad load;
    load.port = network_->port();
    load.source = network_->ghosts().front();
    load.destinations = MakePeople();
    load.frame = EncodeFrame(SmallFrame(random_));
    load.window = options_.in_flight;
    load.warm_up_seconds = kWarmUpSeconds;
    load.seconds = options_.seconds;
    Print(Must(RunSmppClient(load)));
  }

  // Everybody has written to one identity, so that it may write to them.
  void Serve() {
    FragmentRef ref;
    random_.Fill(ref);
    const auto texts =
        Must(CutToText(EncodeFrame(SmallFrame(random_)), network_->text_bytes_max(), ref));
    nlohmann::json out = {{"port", network_->port()}, {"bodies", nlohmann::json::array()}};
    const std::string& identity = network_->ghosts().front();
    for (const std::string& phone : MakePeople()) {
      const Simulated::Post post = Must(network_->PostTo(phone, identity, texts.front()));
      out["path"] = post.path;
      out["token"] = post.token;
      out["bodies"].push_back(post.body);
    }
    std::printf("%s\n", out.dump().c_str());
    std::fflush(stdout);
    while (std::getchar() != EOF) {
    }
  }

 private:
  std::vector<std::string> MakePeople() {
    const auto http = Must(HttpClient::Create());
    std::vector<std::string> out;
    for (std::size_t i = 0; i < kThreads; ++i) {
      const auto phone = Must(NewPhone(*network_, i, {*http, clock_, random_}));
      const bool writes = network_->line_kind() == sim::LineKind::kText;
      if (writes) Must(phone->SendText(network_->ghosts().front(), "hello"));
      out.push_back(phone->address());
    }
    return out;
  }

  const Options options_;
  SystemClock clock_;
  SystemRandom random_;
  const std::unique_ptr<Simulated> network_;
};

Options Parse(int argc, char** argv) {
  if (argc < 4 || argc > 6) Die("usage: NETWORK SECONDS adapter|server [IN_FLIGHT [FOLDER]]");
  Options options;
  options.network = argv[1];
  options.seconds = std::atof(argv[2]);
  options.is_adapter = std::strcmp(argv[3], "adapter") == 0;
  if (!options.is_adapter && std::strcmp(argv[3], "server") != 0) Die("adapter or server?");
  if (argc > 4) options.in_flight = static_cast<std::size_t>(std::atol(argv[4]));
  options.folder = argc > 5 ? argv[5] : std::filesystem::temp_directory_path().string();
  if (options.seconds <= 0 || options.in_flight == 0 || options.in_flight > kThreads) {
    Die("SECONDS are above zero, IN_FLIGHT is 1 to 64");
  }
  return options;
}

int Main(int argc, char** argv) {
  const Options options = Parse(argc, argv);
  Program program(options);
  if (options.is_adapter) {
    program.RunAdapter();
  } else if (options.network == "sms") {
    program.RunSmpp();
  } else {
    program.Serve();
  }
  return 0;
}

}  // namespace
}  // namespace trestle::bench

int main(int argc, char** argv) { return trestle::bench::Main(argc, argv); }
