#include "bench/open_threads.h"

#include <future>

namespace trestle::bench {
namespace {

constexpr Millis kPatience = std::chrono::seconds(30);  // for one event
constexpr int kLooksMax = 30;                           // into an inbox, a second each

Result<void> Late() {
  return Fail(Reason::kUnavailable, "what must happen did not, in 30 seconds");
}

// Runs `call` with a Done and waits for what it is given.
template <class T, class Call>
Result<T> Await(Call call) {
  auto promise = std::make_shared<std::promise<Result<T>>>();
  auto answered = promise->get_future();
  call([promise](Result<T> result) { promise->set_value(std::move(result)); });
  if (answered.wait_for(kPatience) != std::future_status::ready) {
    return Fail(Reason::kUnavailable, "an adapter did not answer in 30 seconds");
  }
  return answered.get();
}

}  // namespace

Result<void> TakingHost::Offer(Inbound inbound, Done<void> durable) {
  const std::lock_guard lock(mutex_);
  offers_.push_back(std::move(inbound));
  changed_.notify_all();
  return answers_.Post([done = std::move(durable)]() mutable { std::move(done)({}); });
}

void TakingHost::Report(DeliveryReport) {
  const std::lock_guard lock(mutex_);
  ++reports_;
}

void TakingHost::ReportHealth(const Network&, Health health) {
  const std::lock_guard lock(mutex_);
  health_ = health;
  changed_.notify_all();
}

Result<Inbound> TakingHost::AwaitOffer(std::size_t number) {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, kPatience, [&] { return offers_.size() > number; })) {
    TRESTLE_TRY(Late());
  }
  return offers_[number];
}

Result<void> TakingHost::AwaitHealthy() {
  std::unique_lock lock(mutex_);
  const bool is_so =
      changed_.wait_for(lock, kPatience, [&] { return health_ == Health::kHealthy; });
  return is_so ? Result<void>() : Late();
}

std::size_t TakingHost::offers_heard() const {
  const std::lock_guard lock(mutex_);
  return offers_.size();
}

std::size_t TakingHost::reports_heard() const {
  const std::lock_guard lock(mutex_);
  return reports_;
}

Result<std::unique_ptr<RunningAdapter>> RunningAdapter::Start(Simulated& network,
                                                              const AdapterContext& context) {
  std::unique_ptr<RunningAdapter> running(new RunningAdapter(network, context));
  running->adapter_ = TRESTLE_TRY(network.MakeAdapter(context));
  TRESTLE_TRY(Await<void>(
      [&](Done<void> done) { running->adapter_->Start(running->host_, std::move(done)); }));
  TRESTLE_TRY(running->host_.AwaitHealthy());
  return running;
}

RunningAdapter::~RunningAdapter() {
  if (adapter_ == nullptr) return;
  (void)Await<void>([&](Done<void> done) { adapter_->Stop(std::move(done)); });
  adapter_.reset();
}

Result<std::vector<LinkId>> RunningAdapter::OpenThreads(std::size_t count) {
  const auto http = TRESTLE_TRY(HttpClient::Create());
  std::vector<LinkId> links;
  for (std::size_t i = 0; i < count; ++i) {
    const auto phone = TRESTLE_TRY(NewPhone(network_, i, {*http, clock_, random_}));
    links.push_back(TRESTLE_TRY(OpenThread(*phone)));
  }
  return links;
}

Result<LinkId> RunningAdapter::OpenThread(sim::Line& phone) {
  std::size_t offer = host_.offers_heard();
  TRESTLE_TRY(phone.SendText(network_.service(), "JOIN"));
  const Inbound joined = TRESTLE_TRY(host_.AwaitOffer(offer));
  const LinkId link = LinkId::Mint(random_);
  const ThreadOfferFrame frame =
      TRESTLE_TRY(Offer(phone, std::get<EnrolmentId>(joined.from), link));
  offer = host_.offers_heard();
  TRESTLE_TRY(phone.SendFrame(frame.ghost, ThreadAcceptFrame{frame.bind_code}));
  const Inbound bound = TRESTLE_TRY(host_.AwaitOffer(offer));
  if (bound.from != ThreadRef(link)) return Fail(Reason::kInternal, "another thread was bound");
  return link;
}

Result<ThreadOfferFrame> RunningAdapter::Offer(sim::Line& phone, EnrolmentId enrolment,
                                               LinkId link) {
  Delivery delivery{DeliveryId::Mint(random_), enrolment,
                    Frame(ThreadOfferFrame{{}, ThreadRole::kOwner, "", "work"}), link,
                    clock_.wall_now() + std::chrono::hours(1)};
  const Attempt attempt = TRESTLE_TRY(Await<Attempt>(
      [&](Done<Attempt> done) { adapter_->Deliver(std::move(delivery), std::move(done)); }));
  if (attempt.certainty != Certainty::kSent) {
    return Fail(Reason::kUnavailable, "the offer of a thread was not sent");
  }
  for (int looks = 0; looks < kLooksMax; ++looks) {
    for (const sim::Line::Received& each : TRESTLE_TRY(phone.Receive(std::chrono::seconds(1)))) {
      const auto* frame = std::get_if<Frame>(&each.what);
      const auto* offer = frame == nullptr ? nullptr : std::get_if<ThreadOfferFrame>(frame);
      if (offer != nullptr) return *offer;
    }
  }
  return Fail(Reason::kUnavailable, "the offer of a thread did not come");
}

Result<std::unique_ptr<sim::Line>> NewPhone(const Simulated& network, std::size_t number,
                                            sim::Line::Seams seams) {
  sim::Line::Options options;
  options.control_url = "http://127.0.0.1:" + std::to_string(network.control_port());
  options.address = network.PhoneAddress(number);
  options.kind = network.line_kind();
  options.text_bytes_max = network.text_bytes_max();
  auto phone = std::make_unique<sim::Line>(std::move(options), seams);
  TRESTLE_TRY(phone->Register());
  return phone;
}

}  // namespace trestle::bench
