#include "adapters/sms/adapter.h"

#include <utility>

#include "adapters/sms/factory.h"
#include "adapters/sms/segments.h"
#include "adapters/sms/sent_journal.h"

namespace trestle::sms {
namespace {

Capabilities CapabilitiesOf(const SmsOptions& options) {
  Capabilities out;
  out.network = Network::Sms();
  out.unit_kind = UnitKind::kBinary;
  out.chunk_bytes = kSegmentChunkBytesMax;
  out.units_max = options.units_max;
  out.reports_delivered = true;
  out.needs_sms_consent = true;
  out.unit_price_micros = options.unit_price_micros;
  out.frame_price_micros_max = options.frame_price_micros_max;
  out.currency = options.currency;
  return out;
}

SegmentExchange::Options ExchangeOptionsOf(const SmsOptions& options) {
  SegmentExchange::Options out;
  out.sent.answer_after = options.confirm_after;
  out.sent.rounds_max = options.resend_rounds_max;
  out.arrivals.missing_after = options.missing_after;
  out.arrivals.age_max = options.confirm_within;
  out.confirm_within = options.confirm_within;
  return out;
}

void Answer(Executor& loop, Done<void> done) {
  auto shared = std::make_shared<Done<void>>(std::move(done));
  const auto posted = loop.Post([shared] { std::move (*shared)({}); });
  if (!posted) std::move (*shared)({});
}

}  // namespace

SmsAdapter::SmsAdapter(SmsOptions options, std::shared_ptr<Tls> tls, const AdapterContext& context,
                       std::shared_ptr<WireLoop> loop)
    : options_(std::move(options)),
      capabilities_(CapabilitiesOf(options_)),
      loop_(std::move(loop)),
      groups_(*loop_) {
  session_ = std::make_unique<SmsSession>(
      *loop_, options_, std::move(tls), context.clock, context.random, context.metrics,
      SmsSession::Events{
          [this](NativeMessage message, Done<void> kept) {
            TakeMessage(std::move(message), std::move(kept));
          },
          [this](const std::string& id, MessageState state) { TakeReceipt(id, state); },
          [this](const NativeAddress& from, const std::optional<NativeAddress>& also_from,
                 const std::string& identity,
                 ByteView content) { TakeStatuses(from, also_from, identity, content); },
          [this](Done<void> kept) { groups_.WhenDurable(std::move(kept)); },
          [this](Health health) { TakeHealth(health); },
          [words = context.service_words](std::string_view text) {
            const auto word = words.Parse(text);
            return word && word->verb == ServiceVerb::kStop;
          }});
}

Result<std::unique_ptr<SmsAdapter>> SmsAdapter::Create(SmsOptions options, AdapterContext context,
                                                       std::shared_ptr<WireLoop> loop) {
  auto tls = TRESTLE_TRY(ClientTlsOf(options));
  std::unique_ptr<SmsAdapter> adapter(
      new SmsAdapter(std::move(options), std::move(tls), context, std::move(loop)));
  Carrier::Options carrier;
  carrier.capabilities = adapter->capabilities_;
  carrier.service_identity = adapter->options_.service_number;
  carrier.ghosts = GhostPoolOf(adapter->options_);
  carrier.data_folder = context.data_folder;
  carrier.service_words = context.service_words;
  carrier.keys = context.keys;
  carrier.loopback = context.loopback;
  carrier.confirm_within = adapter->options_.confirm_within;
  const Carrier::Seams seams{*adapter->loop_, context.clock, context.random, context.metrics,
                             adapter->groups_};
  SmsAdapter* const self = adapter.get();
  adapter->exchange_ =
      std::make_unique<SegmentExchange>(ExchangeOptionsOf(adapter->options_), seams,
                                        *adapter->session_, [self](const DeliveryReport& report) {
                                          if (self->host_ != nullptr) self->host_->Report(report);
                                        });
  carrier.watcher = adapter->exchange_.get();
  adapter->carrier_ = TRESTLE_TRY(Carrier::Create(std::move(carrier), seams, *adapter->session_));
  TRESTLE_TRY(adapter->exchange_->TakeUp(TRESTLE_TRY(OpenSentFrameJournal(
      context.data_folder, adapter->carrier_->keys(), context.random, adapter->groups_))));
  return adapter;
}

SmsAdapter::~SmsAdapter() { loop_->Stop(); }

void SmsAdapter::Start(AdapterHost& host, Done<void> started) {
  auto shared = std::make_shared<Done<void>>(std::move(started));
  const auto posted = loop_->Post([this, &host, shared] {
    host_ = &host;
    started_ = std::move(*shared);
    carrier_->Attach(host);
    exchange_->Start();
    session_->Start();
  });
  if (!posted) std::move (*shared)(tl::unexpected<Error>(posted.error()));
}

// The first word on the network, good or bad, is what Start waits for: deliveries before it would
// all be refused.
void SmsAdapter::TakeHealth(Health health) {
  if (host_ != nullptr) host_->ReportHealth(capabilities_.network, health);
  if (started_) Answer(*loop_, std::exchange(started_, nullptr));
}

void SmsAdapter::TakeStatuses(const NativeAddress& from,
                              const std::optional<NativeAddress>& also_from,
                              const std::string& identity, ByteView content) {
  const auto person = carrier_->PersonOf(from, also_from);
  // A word that is lost to a failing store is asked for again.
  if (person) exchange_->TakeStatuses(*person, identity, content);
}

void SmsAdapter::TakeMessage(NativeMessage message, Done<void> kept) {
  auto person = carrier_->PersonOf(message.from, message.also_from);
  if (person) message.from = std::move(*person);
  if (exchange_->IsRepetition(message)) return groups_.WhenDurable(std::move(kept));
  carrier_->Receive(std::move(message), std::move(kept));
}

void SmsAdapter::TakeReceipt(const std::string& native_id, MessageState state) {
  if (state == MessageState::kDelivered) return carrier_->ReportDelivered(native_id);
  if (!IsFinal(state)) return;
  const bool is_expired = state == MessageState::kExpired;
  carrier_->ReportFailed(native_id, is_expired ? Rule::kExpired : Rule::kNetworkRefused);
}

void SmsAdapter::Deliver(Delivery delivery, Done<Attempt> done) {
  carrier_->Deliver(std::move(delivery), std::move(done));
}

void SmsAdapter::Withdraw(const DeliveryId& delivery) { carrier_->Withdraw(delivery); }

Result<void> SmsAdapter::Reconnect() {
  return loop_->Post([this] { session_->Rebind(); });
}

void SmsAdapter::Stop(Done<void> stopped) {
  auto shared = std::make_shared<Done<void>>(std::move(stopped));
  const auto posted = loop_->Post([this, shared] {
    exchange_->Stop();
    carrier_->Stop([this, shared](Result<void>) {
      session_->Stop([this, shared](Result<void>) {
        host_ = nullptr;
        if (started_) Answer(*loop_, std::exchange(started_, nullptr));
        Answer(*loop_, std::move(*shared));
      });
    });
  });
  if (!posted) std::move (*shared)({});
}

}  // namespace trestle::sms
