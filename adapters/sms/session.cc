#include "adapters/sms/session.h"

#include <algorithm>

#include "bridge/base/event_log.h"

namespace trestle::sms {
namespace {

constexpr int kDoublingsMax = 16;

std::vector<BindRole> RolesOf(const SmsOptions& options) {
  if (!options.binds_apart) return {BindRole::kTransceiver};
  return {BindRole::kTransmitter, BindRole::kReceiver};
}

std::string_view EndName(Link::End why) {
  switch (why) {
    case Link::End::kUnreachable:
      return "sms.unreachable";
    case Link::End::kBindRefused:
      return "sms.bind_refused";
    case Link::End::kLost:
      return "sms.link_lost";
    case Link::End::kSilent:
      return "sms.link_silent";
    case Link::End::kUnbound:
      return "sms.unbound";
  }
  return "sms.link_lost";
}

}  // namespace

SmsSession::SmsSession(AsioLoop& loop, const SmsOptions& options, const Clock& clock,
                       Random& random, Metrics& metrics, Events events)
    : loop_(loop),
      options_(options),
      clock_(clock),
      random_(random),
      metrics_(metrics),
      events_(std::move(events)),
      receipts_(
          [this](const std::string& id, MessageState state) { events_.on_receipt(id, state); }),
      incoming_(options, clock, metrics,
                {[this](NativeMessage message, Done<void> kept) {
                   events_.on_message(std::move(message), OnLoop(std::move(kept)));
                 },
                 [this](const std::string& id, MessageState state) { receipts_.Take(id, state); }}),
      queue_(options, {loop, clock, random, metrics}, receipts_, [this] { return PickLink(); }) {
  for (const BindRole role : RolesOf(options)) binds_.push_back({role, nullptr, 0});
}

void SmsSession::Start() {
  for (std::size_t at = 0; at < binds_.size(); ++at) Connect(at);
}

void SmsSession::SendUnit(NativeUnit unit, Done<NativeOutcome> done) {
  queue_.Add(std::move(unit), std::move(done));
  if (!CanSend()) queue_.RefuseQueued();
}

void SmsSession::Connect(std::size_t at) {
  if (stopping_) return;
  LinkOptions link;
  link.host = options_.host;
  link.port = options_.port;
  link.system_id = options_.system_id;
  link.system_type = options_.system_type;
  link.role = binds_[at].role;
  link.window = options_.window;
  link.connect_timeout = options_.connect_timeout;
  link.response_timeout = options_.response_timeout;
  link.enquire_after = options_.enquire_after;
  const auto made = std::make_shared<Link>(loop_.io(), link, options_.password, clock_, metrics_);
  binds_[at].link = made;
  // A link ends before its session does, or with the loop: Stop waits for all.
  made->Start({[this, at] {
                 binds_[at].failures = 0;
                 Count("sms.bound");
                 LogEvent(Severity::kInfo, "smpp_bound");
                 JudgeHealth();
                 queue_.Pump();
               },
               [this, at](Pdu request) { TakeRequest(binds_[at].link, request); },
               [this, at](Link::End why, CommandStatus refused) { Ended(at, why, refused); }});
}

void SmsSession::Ended(std::size_t at, Link::End why, CommandStatus refused) {
  binds_[at].link = nullptr;
  Count(EndName(why));
  const bool is_alarm = why == Link::End::kBindRefused;
  LogEvent(is_alarm ? Severity::kError : Severity::kWarning, "smpp_link_ended",
           {EventField::Enum("why", EndName(why)), EventField("status", refused)});
  incoming_.LinkBroke();
  if (!CanSend()) queue_.RefuseQueued();
  if (stopping_) return FinishStop();
  JudgeHealth();
  PlanReconnect(at);
}

void SmsSession::PlanReconnect(std::size_t at) {
  const int doublings = std::min(binds_[at].failures++, kDoublingsMax);
  const Millis most = std::min(options_.reconnect_after_min * (std::int64_t{1} << doublings),
                               options_.reconnect_after_max);
  // Between half of it and all of it, so that many bridges do not come back in step.
  const auto half = static_cast<std::uint64_t>(std::max<std::int64_t>(most.count() / 2, 1));
  const Millis wait{static_cast<std::int64_t>(half + DrawBelow(random_, half + 1))};
  const auto planned =
      loop_.PostAt(clock_.mono_now() + wait, [this, at, alive = std::weak_ptr(alive_)] {
        if (alive.lock()) Connect(at);
      });
  if (!planned) metrics_.Add("trestle_impossible_total", "sms_reconnect_not_planned");
}

std::shared_ptr<Link> SmsSession::PickLink() const {
  for (const Bind& bind : binds_) {
    if (bind.link != nullptr && bind.link->can_send() && bind.link->has_room()) return bind.link;
  }
  return nullptr;
}

bool SmsSession::CanSend() const {
  return std::ranges::any_of(binds_, [](const Bind& bind) {
    return bind.link != nullptr && bind.link->is_bound() && bind.link->can_send();
  });
}

void SmsSession::TakeRequest(const std::shared_ptr<Link>& link, const Pdu& request) {
  const Pdu header{ResponseTo(request.command), status::kOk, request.sequence};
  incoming_.Take(request, [header, via = std::weak_ptr(link)](CommandStatus code) {
    const auto same = via.lock();
    if (same == nullptr) return;  // the centre will bring it again on another link
    Pdu response = header;
    response.status = code;
    if (code == status::kOk) response.body = MessageIdBody{};
    same->Respond(response);
  });
}

// The core may answer on a thread of its own when the loop's queue was full.
Done<void> SmsSession::OnLoop(Done<void> done) {
  return
      [this, alive = std::weak_ptr(alive_), done = std::move(done)](Result<void> result) mutable {
        if (!alive.lock()) return;
        if (loop_.is_current()) return std::move(done)(result);
        auto shared = std::make_shared<Done<void>>(std::move(done));
        // When even this is not taken, the centre gets no answer and comes again.
        (void)loop_.Post([shared, result] { std::move (*shared)(result); });
      };
}

void SmsSession::JudgeHealth() {
  const bool can_send = CanSend();
  const bool can_hear = std::ranges::any_of(binds_, [](const Bind& bind) {
    return bind.link != nullptr && bind.link->is_bound() && bind.link->can_receive();
  });
  const Health now = can_send && can_hear ? Health::kHealthy
                     : can_send           ? Health::kDeaf
                     : can_hear           ? Health::kDegraded
                                          : Health::kDown;
  if (now == health_) return;
  health_ = now;
  events_.on_health(now);
}

void SmsSession::Stop(Done<void> stopped) {
  stopping_ = true;
  stopped_ = std::move(stopped);
  queue_.Stop();
  for (const Bind& bind : binds_) {
    const auto link = bind.link;  // Unbind may end it at once
    if (link != nullptr) link->Unbind();
  }
  FinishStop();
}

void SmsSession::FinishStop() {
  const bool all_gone =
      std::ranges::all_of(binds_, [](const Bind& bind) { return bind.link == nullptr; });
  if (!all_gone || !stopped_) return;
  auto stopped = std::exchange(stopped_, nullptr);
  auto shared = std::make_shared<Done<void>>(std::move(stopped));
  const auto posted = loop_.Post([shared] { std::move (*shared)({}); });
  if (!posted) std::move (*shared)({});
}

}  // namespace trestle::sms
