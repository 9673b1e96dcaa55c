// trestle-bench-idle: opens many Exchange streams and lets them be, over a few connections. Against
// a daemon whose store trestle-bench-fill has filled, or against trestle-bench-raw. Prints one JSON
// object: the server's resident memory before and after, and what a stream takes.
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <thread>
#include <vector>

#include "bench/client_stream.h"
#include "bench/command_line.h"
#include "bench/people.h"
#include "trestle/v1/messages.grpc.pb.h"

namespace trestle::bench {
namespace {

struct Options {
  std::string server;
  std::uint64_t circles = 0;
  std::size_t streams = 10'000;
  std::size_t connections = 16;
  int server_pid = 0;
};

constexpr int kPatienceMs = 120'000;
constexpr int kLookEveryMs = 5;
constexpr std::size_t kOpeningMax = 64;  // at once
constexpr int kSettleMs = 3000;          // until nothing is under way in the server any more

[[noreturn]] void Die(const std::string& why) {
  std::fprintf(stderr, "trestle-bench-idle: %s\n", why.c_str());
  std::exit(1);
}

double ResidentKib(int pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string word; status >> word;) {
    double out = 0;
    if (word == "VmRSS:" && status >> out) return out;
  }
  Die("the server is gone");
}

// Says that it is there, and nothing else.
class IdleStream final : public ClientStream<v1::ExchangeRequest, v1::ExchangeResponse> {
 public:
  IdleStream(v1::Messages::Stub& stub, const std::string& token) : ClientStream(token) {
    stub.async()->Exchange(&context(), this);
  }
  void Open() {
    Begin();
    Pump();
  }
  bool is_open() const { return is_open_; }

 private:
  bool Compose(v1::ExchangeRequest& message) override {
    if (std::exchange(asked_, true)) return false;
    message.mutable_open();
    return true;
  }
  void Take(const v1::ExchangeResponse& message) override {
    if (message.has_opened()) is_open_ = true;
  }

  bool asked_ = false;
  std::atomic<bool> is_open_{false};
};

class Crowd {
 public:
  explicit Crowd(const Options& options) : options_(options) {
    for (std::size_t i = 0; i < options.connections; ++i) {
      grpc::ChannelArguments arguments;
      arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
      // Channels with equal arguments would share one connection.
      arguments.SetInt("trestle.bench.connection", static_cast<int>(i));
      stubs_.push_back(v1::Messages::NewStub(grpc::CreateCustomChannel(
          options.server, grpc::InsecureChannelCredentials(), arguments)));
    }
  }

  // One stream on each connection first: what the connections themselves take is not the streams'.
  void Run() {
    OpenUpTo(options_.connections);
    Pause(kSettleMs);
    const double before = ResidentKib(options_.server_pid);
    OpenUpTo(options_.streams + options_.connections);
    Pause(kSettleMs);
    const double after = ResidentKib(options_.server_pid);
    std::printf(
        "{\"streams\": %zu, \"before_kib\": %.0f, \"after_kib\": %.0f, "
        "\"kib_per_stream\": %.3f}\n",
        options_.streams, before, after, (after - before) / static_cast<double>(options_.streams));
    for (const auto& each : streams_) each->End();
  }

 private:
  static void Pause(int ms) { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); }

  void OpenUpTo(std::size_t count) {
    for (std::size_t opened = streams_.size(); opened < count || opened_ < count;) {
      for (; opened < count && opened - opened_ < kOpeningMax; ++opened) {
        const Circle circle = CircleAt(opened, options_.circles);
        streams_.push_back(
            std::make_unique<IdleStream>(*stubs_[opened % stubs_.size()], circle.token));
        streams_.back()->Open();
      }
      AwaitOldest();
    }
  }
  void AwaitOldest() {
    IdleStream& oldest = *streams_[opened_];
    for (int waited = 0; !oldest.is_open(); waited += kLookEveryMs) {
      if (oldest.failed()) Die("a stream is not let in: " + oldest.End().error_message());
      if (waited > kPatienceMs) Die("a stream does not open");
      Pause(kLookEveryMs);
    }
    ++opened_;
  }

  const Options options_;
  std::vector<std::unique_ptr<v1::Messages::Stub>> stubs_;
  std::vector<std::unique_ptr<IdleStream>> streams_;
  std::size_t opened_ = 0;
};

Options Read(int argc, char** argv) {
  const CommandLine line(
      argc, argv, {"--server", "--circles", "--streams", "--connections", "--server-pid"},
      "trestle-bench-idle --server ADDRESS --server-pid PID --circles N (more than streams and "
      "connections) [--streams N] [--connections N]");
  Options out;
  out.server = line.Text("--server");
  out.circles = line.Count("--circles", out.circles);
  out.streams = line.Count("--streams", out.streams);
  out.connections = line.Count("--connections", out.connections);
  out.server_pid = static_cast<int>(line.Count("--server-pid", 0));
  const bool is_whole = !out.server.empty() && out.server_pid != 0;
  if (!is_whole || out.circles < out.streams + out.connections) line.Refuse();
  return out;
}

}  // namespace
}  // namespace trestle::bench

int main(int argc, char** argv) {
  trestle::bench::Crowd(trestle::bench::Read(argc, argv)).Run();
  return 0;
}
