// A small world for tests of the SMS adapter: the simulated centre on loopback, phones operated
// through its control port, and a core that writes down what it is offered.
#pragma once

#include <catch2/catch.hpp>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <mutex>
#include <nlohmann/json.hpp>

#include "adapters/sdk/http_client.h"
#include "adapters/sms/arrival_watch.h"
#include "adapters/sms/factory.h"
#include "adapters/sms/segments.h"
#include "adapters/sms/sim_network.h"
#include "bridge/base/system_seams.h"
#include "bridge/envelope/fragment.h"

namespace trestle::sms {

// Only a failing test waits so long: it bounds what hangs. A sanitizer on a busy machine makes
// seconds of milliseconds.
inline constexpr auto kPatience = std::chrono::minutes(2);

// A core that keeps what it is offered, and can be told to fail.
class FakeHost final : public AdapterHost {
 public:
  explicit FakeHost(const Clock& clock) : thread_("fake-core", clock) {}

  Result<void> Offer(Inbound inbound, Done<void> durable) override {
    const std::lock_guard lock(mutex_);
    bool fails = failures_left_ > 0;
    if (fails) --failures_left_;
    offers_.push_back(std::move(inbound));
    changed_.notify_all();
    auto shared = std::make_shared<Done<void>>(std::move(durable));
    return thread_.Post([shared, fails] {
      if (fails) return std::move(*shared)(Fail(Reason::kStorage, "the test says so"));
      std::move (*shared)({});
    });
  }
  void Report(DeliveryReport report) override {
    const std::lock_guard lock(mutex_);
    reports_.push_back(report);
    changed_.notify_all();
  }
  void ReportHealth(const Network&, Health health) override {
    const std::lock_guard lock(mutex_);
    health_ = health;
    changed_.notify_all();
  }

  void FailNext(int count) {
    const std::lock_guard lock(mutex_);
    failures_left_ = count;
  }
  // The offers once there are at least so many.
  std::vector<Inbound> Offers(std::size_t count) {
    std::unique_lock lock(mutex_);
    INFO("waiting for " << count << " offers");
    REQUIRE(changed_.wait_for(lock, kPatience, [&] { return offers_.size() >= count; }));
    return offers_;
  }
  std::vector<DeliveryReport> Reports(std::size_t count) {
    std::unique_lock lock(mutex_);
    INFO("waiting for " << count << " reports");
    REQUIRE(changed_.wait_for(lock, kPatience, [&] { return reports_.size() >= count; }));
    return reports_;
  }
  void WaitFor(Health health) {
    std::unique_lock lock(mutex_);
    INFO("waiting for health " << HealthName(health));
    REQUIRE(changed_.wait_for(lock, kPatience, [&] { return health_ == health; }));
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Inbound> offers_;
  std::vector<DeliveryReport> reports_;
  Health health_ = Health::kStarting;
  int failures_left_ = 0;
  SerialExecutor thread_;
};

class SmsWorld {
 public:
  static constexpr const char* kAna = "447700900001";
  static constexpr const char* kService = "12345";

  explicit SmsWorld(SmsSimOptions sim = {}) {
    std::string pattern = (std::filesystem::temp_directory_path() / "trestle-sms-XXXXXX").string();
    REQUIRE(mkdtemp(pattern.data()) != nullptr);
    folder_ = pattern;
    if (sim.ghost_numbers.empty()) sim.ghost_numbers = {"447700900900", "447700900901"};
    ghosts = sim.ghost_numbers;
    sim.deliver_again_after = Millis{20};
    sim_ = SmsSim::Start(std::move(sim), clock, random).value();
    http_ = HttpClient::Create().value();
    AddPhone(kAna);
  }
  ~SmsWorld() {
    StopAdapter();
    http_->Stop();
    std::filesystem::remove_all(folder_);
  }

  SmsOptions Options() {
    SmsOptions options;
    options.service_number = kService;
    options.ghost_numbers = ghosts;
    options.port = sim_->smpp_port();
    options.system_id = "trestle";
    options.password = Secret("secret");
    options.reconnect_after_min = Millis{10};
    options.reconnect_after_max = Millis{50};
    options.throttle_pause = Millis{20};
    return options;
  }
  void StartAdapter() { StartAdapter(Options()); }
  void StartAdapter(SmsOptions options) { Await(BeginStart(std::move(options))); }
  void StopAdapter() {
    if (adapter_ == nullptr) return;
    EndStop(BeginStop());
  }
  // For tests that play the centre meanwhile. Assertions stay on the test's thread.
  std::future<void> BeginStart(SmsOptions options) {
    adapter_ = MakeSmsAdapter(std::move(options), {folder_ + "/sms", clock, random, metrics, words})
                   .value();
    auto started = std::make_shared<std::promise<void>>();
    adapter_->Start(host, [started](Result<void>) { started->set_value(); });
    return started->get_future();
  }
  std::future<void> BeginStop() {
    auto stopped = std::make_shared<std::promise<void>>();
    adapter_->Stop([stopped](Result<void>) { stopped->set_value(); });
    return stopped->get_future();
  }
  void EndStop(std::future<void> stopped) {
    Await(std::move(stopped));
    adapter_ = nullptr;
  }
  std::future<Attempt> BeginDeliver(const DeliveryId& id, const ThreadRef& to,
                                    std::variant<Frame, ServiceReply> body,
                                    Millis ttl = std::chrono::minutes(5),
                                    std::optional<LinkId> offers = {}) {
    auto done = std::make_shared<std::promise<Attempt>>();
    adapter_->Deliver({id, to, std::move(body), offers, clock.wall_now() + ttl},
                      [done](Result<Attempt> attempt) { done->set_value(attempt.value()); });
    return done->get_future();
  }
  template <class T>
  T Await(std::future<T> future) {
    REQUIRE(future.wait_for(kPatience) == std::future_status::ready);
    return future.get();
  }

  Attempt Deliver(const ThreadRef& to, std::variant<Frame, ServiceReply> body,
                  Millis ttl = std::chrono::minutes(5), std::optional<LinkId> offers = {}) {
    return Deliver(DeliveryId::Mint(random), to, std::move(body), ttl, offers);
  }
  Attempt Deliver(const DeliveryId& id, const ThreadRef& to, std::variant<Frame, ServiceReply> body,
                  Millis ttl = std::chrono::minutes(5), std::optional<LinkId> offers = {}) {
    return Await(BeginDeliver(id, to, std::move(body), ttl, offers));
  }

  void AddPhone(const std::string& number) { Post("/sim/phones", {{"address", number}}); }
  void Sends(const std::string& from, const std::string& to, const std::string& text) {
    Post("/sim/send", {{"from", from}, {"to", to}, {"text", text}});
  }
  void SendsData(const std::string& from, const std::string& to, const Bytes& user_data) {
    Post("/sim/send", {{"from", from}, {"to", to}, {"data", ToBase64(user_data)}});
  }
  // A sealed frame, in as many data messages as it takes.
  void SendsFrame(const std::string& from, const std::string& to, const Frame& frame) {
    const std::vector<Bytes> chunks = CutChunks(EncodeFrame(frame), kSegmentChunkBytesMax).value();
    Segment segment;
    segment.reference = ++last_reference_;
    segment.count = static_cast<std::uint8_t>(chunks.size());
    for (const Bytes& chunk : chunks) {
      segment.chunk = chunk;
      SendsData(from, to, EncodeSegment(segment).value());
      ++segment.index;
    }
  }
  // The messages in a phone's inbox, once there are so many; without the bridge's word on frames.
  nlohmann::json Inbox(const std::string& number, std::size_t count) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    nlohmann::json all = nlohmann::json::array();
    std::uint64_t after = 0;
    while (all.size() < count) {
      INFO("waiting for " << count << " messages, there are " << all.size());
      REQUIRE(std::chrono::steady_clock::now() < deadline);
      const auto answer =
          Get("/sim/inbox?address=" + number + "&after=" + std::to_string(after) + "&wait_ms=5000");
      for (const auto& message : answer["messages"]) {
        after = message["seq"].get<std::uint64_t>();
        if (!IsStatus(message)) all.push_back(message);
      }
    }
    return all;
  }
  // The frame that the phone's data messages make up.
  Frame FrameOf(const nlohmann::json& messages) {
    Reassembler reassembler{Reassembler::Limits{}};
    for (const auto& message : messages) {
      const Bytes data = FromBase64(message["data"].get<std::string>()).value();
      const Segment segment = DecodeSegment(data).value();
      const auto whole = reassembler.Add(SegmentSetName(segment), segment.index, segment.count,
                                         segment.chunk, clock.mono_now());
      if (whole.value()) return DecodeFrame(**whole).value();
    }
    FAIL("the messages make no whole frame");
    return ConsentFrame{};
  }
  // What came after a message, of every kind; empty when nothing does for a while.
  nlohmann::json InboxAfter(const std::string& number, std::uint64_t after) {
    return Get("/sim/inbox?address=" + number + "&after=" + std::to_string(after) +
               "&wait_ms=5000")["messages"];
  }
  static bool IsStatus(const nlohmann::json& message) {
    if (!message.contains("data")) return false;
    const Bytes data = FromBase64(message["data"].get<std::string>()).value();
    return DecodeStatusMessage(data).has_value();
  }
  // The phone says that it has the frame which these messages make up, or what it misses.
  void Confirms(const std::string& number, const nlohmann::json& messages) {
    SegmentStatus status;
    std::vector<ChunkDigest> digests;
    std::string to;
    for (const auto& message : messages) {
      const Bytes data = FromBase64(message["data"].get<std::string>()).value();
      const Segment segment = DecodeSegment(data).value();
      if (digests.empty()) {
        for (std::size_t i = 0; i < segment.count; ++i) status.missing.set(i);
      }
      digests.resize(segment.count);
      digests[segment.index] = DigestOfChunk(segment.chunk);
      status.set = {segment.source_port, segment.reference};
      status.count = segment.count;
      status.missing[segment.index] = false;
      to = message["from"].get<std::string>();
    }
    status.proof = ProofOf(status.set, status.missing, digests);
    SendsData(number, to, EncodeStatuses({status}).value().user_data);
  }
  void Faults(const nlohmann::json& faults) { Post("/sim/faults", faults); }
  nlohmann::json Wire() { return Get("/sim/wire?after=0&limit=1000"); }
  EnrolmentId Join(const std::string& number) {
    const std::size_t before = joins_++;
    Sends(number, kService, "JOIN");
    return std::get<EnrolmentId>(host.Offers(before + 1).back().from);
  }
  std::uint16_t smpp_port() const { return sim_->smpp_port(); }
  std::int64_t Counted(std::string_view event) {
    return metrics.Read("trestle_adapter_events_total", event);
  }

  SystemClock clock;
  SystemRandom random;
  Metrics metrics;
  ServiceWords words = ServiceWords::Standard();  // before StartAdapter
  FakeHost host{clock};
  std::vector<std::string> ghosts;

 private:
  nlohmann::json Call(HttpCall call) {
    std::promise<Result<HttpAnswer>> done;
    http_->Send(std::move(call), [&](Result<HttpAnswer> answer) { done.set_value(answer); });
    const HttpAnswer answer = done.get_future().get().value();
    INFO(answer.body);
    REQUIRE(answer.status == 200);
    return nlohmann::json::parse(answer.body, nullptr, false);
  }
  std::string Url(const std::string& path) {
    return "http://127.0.0.1:" + std::to_string(sim_->control_port()) + path;
  }
  nlohmann::json Get(const std::string& path) { return Call({"GET", Url(path)}); }
  nlohmann::json Post(const std::string& path, const nlohmann::json& body) {
    return Call({"POST", Url(path), {{"content-type", "application/json"}}, body.dump()});
  }

  std::string folder_;
  std::unique_ptr<SmsSim> sim_;
  std::unique_ptr<HttpClient> http_;
  std::unique_ptr<Adapter> adapter_;
  std::uint8_t last_reference_ = 0;
  std::size_t joins_ = 0;
};

}  // namespace trestle::sms
