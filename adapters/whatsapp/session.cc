#include "adapters/whatsapp/session.h"

#include <utility>

#include "adapters/sdk/utf8.h"

namespace trestle {
namespace {

// Any thread.
NativeOutcome OutcomeOf(GraphLink::Sent sent) {
  if (!sent.is_success) return {sent.attempt, ""};
  auto id = ReadWhatsappAnswer(sent.body);
  if (id) return {sent.attempt, *std::move(id)};
  // 200 with something else than an answer: a captive portal says that too.
  return {{Certainty::kMaybeSent, Retry::kLater, Rule::kAdapterDown}, ""};
}

bool FitsText(std::string_view text) {
  const auto characters = CountCodePoints(text);
  return characters && *characters >= 1 && *characters <= kWhatsappTextCharactersMax;
}

}  // namespace

Result<std::unique_ptr<WhatsappSession>> WhatsappSession::Create(GraphLink::Options options,
                                                                 GraphLink::Seams seams) {
  auto session = std::unique_ptr<WhatsappSession>(new WhatsappSession(seams));
  WhatsappSession* const self = session.get();  // owns the link, so it outlives its calls
  GraphLink::Handlers handlers;
  handlers.take_webhook = [self](const std::string& body, Done<void> acknowledge) {
    self->TakeWebhook(body, std::move(acknowledge));
  };
  handlers.health_changed = [self](Health health) {
    if (self->health_changed_) self->health_changed_(health);
  };
  options.network = "whatsapp";
  options.errors = WhatsappErrors();
  options.subscription.object = "whatsapp_business_account";
  options.subscription.fields = "messages";
  session->link_ = TRESTLE_TRY(GraphLink::Create(std::move(options), seams, std::move(handlers)));
  return session;
}

void WhatsappSession::Attach(Carrier& carrier, std::function<void(Health)> health_changed) {
  carrier_ = &carrier;
  health_changed_ = std::move(health_changed);
}

void WhatsappSession::SendUnit(NativeUnit unit, Done<NativeOutcome> done) {
  const auto* text = std::get_if<std::string>(&unit.body);
  if (text == nullptr || !FitsText(*text)) {
    return std::move(done)(
        NativeOutcome{{Certainty::kNotSent, Retry::kNever, Rule::kTooLarge}, ""});
  }
  const std::string person(unit.to.Reveal(Purpose::kWriteToNetwork));
  GraphLink::Send send{unit.identity, person, WriteWhatsappText(person, *text), unit.expires_at,
                       unit.withdrawn};
  link_->Post(std::move(send), [done = std::move(done)](Result<GraphLink::Sent> sent) mutable {
    std::move(done)(OutcomeOf(*std::move(sent)));
  });
}

void WhatsappSession::TakeWebhook(const std::string& body, Done<void> acknowledge) {
  auto events = ParseWhatsappWebhook(body);
  if (!events) {
    // Signed, and still not readable: telling the network to come again would not change that.
    Count("webhook_malformed");
    return std::move(acknowledge)({});
  }
  AcknowledgeAll all(std::move(acknowledge));
  for (WhatsappEvent& event : *events) {
    std::visit([&](auto& one) { TakeEvent(std::move(one), all); }, event);
  }
}

void WhatsappSession::TakeEvent(WhatsappMessage message, AcknowledgeAll& all) {
  NativeMessage native;
  native.from = NativeAddress(message.person);
  if (message.also_person) native.also_from = NativeAddress(*message.also_person);
  native.identity = std::move(message.identity);
  native.native_id = std::move(message.id);
  native.body = std::move(message.text);  // a picture is answered like plain text
  carrier_->Receive(std::move(native), all.One());
}

void WhatsappSession::TakeEvent(const WhatsappStatus& status, AcknowledgeAll& all) {
  TakeStatus(status);
  carrier_->WhenKept(all.One());
}

// Statuses come in any order and "delivered" is left out when the message was read at once; the
// Carrier and the core only ever raise what they know.
void WhatsappSession::TakeStatus(const WhatsappStatus& status) {
  switch (status.state) {
    case WhatsappState::kSent:
      return;  // the answer to the send said so
    case WhatsappState::kDelivered:
      return carrier_->ReportDelivered(status.id);
    case WhatsappState::kRead:
      return carrier_->ReportRead(status.id);
    case WhatsappState::kFailed: {
      Count("failed_later");
      const GraphVerdict verdict =
          ClassifyGraphError(WhatsappErrors(), {.code = status.error_code}, std::nullopt);
      return carrier_->ReportFailed(status.id, verdict.attempt.rule);
    }
  }
}

void WhatsappSession::Count(std::string_view event) {
  seams_.metrics.Add("trestle_adapter_events_total", "whatsapp." + std::string(event));
}

}  // namespace trestle
