// trestle-bench-load: the clients and the network of a measurement in one process. Against a daemon
// whose store trestle-bench-fill has filled, or against trestle-bench-raw. Prints one JSON object.
//
//   closed loop: --streams clients with --window envelopes under way each
//   open loop:   --rate envelopes a second over all clients, due at equal distances whatever
//                becomes of the earlier ones; times count from when an envelope was due, so that a
//                stall is paid for by all that it held up (no coordinated omission)
//   drain:       --drain N lets nobody submit, and takes what waits until N envelopes have come
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <thread>
#include <vector>

#include "bench/command_line.h"
#include "bench/sink.h"

namespace trestle::bench {
namespace {

struct Options {
  std::string server;
  // Or raw: gRPC alone; or store: a daemon whose network is not there. Then there is no sink, and
  // what was answered is done.
  std::string target = "trestle";
  std::string adapter_token;
  std::string ca;  // a file: TLS
  std::uint64_t circles = 0;
  std::size_t streams = 16;
  std::size_t connections = 4;
  std::uint64_t drain = 0;
  double rate = 0;
  double seconds = 5;
  double warm_up = 1;
  int server_pid = 0;  // whose time and input/output are read
  SenderOptions sender;
};

constexpr double kPatience = 60;        // seconds for whatever must happen
constexpr double kDrainPatience = 900;  // for a backlog

void Wait(double seconds) { std::this_thread::sleep_for(std::chrono::duration<double>(seconds)); }

[[noreturn]] void Die(const std::string& why) {
  std::fprintf(stderr, "trestle-bench-load: %s\n", why.c_str());
  std::exit(1);
}

template <class Condition>
bool WaitFor(Condition is_so, double patience = kPatience) {
  const std::uint64_t end = NowNanos() + static_cast<std::uint64_t>(patience * 1e9);
  while (!is_so()) {
    if (NowNanos() > end) return false;
    Wait(0.005);
  }
  return true;
}

// What the kernel counts of a process.
struct Usage {
  double cpu_seconds = 0;
  double resident_mb = 0;
  std::map<std::string, std::uint64_t> io;  // /proc/PID/io
};

Usage UsageOf(int pid) {
  Usage out;
  const std::string folder = "/proc/" + (pid == 0 ? "self" : std::to_string(pid));
  std::ifstream stat(folder + "/stat");
  std::string text((std::istreambuf_iterator<char>(stat)), {});
  std::istringstream fields(text.substr(std::min(text.size(), text.rfind(')') + 1)));
  std::vector<std::string> values;
  for (std::string each; fields >> each;) values.push_back(each);
  const auto tick = static_cast<double>(sysconf(_SC_CLK_TCK));
  // proc(5): utime and stime are the 14th and 15th field, rss the 24th; the third stands first
  // here.
  if (values.size() > 21) {
    out.cpu_seconds = (std::stod(values[11]) + std::stod(values[12])) / tick;
    out.resident_mb =
        std::stod(values[21]) * static_cast<double>(sysconf(_SC_PAGESIZE)) / (1024 * 1024);
  }
  std::ifstream io(folder + "/io");
  std::string name;
  for (std::uint64_t value = 0; io >> name >> value;)
    out.io[name.substr(0, name.size() - 1)] = value;
  return out;
}

class Load {
 public:
  explicit Load(const Options& options) : options_(options) {
    for (std::size_t i = 0; i < options.connections; ++i) channels_.push_back(Connect(i));
  }

  void Open() {
    if (options_.target == "trestle") {
      adapters_ = v1::AdapterHost::NewStub(Connect(1000));
      sink_ = std::make_unique<Sink>(*adapters_, options_.adapter_token, options_.sender.batch,
                                     options_.sender.payload_bytes, counts_);
      sink_->Open();
      if (!WaitFor([&] { return sink_->is_connected() || sink_->failed(); }) || sink_->failed()) {
        Die("the adapter is not let in: " + sink_->End().error_message());
      }
    }
    for (std::size_t i = 0; i < options_.streams; ++i) {
      stubs_.push_back(v1::Messages::NewStub(channels_[i % channels_.size()]));
      senders_.push_back(std::make_unique<Sender>(*stubs_.back(), CircleAt(i, options_.circles),
                                                  options_.sender, counts_));
      senders_.back()->Open();
    }
    for (const auto& each : senders_) {
      if (!WaitFor([&] { return each->is_open() || each->failed(); }) || each->failed()) {
        Die("a client is not let in: " + each->End().error_message());
      }
    }
  }

  void Run() {
    if (options_.drain > 0) return Drain();
    if (options_.rate > 0) {
      Pace(options_.warm_up);
    } else {
      for (const auto& each : senders_) each->Run(true);
      Wait(options_.warm_up);
    }
    Begin();
    if (options_.rate > 0) {
      Pace(options_.seconds);
    } else {
      Wait(options_.seconds);
    }
    EndOfWindow();
    for (const auto& each : senders_) each->Run(false);
    is_drained_ = WaitFor([&] { return UnderWay() == 0; });
  }

  void Close() {
    for (const auto& each : senders_) each->End();
    if (sink_ != nullptr) sink_->End();
  }

  void Print() const {
    const double seconds = static_cast<double>(end_nanos_ - begin_nanos_) / 1e9;
    const std::uint64_t done = Finished();
    const auto per_envelope = [&](double value) {
      return done == 0 ? 0.0 : value / static_cast<double>(done);
    };
    const auto io = [&](const char* name) {
      const auto at = [&](const Usage& usage) {
        const auto found = usage.io.find(name);
        return found == usage.io.end() ? 0.0 : static_cast<double>(found->second);
      };
      return per_envelope(at(server_end_) - at(server_begin_));
    };
    std::printf(
        "{\"seconds\": %.3f, \"per_second\": %.1f, \"accepted\": %llu, \"delivered\": %llu, "
        "\"settled\": %llu, \"refused\": %llu, \"drained\": %s, ",
        seconds, static_cast<double>(done) / seconds, static_cast<unsigned long long>(accepted_),
        static_cast<unsigned long long>(delivered_), static_cast<unsigned long long>(settled_),
        static_cast<unsigned long long>(counts_.refused.load()), is_drained_ ? "true" : "false");
    std::printf(
        "\"server_cpu_us\": %.2f, \"client_cpu_us\": %.2f, \"server_rss_mb\": %.1f, "
        "\"syscalls_read\": %.2f, \"syscalls_write\": %.2f, \"written_bytes\": %.0f, ",
        per_envelope((server_end_.cpu_seconds - server_begin_.cpu_seconds) * 1e6),
        per_envelope((own_end_.cpu_seconds - own_begin_.cpu_seconds) * 1e6),
        server_end_.resident_mb, io("syscr"), io("syscw"), io("write_bytes"));
    std::printf("\"first_delivered_at\": %.6f, \"accept\": %s, \"deliver\": %s}\n",
                static_cast<double>(counts_.first_delivered_at) / 1e9, accept_.c_str(),
                deliver_.c_str());
  }

 private:
  std::shared_ptr<grpc::Channel> Connect(std::size_t number) const {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    // Channels with equal arguments would share one connection.
    arguments.SetInt("trestle.bench.connection", static_cast<int>(number));
    if (options_.ca.empty()) {
      return grpc::CreateCustomChannel(options_.server, grpc::InsecureChannelCredentials(),
                                       arguments);
    }
    std::ifstream file(options_.ca);
    grpc::SslCredentialsOptions tls;
    tls.pem_root_certs.assign((std::istreambuf_iterator<char>(file)), {});
    arguments.SetSslTargetNameOverride("localhost");
    return grpc::CreateCustomChannel(options_.server, grpc::SslCredentials(tls), arguments);
  }

  // Makes envelopes due at equal distances for so long.
  void Pace(double seconds) {
    const auto distance = static_cast<std::uint64_t>(1e9 / options_.rate);
    const std::uint64_t end = NowNanos() + static_cast<std::uint64_t>(seconds * 1e9);
    for (std::uint64_t due = NowNanos(); due < end; due += distance) {
      // What became due while the kernel slept too long goes at once, and says when it was due.
      for (std::uint64_t now = NowNanos(); now < due; now = NowNanos()) {
        Wait(static_cast<double>(due - now) / 1e9);
      }
      senders_[next_++ % senders_.size()]->Due(due);
    }
  }

  // From the first that came, so that the start of this program does not count.
  void Drain() {
    Begin();
    is_drained_ = WaitFor([&] { return counts_.delivered >= options_.drain; }, kDrainPatience);
    EndOfWindow();
    begin_nanos_ = counts_.first_delivered_at;
    delivered_ = counts_.delivered;
  }

  std::uint64_t Finished() const {
    if (options_.drain > 0) return delivered_;
    return options_.sender.until == Until::kAnswered ? accepted_ : std::min(settled_, delivered_);
  }

  void Begin() {
    counts_.accept_nanos.Reset();
    counts_.deliver_nanos.Reset();
    accepted_ = counts_.accepted;
    delivered_ = counts_.delivered;
    settled_ = counts_.settled;
    server_begin_ = UsageOf(options_.server_pid);
    own_begin_ = UsageOf(0);
    begin_nanos_ = NowNanos();
  }

  void EndOfWindow() {
    end_nanos_ = NowNanos();
    server_end_ = UsageOf(options_.server_pid);
    own_end_ = UsageOf(0);
    accepted_ = counts_.accepted - accepted_;
    delivered_ = counts_.delivered - delivered_;
    settled_ = counts_.settled - settled_;
    accept_ = counts_.accept_nanos.Json();
    deliver_ = counts_.deliver_nanos.Json();
  }

  std::size_t UnderWay() const {
    std::size_t sum = 0;
    for (const auto& each : senders_) sum += each->under_way();
    return sum;
  }

  const Options options_;
  Counts counts_;
  std::vector<std::shared_ptr<grpc::Channel>> channels_;
  std::vector<std::unique_ptr<v1::Messages::Stub>> stubs_;
  std::vector<std::unique_ptr<Sender>> senders_;
  std::unique_ptr<v1::AdapterHost::Stub> adapters_;
  std::unique_ptr<Sink> sink_;
  std::size_t next_ = 0;
  bool is_drained_ = false;
  std::uint64_t begin_nanos_ = 0;
  std::uint64_t end_nanos_ = 0;
  std::uint64_t accepted_ = 0;
  std::uint64_t delivered_ = 0;
  std::uint64_t settled_ = 0;
  std::string accept_;
  std::string deliver_;
  Usage server_begin_;
  Usage server_end_;
  Usage own_begin_;
  Usage own_end_;
};

Options Read(int argc, char** argv) {
  const CommandLine line(
      argc, argv,
      {"--server", "--target", "--adapter-token", "--ca", "--circles", "--streams", "--connections",
       "--drain", "--batch", "--window", "--payload", "--rate", "--seconds", "--warm-up",
       "--server-pid"},
      "trestle-bench-load --server ADDRESS --circles N [--target trestle|store|raw] "
      "[--adapter-token T] [--ca FILE] [--streams N] [--connections N] [--batch N] "
      "[--window N | --rate N | --drain N] [--payload BYTES] [--seconds S] [--warm-up S] "
      "[--server-pid PID]");
  Options out;
  out.server = line.Text("--server");
  out.target = line.Text("--target", out.target);
  out.adapter_token = line.Text("--adapter-token");
  out.ca = line.Text("--ca");
  out.circles = line.Count("--circles", out.circles);
  out.streams = line.Count("--streams", out.streams);
  out.connections = line.Count("--connections", out.connections);
  out.drain = line.Count("--drain", out.drain);
  out.sender.batch = line.Count("--batch", out.sender.batch);
  out.sender.window = line.Count("--window", out.sender.window);
  out.sender.payload_bytes = line.Count("--payload", out.sender.payload_bytes);
  out.rate = line.Number("--rate", out.rate);
  out.seconds = line.Number("--seconds", out.seconds);
  out.warm_up = line.Number("--warm-up", out.warm_up);
  out.server_pid = static_cast<int>(line.Count("--server-pid", 0));
  if (out.server.empty() || out.circles < out.streams) line.Refuse();
  if (out.target != "trestle") out.sender.until = Until::kAnswered;
  if (out.rate > 0) out.sender.window = 0;
  if (out.drain > 0) out.streams = 0;
  return out;
}

}  // namespace
}  // namespace trestle::bench

int main(int argc, char** argv) {
  trestle::bench::Load load(trestle::bench::Read(argc, argv));
  load.Open();
  load.Run();
  load.Print();
  load.Close();
  return 0;
}
