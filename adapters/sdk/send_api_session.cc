#include "adapters/sdk/send_api_session.h"

#include <set>
#include <utility>

namespace trestle {
namespace {

std::string ThreadOf(const std::string& identity, const std::string& person) {
  return identity + " " + person;
}

}  // namespace

Result<std::unique_ptr<SendApiSession>> SendApiSession::Create(const SendApiProfile& profile,
                                                               GraphLink::Options options,
                                                               GraphLink::Seams seams) {
  auto session = std::unique_ptr<SendApiSession>(new SendApiSession(profile, seams));
  SendApiSession* const self = session.get();  // owns the link, so it outlives its calls
  GraphLink::Handlers handlers;
  handlers.take_webhook = [self](std::string body, Done<void> acknowledge) {
    self->TakeWebhook(body, std::move(acknowledge));
  };
  handlers.health_changed = [self](Health health) {
    if (self->health_changed_) self->health_changed_(health);
  };
  options.network = profile.network;
  options.errors = profile.errors;
  options.subscription.object = profile.object;
  options.subscription.fields = profile.fields;
  session->link_ = TRESTLE_TRY(GraphLink::Create(std::move(options), seams, std::move(handlers)));
  return session;
}

void SendApiSession::Attach(Carrier& carrier, std::function<void(Health)> health_changed) {
  carrier_ = &carrier;
  health_changed_ = std::move(health_changed);
}

void SendApiSession::SendUnit(NativeUnit unit, Done<NativeOutcome> done) {
  const auto* text = std::get_if<std::string>(&unit.body);
  if (text == nullptr || !FitsTextLimit(profile_.text_limit, *text)) {
    return std::move(done)(
        NativeOutcome{{Certainty::kNotSent, Retry::kNever, Rule::kTooLarge}, ""});
  }
  const std::string person(unit.to.Reveal(Purpose::kWriteToNetwork));
  GraphLink::Send send{unit.identity, person, WriteSendApiText(profile_, person, *text),
                       unit.expires_at, unit.withdrawn};
  const WallTime begun = seams_.clock.wall_now();
  link_->Post(std::move(send), [this, thread = ThreadOf(unit.identity, person), begun,
                                done = std::move(done)](Result<GraphLink::Sent> sent) mutable {
    NativeOutcome outcome = OutcomeOf(*std::move(sent));
    // Receipts by watermark are a convenience: a loop that takes no task costs only them.
    if (!outcome.native_id.empty() && profile_.reports_delivered) {
      (void)seams_.loop.Post([this, thread = std::move(thread), mid = outcome.native_id, begun] {
        NoteSent(thread, mid, begun);
      });
    }
    std::move(done)(std::move(outcome));
  });
}

void SendApiSession::NoteSent(const std::string& thread, const std::string& mid, WallTime begun) {
  const Watermarks::Known known = watermarks_.NoteSent(thread, mid, begun);
  if (known.is_delivered) carrier_->ReportDelivered(mid);
  if (known.is_read) carrier_->ReportRead(mid);
}

// Any thread. A success whose id cannot be read is still a success; only its receipts are lost.
NativeOutcome SendApiSession::OutcomeOf(GraphLink::Sent sent) {
  if (!sent.is_success) return {sent.attempt, ""};
  auto mid = ReadSendApiAnswer(sent.body);
  if (mid) return {sent.attempt, *std::move(mid)};
  // 200 with something else than an answer: a captive portal says that too.
  sent.attempt = {Certainty::kMaybeSent, Retry::kLater, Rule::kAdapterDown};
  return {sent.attempt, ""};
}

void SendApiSession::TakeWebhook(const std::string& body, Done<void> acknowledge) {
  auto events = ParseSendApiWebhook(profile_, body);
  if (!events) {
    // Signed, and still not readable: telling the network to come again would not change that.
    seams_.metrics.Add("trestle_adapter_events_total",
                       std::string(profile_.network) + ".webhook_malformed");
    return std::move(acknowledge)({});
  }
  AcknowledgeAll all(std::move(acknowledge));
  for (SendApiEvent& event : *events) {
    std::visit([&](auto& one) { TakeEvent(std::move(one), all); }, event);
  }
}

void SendApiSession::TakeEvent(SendApiMessage message, AcknowledgeAll& all) {
  NativeMessage native;
  native.from = NativeAddress(message.person);
  native.identity = std::move(message.identity);
  native.native_id = std::move(message.mid);
  native.body = std::move(message.text).value_or("");  // a picture is answered like plain text
  carrier_->Receive(std::move(native), all.One());
}

void SendApiSession::TakeEvent(const SendApiDelivered& delivered, AcknowledgeAll& all) {
  const std::string thread = ThreadOf(delivered.identity, delivered.person);
  std::set<std::string> mids(delivered.mids.begin(), delivered.mids.end());
  for (std::string& mid : watermarks_.TakeDelivered(thread, delivered.watermark)) {
    mids.insert(std::move(mid));
  }
  for (const std::string& mid : mids) carrier_->ReportDelivered(mid);
  carrier_->WhenKept(all.One());
}

void SendApiSession::TakeEvent(const SendApiRead& read, AcknowledgeAll& all) {
  if (!read.mid.empty()) carrier_->ReportRead(read.mid);
  if (read.watermark) {
    const std::string thread = ThreadOf(read.identity, read.person);
    for (const std::string& mid : watermarks_.TakeRead(thread, *read.watermark)) {
      carrier_->ReportRead(mid);
    }
  }
  carrier_->WhenKept(all.One());
}

}  // namespace trestle
