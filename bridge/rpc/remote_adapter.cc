#include "bridge/rpc/remote_adapter.h"

#include <algorithm>

#include "bridge/rpc/convert.h"

namespace trestle {
namespace {

constexpr Error kReplaced{Reason::kConflict, "another process has connected for this network"};
constexpr Error kDeaf{Reason::kUnavailable, "the bridge makes its connections anew", Millis{1000}};
constexpr Error kStopping{Reason::kCancelled, "the bridge is stopping"};

Certainty CertaintyOf(v1::Certainty certainty) {
  return static_cast<Certainty>(static_cast<int>(certainty) - 1);
}

Health HealthOf(v1::Health health) { return static_cast<Health>(static_cast<int>(health) - 1); }

ThreadRef ThreadOf(const v1::Thread& thread) {
  if (thread.has_link_id()) return IdOf<LinkId>(thread.link_id());
  return IdOf<EnrolmentId>(thread.enrolment_id());
}

v1::ConnectResponse DeliverOf(const Delivery& delivery) {
  v1::ConnectResponse out;
  v1::Deliver& deliver = *out.mutable_deliver();
  deliver.set_delivery_id(OctetsOf(delivery.id));
  if (const auto* link = std::get_if<LinkId>(&delivery.to)) {
    deliver.mutable_to()->set_link_id(OctetsOf(*link));
  } else {
    deliver.mutable_to()->set_enrolment_id(OctetsOf(std::get<EnrolmentId>(delivery.to)));
  }
  if (const auto* reply = std::get_if<ServiceReply>(&delivery.body)) {
    deliver.set_service_text(reply->text);
  } else {
    deliver.set_frame(std::string(AsText(EncodeFrame(std::get<Frame>(delivery.body)))));
  }
  if (delivery.offers_link) deliver.set_offers_link(OctetsOf(*delivery.offers_link));
  *deliver.mutable_expires_at() = TimestampOf(delivery.expires_at);
  return out;
}

Result<Inbound> InboundOf(const v1::Offer& offer, const ServiceWords& words) {
  Inbound inbound;
  std::copy(offer.key().begin(), offer.key().end(), inbound.key.begin());
  inbound.from = ThreadOf(offer.from());
  if (offer.has_frame()) {
    inbound.body = TRESTLE_TRY(DecodeFrame(AsBytes(offer.frame())));
    return inbound;
  }
  std::optional<ServiceCommand> command = words.Parse(offer.service_word());
  if (!command) return Fail(Reason::kInvalidArgument, "service_word: is none; never offer text");
  inbound.body = *std::move(command);
  return inbound;
}

}  // namespace

RemoteAdapter* RemoteAdapters::Find(const Network& network) const {
  const auto found = std::find_if(adapters_.begin(), adapters_.end(), [&](RemoteAdapter* each) {
    return each->capabilities().network == network;
  });
  return found == adapters_.end() ? nullptr : *found;
}

void RemoteAdapter::Start(AdapterHost& host, Done<void> started) {
  {
    const std::lock_guard lock(mutex_);
    host_ = &host;
  }
  host.ReportHealth(capabilities_.network, Health::kDown);
  TRESTLE_CHECK(loop_.Post([started = std::move(started)]() mutable { std::move(started)({}); }));
}

void RemoteAdapter::Stop(Done<void> stopped) {
  std::shared_ptr<RemoteSession> session;
  {
    const std::lock_guard lock(mutex_);
    host_ = nullptr;
    session = session_;
  }
  if (session != nullptr) {
    session->CutOff(kStopping);
    Disconnect(*session);
  }
  TRESTLE_CHECK(loop_.Post([stopped = std::move(stopped)]() mutable { std::move(stopped)({}); }));
}

Result<void> RemoteAdapter::Reconnect() {
  std::shared_ptr<RemoteSession> session;
  {
    const std::lock_guard lock(mutex_);
    session = session_;
  }
  if (session == nullptr) return Fail(Reason::kUnavailable, "no process is connected");
  session->CutOff(kDeaf);
  Disconnect(*session);
  return {};
}

Result<void> RemoteAdapter::Agree(const v1::Capabilities& said) const {
  if (said.SerializeAsString() != ProtoOf(capabilities_).SerializeAsString()) {
    return Fail(Reason::kInvalidArgument,
                "hello.capabilities: differ from the daemon's configuration of this network");
  }
  return {};
}

Result<void> RemoteAdapter::Connect(std::shared_ptr<RemoteSession> session) {
  std::shared_ptr<RemoteSession> replaced;
  {
    const std::lock_guard lock(mutex_);
    replaced = session_;
  }
  if (replaced != nullptr) {
    replaced->CutOff(kReplaced);
    Disconnect(*replaced);
  }
  const std::lock_guard lock(mutex_);
  if (host_ == nullptr) return Fail(Reason::kCancelled, "the bridge is stopping");
  session_ = std::move(session);
  return {};
}

void RemoteAdapter::Disconnect(const RemoteSession& session) {
  std::map<DeliveryId, Pending> pending;
  {
    const std::lock_guard lock(mutex_);
    if (session_.get() != &session) return;
    session_.reset();
    pending.swap(pending_);
  }
  for (auto& [id, each] : pending) {
    std::move(each.done)(Attempt{.certainty = Certainty::kMaybeSent});
  }
  if (AdapterHost* to = host()) to->ReportHealth(capabilities_.network, Health::kDown);
}

void RemoteAdapter::Deliver(Delivery delivery, Done<Attempt> done) {
  const MonoTime deadline = clock_.mono_now() + kAnswerAgeMax;
  std::shared_ptr<RemoteSession> session;
  {
    const std::lock_guard lock(mutex_);
    session = session_;
    if (session != nullptr) {
      pending_.insert_or_assign(delivery.id, Pending{std::move(done), deadline});
      SetDeadline(deadline);
    }
  }
  if (session == nullptr) return AnswerLater(std::move(done), {.rule = Rule::kAdapterDown});
  session->Hand(DeliverOf(delivery));
}

// All have the same patience, so the first that is handed over is the first to be overdue. Without
// a free timer the session's end still answers.
void RemoteAdapter::SetDeadline(MonoTime at) {
  if (deadline_set_) return;
  deadline_set_ = loop_.PostAt(at, [this] { EndOverdue(); }).has_value();
}

void RemoteAdapter::EndOverdue() {
  std::vector<Done<Attempt>> overdue;
  {
    const std::lock_guard lock(mutex_);
    deadline_set_ = false;
    const MonoTime now = clock_.mono_now();
    std::optional<MonoTime> next;
    for (auto each = pending_.begin(); each != pending_.end();) {
      const MonoTime deadline = each->second.deadline;
      if (deadline <= now) {
        overdue.push_back(std::move(each->second.done));
        each = pending_.erase(each);
        continue;
      }
      next = next ? std::min(*next, deadline) : deadline;
      ++each;
    }
    if (next) SetDeadline(*next);
  }
  for (Done<Attempt>& done : overdue) {
    std::move(done)(Attempt{.certainty = Certainty::kMaybeSent});
  }
}

void RemoteAdapter::Attempted(const v1::AttemptResult& result) {
  Attempt attempt{.certainty = CertaintyOf(result.certainty()),
                  .retry = result.permanent() ? Retry::kNever : Retry::kLater,
                  .rule = RuleOf(result.rule())};
  if (result.retry_after_ms() != 0) attempt.retry_after = Millis{result.retry_after_ms()};
  Settle(IdOf<DeliveryId>(result.delivery_id()), attempt);
}

void RemoteAdapter::Settle(const DeliveryId& delivery, Attempt attempt) {
  Done<Attempt> done;
  {
    const std::lock_guard lock(mutex_);
    auto entry = pending_.extract(delivery);
    if (entry.empty()) return;
    done = std::move(entry.mapped().done);
  }
  std::move(done)(attempt);
}

void RemoteAdapter::Offer(const v1::Offer& offer, Done<void> offered) {
  Result<Inbound> inbound = InboundOf(offer, service_words_);
  if (!inbound) return std::move(offered)(tl::unexpected(inbound.error()));
  AdapterHost* to = host();
  if (to == nullptr) {
    return std::move(offered)(Fail(Reason::kCancelled, "the bridge is stopping", Millis{1000}));
  }
  // Shared, because a call that fails leaves its callback unused.
  auto answer = std::make_shared<Done<void>>(std::move(offered));
  const Result<void> taken = to->Offer(*std::move(inbound), [answer](Result<void> durable) {
    std::move (*answer)(std::move(durable));
  });
  if (!taken) std::move (*answer)(taken);
}

void RemoteAdapter::Report(const v1::Report& report) {
  if (AdapterHost* to = host()) {
    to->Report({.id = IdOf<DeliveryId>(report.delivery_id()),
                .level = static_cast<ReceiptLevel>(report.level()),
                .rule = RuleOf(report.rule())});
  }
}

void RemoteAdapter::ReportHealth(v1::Health health) {
  if (AdapterHost* to = host()) to->ReportHealth(capabilities_.network, HealthOf(health));
}

AdapterHost* RemoteAdapter::host() const {
  const std::lock_guard lock(mutex_);
  return host_;
}

void RemoteAdapter::AnswerLater(Done<Attempt> done, Attempt attempt) {
  // At most as many at once as the core has under way: the loop has room for them.
  TRESTLE_CHECK(
      loop_.Post([done = std::move(done), attempt]() mutable { std::move(done)(attempt); }));
}

}  // namespace trestle
