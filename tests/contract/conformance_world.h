// The world of one conformance claim: a host in place of the core, phones, and the adapter between.
// The test's thread waits; the host's answers run on a thread of their own.
#pragma once

#include <condition_variable>
#include <mutex>

#include "adapters/sdk/http_client.h"
#include "adapters/sdk/json.h"
#include "bridge/base/metrics.h"
#include "bridge/base/system_seams.h"
#include "tests/contract/adapter_conformance.h"

namespace trestle::test {

// How long an event may take before the claim fails. Nothing waits this long when all is well.
inline constexpr Millis kPatience = std::chrono::seconds(30);

class ConformanceHost final : public AdapterHost {
 public:
  explicit ConformanceHost(const Clock& clock) : answers_("host", clock) {}

  Result<void> Offer(Inbound inbound, Done<void> durable) override;
  void Report(DeliveryReport report) override;
  void ReportHealth(const Network& network, Health health) override;

  void FailNext(int offers);  // so many are answered as not stored
  // Each fails the test when its patience ends. Offers are counted from 0.
  Inbound AwaitOffer(std::size_t number);
  void AwaitHealth(Health health);
  void AwaitReport(const DeliveryId& id, ReceiptLevel level);
  // True when something happened within a short while; for trying again.
  bool AwaitAnything(Millis patience);
  std::size_t offers_heard() const;

 private:
  template <class Condition>
  bool AwaitUntil(Millis patience, Condition condition);

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Inbound> offers_;
  std::vector<DeliveryReport> reports_;
  std::optional<Health> health_;
  std::uint64_t events_ = 0;
  int fail_next_ = 0;
  SerialExecutor answers_;
};

// Speaks to the control server and waits for its answer.
class ControlCaller {
 public:
  explicit ControlCaller(std::uint16_t port);
  Json Get(const std::string& path);
  Json Post(const std::string& path, const std::string& body);

 private:
  Json Call(HttpCall call);

  const std::string base_;
  const std::unique_ptr<HttpClient> client_;
};

// One person's phone with the endpoint's transport: reads texts and frames, thread by thread.
class ConformancePhone {
 public:
  ConformancePhone(ControlCaller& control, const AdapterFixture& fixture, std::string address);

  void SendText(const std::string& identity, std::string_view text);
  void SendFrame(const std::string& identity, const Frame& frame);
  // The next text or whole frame in the thread with this identity.
  std::string AwaitText(const std::string& identity);
  Frame AwaitFrame(const std::string& identity);
  std::size_t messages_seen();  // of all threads, after a look at the inbox
  const std::string& address() const { return address_; }

 private:
  struct Thread {
    std::vector<std::string> texts;  // not yet awaited
    std::vector<Bytes> frames;       // not yet awaited
  };
  void Look(Millis wait);
  void Take(const Json& message);
  void SendData(const std::string& identity, std::string_view octets);

  ControlCaller& control_;
  const AdapterFixture& fixture_;
  const std::string address_;
  std::map<std::string, Thread> threads_;
  Reassembler reassembler_{Reassembler::Limits{}};
  std::int64_t last_seq_ = 0;
  std::size_t seen_ = 0;
};

struct ConformanceWorld {
  explicit ConformanceWorld(std::unique_ptr<AdapterFixture> made);
  ~ConformanceWorld();
  ConformanceWorld(const ConformanceWorld&) = delete;
  ConformanceWorld& operator=(const ConformanceWorld&) = delete;

  void StartAdapter();
  void StopAdapter();
  void Order(const std::string& faults);  // JSON of SimFaults

  ConformancePhone NewPhone();
  EnrolmentId Joins(ConformancePhone& phone);
  // The offer as the phone reads it on the service thread.
  ThreadOfferFrame Offers(ConformancePhone& phone, EnrolmentId enrolment, LinkId link);
  // Joins, takes an offer and accepts it. The ghost is in the answer.
  struct Bound {
    EnrolmentId enrolment;
    LinkId link;
    std::string ghost;
  };
  Bound Binds(ConformancePhone& phone);
  Bound BindsAgain(ConformancePhone& phone, EnrolmentId enrolment);

  Delivery Of(ThreadRef to, std::variant<Frame, ServiceReply> body);
  Attempt Delivers(Delivery delivery);
  void DeliversUntilSent(const Delivery& delivery);
  // An envelope of so many octets; no two are equal.
  EnvelopeFrame Envelope(std::size_t payload_bytes);

  SystemClock clock;
  SystemRandom random;
  Metrics metrics;
  std::string folder;
  ConformanceHost host;
  std::unique_ptr<AdapterFixture> fixture;
  ControlCaller control;
  std::string service;
  std::vector<std::string> ghosts;
  std::unique_ptr<Adapter> adapter;
  int phones = 0;
};

}  // namespace trestle::test
