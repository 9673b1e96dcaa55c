#include "adapters/sms/session.h"

#include <algorithm>

#include "adapters/sms/tls.h"
#include "bridge/base/event_log.h"

namespace trestle::sms {
namespace {

constexpr int kDoublingsMax = 16;

std::string_view EndName(Link::End why) {
  switch (why) {
    case Link::End::kUnreachable:
      return "unreachable";
    case Link::End::kUntrusted:
      return "tls_failed";
    case Link::End::kBindRefused:
      return "bind_refused";
    case Link::End::kLost:
      return "link_lost";
    case Link::End::kSilent:
      return "link_silent";
    case Link::End::kUnbound:
      return "unbound";
  }
  return "link_lost";
}

}  // namespace

Result<std::shared_ptr<Tls>> ClientTlsOf(SmsOptions& options) {
  if (!options.tls) return nullptr;
  return Tls::Create(Tls::Side::kClient, {options.tls_ca_file, options.tls_certificate_file,
                                          std::move(options.tls_key)});
}

SmsSession::SmsSession(WireLoop& loop, const SmsOptions& options, std::shared_ptr<Tls> tls,
                       const Clock& clock, Random& random, Metrics& metrics, Events events)
    : loop_(loop),
      options_(options),
      tls_(std::move(tls)),
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
                 [this](const std::string& id, MessageState state) { receipts_.Take(id, state); },
                 [this](const NativeAddress& from, const std::optional<NativeAddress>& also_from,
                        const std::string& identity, ByteView content) {
                   events_.on_status(from, also_from, identity, content);
                 },
                 [this](Done<void> kept) { events_.when_kept(std::move(kept)); },
                 [this](std::string_view text) { return events_.is_stop(text); }}),
      queue_(options, {loop, clock, random, metrics}, receipts_,
             [this](std::size_t favourite) { return PickLink(favourite); }) {
  const auto add = [this](const std::string& host, std::uint16_t port) {
    for (std::size_t i = 0; i < options_.binds; ++i) {
      if (!options_.binds_apart) {
        binds_.push_back({BindRole::kTransceiver, host, port});
      } else {
        binds_.push_back({BindRole::kTransmitter, host, port});
        binds_.push_back({BindRole::kReceiver, host, port});
      }
    }
  };
  add(options_.host, options_.port);
  for (const SmsOptions::Centre& centre : options_.more_centres) add(centre.host, centre.port);
}

SmsSession::~SmsSession() {
  for (const Bind& bind : binds_) {
    if (bind.link != nullptr) bind.link->Abandon();
  }
}

void SmsSession::Start() {
  for (std::size_t at = 0; at < binds_.size(); ++at) Connect(at);
}

void SmsSession::SendUnit(NativeUnit unit, Done<NativeOutcome> done) {
  queue_.Add(std::move(unit), std::move(done));
  if (!CanSend()) queue_.RefuseQueued();
}

LinkOptions SmsSession::OptionsFor(std::size_t at) const {
  const Bind& bind = binds_[at];
  LinkOptions link;
  link.host = bind.host;
  link.port = bind.port;
  link.system_id = options_.system_id;
  link.system_type = options_.system_type;
  link.role = bind.role;
  link.number = at;
  link.tls = tls_;
  link.tls_verify_name = options_.tls_verify_name.empty() ? bind.host : options_.tls_verify_name;
  link.window = options_.window;
  link.connect_timeout = options_.connect_timeout;
  link.response_timeout = options_.response_timeout;
  link.enquire_after = options_.enquire_after;
  return link;
}

void SmsSession::Connect(std::size_t at) {
  if (stopping_) return;
  const auto made =
      std::make_shared<Link>(loop_, OptionsFor(at), options_.password, clock_, metrics_);
  binds_[at].link = made;
  // A link ends before its session does, or with the loop: Stop waits for all.
  made->Start({[this, at] { Bound(at); },
               [this, at](Pdu request) { TakeRequest(binds_[at].link, request); },
               [this, at](Link::End why, CommandStatus refused) { Ended(at, why, refused); }});
}

void SmsSession::Bound(std::size_t at) {
  binds_[at].failures = 0;
  binds_[at].was_tried = true;
  Count("bound");
  binds_[at].link->CountHere("bound");
  metrics_.Set("trestle_smpp_bind_up", std::to_string(at), 1);
  LogEvent(Severity::kInfo, "smpp_bound", {EventField("bind", at)});
  JudgeHealth();
  queue_.Pump();
}

void SmsSession::Ended(std::size_t at, Link::End why, CommandStatus refused) {
  const auto ended = std::exchange(binds_[at].link, nullptr);
  binds_[at].was_tried = true;
  Count(EndName(why));
  if (ended != nullptr) ended->CountHere(EndName(why));
  metrics_.Set("trestle_smpp_bind_up", std::to_string(at), 0);
  // Both need a person: trying again changes neither a password nor a certificate.
  const bool is_alarm = why == Link::End::kBindRefused || why == Link::End::kUntrusted;
  LogEvent(is_alarm ? Severity::kError : Severity::kWarning, "smpp_link_ended",
           {EventField("bind", at), EventField::Enum("why", EndName(why)),
            EventField("status", refused)});
  incoming_.LinkBroke();
  if (!CanSend()) queue_.RefuseQueued();
  if (stopping_) return FinishStop();
  JudgeHealth();
  PlanReconnect(at);
  queue_.Pump();  // what waited for this bind's window may go by another
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

// Beginning with the favourite and going round: the same one while it can take more.
std::shared_ptr<Link> SmsSession::PickLink(std::size_t favourite) const {
  for (std::size_t tried = 0; tried < binds_.size(); ++tried) {
    const Bind& bind = binds_[(favourite + tried) % binds_.size()];
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
  link->CountHere("deliver");
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
  // While others are still on their first try, one that failed says nothing yet.
  const bool all_tried = std::ranges::all_of(binds_, &Bind::was_tried);
  if (health_ == Health::kStarting && now == Health::kDown && !all_tried) return;
  health_ = now;
  events_.on_health(now);
}

void SmsSession::Rebind() {
  Count("sms.rebound");
  for (const Bind& bind : binds_) {
    const auto link = bind.link;  // Drop ends it at once
    if (link != nullptr) link->Drop(Link::End::kLost);
  }
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
