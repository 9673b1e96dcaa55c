#include "adapters/sms/adapter.h"

#include <utility>

#include "adapters/sms/segments.h"

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
  return out;
}

void Answer(Executor& loop, Done<void> done) {
  auto shared = std::make_shared<Done<void>>(std::move(done));
  const auto posted = loop.Post([shared] { std::move (*shared)({}); });
  if (!posted) std::move (*shared)({});
}

Result<std::shared_ptr<Tls>> TlsOf(SmsOptions& options) {
  if (!options.tls) return nullptr;
  return Tls::Create(Tls::Side::kClient, {options.tls_ca_file, options.tls_certificate_file,
                                          std::move(options.tls_key)});
}

}  // namespace

SmsAdapter::SmsAdapter(SmsOptions options, std::shared_ptr<Tls> tls, const AdapterContext& context)
    : options_(std::move(options)),
      capabilities_(CapabilitiesOf(options_)),
      loop_("sms", context.clock) {
  session_ = std::make_unique<SmsSession>(
      loop_, options_, std::move(tls), context.clock, context.random, context.metrics,
      SmsSession::Events{
          [this](NativeMessage message, Done<void> kept) {
            carrier_->Receive(std::move(message), std::move(kept));
          },
          [this](const std::string& id, MessageState state) { TakeReceipt(id, state); },
          [this](Health health) { TakeHealth(health); },
          [words = context.service_words](std::string_view text) {
            const auto word = words.Parse(text);
            return word && word->verb == ServiceVerb::kStop;
          }});
}

Result<std::unique_ptr<SmsAdapter>> SmsAdapter::Create(SmsOptions options, AdapterContext context) {
  auto tls = TRESTLE_TRY(TlsOf(options));
  std::unique_ptr<SmsAdapter> adapter(new SmsAdapter(std::move(options), std::move(tls), context));
  Carrier::Options carrier;
  carrier.capabilities = adapter->capabilities_;
  carrier.service_identity = adapter->options_.service_number;
  carrier.ghosts = adapter->options_.ghost_numbers;
  carrier.data_folder = context.data_folder;
  carrier.service_words = context.service_words;
  carrier.keys = context.keys;
  adapter->carrier_ = TRESTLE_TRY(Carrier::Create(
      std::move(carrier), {adapter->loop_, context.clock, context.random, context.metrics},
      *adapter->session_));
  return adapter;
}

SmsAdapter::~SmsAdapter() { loop_.Stop(); }

void SmsAdapter::Start(AdapterHost& host, Done<void> started) {
  auto shared = std::make_shared<Done<void>>(std::move(started));
  const auto posted = loop_.Post([this, &host, shared] {
    host_ = &host;
    started_ = std::move(*shared);
    carrier_->Attach(host);
    session_->Start();
  });
  if (!posted) std::move (*shared)(tl::unexpected<Error>(posted.error()));
}

// The first word on the network, good or bad, is what Start waits for: deliveries before it would
// all be refused.
void SmsAdapter::TakeHealth(Health health) {
  if (host_ != nullptr) host_->ReportHealth(capabilities_.network, health);
  if (started_) Answer(loop_, std::exchange(started_, nullptr));
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

void SmsAdapter::Stop(Done<void> stopped) {
  auto shared = std::make_shared<Done<void>>(std::move(stopped));
  const auto posted = loop_.Post([this, shared] {
    carrier_->Stop([this, shared](Result<void>) {
      session_->Stop([this, shared](Result<void>) {
        host_ = nullptr;
        if (started_) Answer(loop_, std::exchange(started_, nullptr));
        Answer(loop_, std::move(*shared));
      });
    });
  });
  if (!posted) std::move (*shared)({});
}

}  // namespace trestle::sms
