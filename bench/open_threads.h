// Stands where the core stands for one adapter: takes what it offers as durable at once, and opens
// threads with people as the core does. One person a thread: they join, are offered the thread, and
// accept it from the ghost.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "bench/simulated.h"
#include "bridge/adapter_api/adapter.h"
#include "bridge/base/system_seams.h"

namespace trestle::bench {

class TakingHost final : public AdapterHost {
 public:
  explicit TakingHost(const Clock& clock) : answers_("taking-host", clock) {}

  Result<void> Offer(Inbound inbound, Done<void> durable) override;
  void Report(DeliveryReport report) override;
  void ReportHealth(const Network& network, Health health) override;

  // Both wait with a limit: kTimeout. Offers are counted from 0.
  Result<Inbound> AwaitOffer(std::size_t number);
  Result<void> AwaitHealthy();
  std::size_t offers_heard() const;
  std::size_t reports_heard() const;

 private:
  mutable std::mutex mutex_;  // guards all that follows, up to the executor
  std::condition_variable changed_;
  std::vector<Inbound> offers_;
  std::size_t reports_ = 0;
  Health health_ = Health::kStarting;
  SerialExecutor answers_;
};

// Starts the adapter and waits until it is healthy; stops it when it goes. Outlives no seam.
class RunningAdapter {
 public:
  static Result<std::unique_ptr<RunningAdapter>> Start(Simulated& network,
                                                       const AdapterContext& context);
  ~RunningAdapter();

  // The links of so many new threads, each with a person of its own.
  Result<std::vector<LinkId>> OpenThreads(std::size_t count);

  Adapter& adapter() { return *adapter_; }
  const TakingHost& host() const { return host_; }

 private:
  RunningAdapter(Simulated& network, const AdapterContext& context)
      : network_(network), clock_(context.clock), random_(context.random), host_(context.clock) {}

  Result<LinkId> OpenThread(sim::Line& phone);
  Result<ThreadOfferFrame> Offer(sim::Line& phone, EnrolmentId enrolment, LinkId link);

  Simulated& network_;
  const Clock& clock_;
  Random& random_;
  TakingHost host_;
  std::unique_ptr<Adapter> adapter_;
};

// The phone of the n-th person, known to its network.
Result<std::unique_ptr<sim::Line>> NewPhone(const Simulated& network, std::size_t number,
                                            sim::Line::Seams seams);

}  // namespace trestle::bench
