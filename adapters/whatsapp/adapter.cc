#include "adapters/whatsapp/adapter.h"

#include <algorithm>
#include <set>
#include <utility>

namespace trestle {
namespace {

// 255 fragments are what a frame can have; a frame of 1 MiB does not fit into WhatsApp and is
// refused before it is sent.
Capabilities WhatsappCapabilities() {
  Capabilities can;
  can.network = Network::Whatsapp();
  can.unit_kind = UnitKind::kText;
  can.chunk_bytes = ChunkBytesOfText(kWhatsappTextCharactersMax);
  can.units_max = 40;  // what the pair rate's burst of 45 carries at once
  can.reports_delivered = true;
  can.reports_read = true;
  return can;
}

Result<void> CheckOptions(const WhatsappOptions& options) {
  if (!IsGraphId(options.service_identity)) {
    return Fail(Reason::kInvalidArgument, "whatsapp: service_identity is no phone_number_id");
  }
  std::set<std::string> seen = {options.service_identity};
  for (const std::string& ghost : options.ghosts) {
    if (!IsGraphId(ghost)) {
      return Fail(Reason::kInvalidArgument, "whatsapp: a ghost is no phone_number_id");
    }
    if (!seen.insert(ghost).second) {
      return Fail(Reason::kInvalidArgument, "whatsapp: an identity is there twice");
    }
  }
  if (!IsGraphId(options.app_id)) {
    return Fail(Reason::kInvalidArgument, "whatsapp: app_id is no decimal id");
  }
  if (options.messages_per_second == 0) {
    return Fail(Reason::kInvalidArgument, "whatsapp: messages_per_second is zero");
  }
  return {};
}

GraphLink::Options LinkOptions(WhatsappOptions options) {
  const auto per_second = static_cast<std::int64_t>(options.messages_per_second);
  GraphLink::Options link;
  link.base = {options.api_url, options.api_version};
  link.app_id = options.app_id;
  link.app_secret = Secret(options.app_secret);
  link.verify_token = Secret(options.verify_token);
  link.token = Secret(options.token);
  link.probe_node = options.service_identity;
  link.subscribes = options.subscribes;
  link.subscription.callback_url = options.callback_url;
  link.webhook_port = options.webhook_port;
  link.identity_rate = {.per_minute = per_second * 60, .burst = per_second};
  // Cloud API, pair rate: one message in six seconds to one person, 45 ahead of that.
  link.person_rate = {.per_minute = 10, .burst = 45};
  for (std::string* secret : {&options.app_secret, &options.verify_token, &options.token}) {
    Wipe({reinterpret_cast<std::uint8_t*>(secret->data()), secret->size()});
  }
  return link;
}

}  // namespace

WhatsappAdapter::WhatsappAdapter(AdapterContext context)
    : capabilities_(WhatsappCapabilities()),
      context_(std::move(context)),
      loop_(context_.machine->NewLoop("whatsapp", context_.clock)),
      groups_(*loop_) {}

Result<std::unique_ptr<WhatsappAdapter>> WhatsappAdapter::Create(WhatsappOptions options,
                                                                 AdapterContext context) {
  TRESTLE_TRY(CheckOptions(options));
  auto adapter = std::unique_ptr<WhatsappAdapter>(new WhatsappAdapter(std::move(context)));
  const AdapterContext& own = adapter->context_;
  Carrier::Options carrier;
  carrier.capabilities = adapter->capabilities_;
  carrier.text_bytes_max = kWhatsappTextCharactersMax;  // a fragment is ASCII
  carrier.service_identity = options.service_identity;
  carrier.ghosts.ghosts = options.ghosts;
  carrier.data_folder = own.data_folder;
  carrier.service_words = own.service_words;
  carrier.keys = own.keys;
  carrier.loopback = own.loopback;
  adapter->session_ = TRESTLE_TRY(WhatsappSession::Create(
      LinkOptions(std::move(options)), {*adapter->loop_, own.clock, own.metrics, own.machine}));
  adapter->carrier_ = TRESTLE_TRY(Carrier::Create(
      std::move(carrier), {*adapter->loop_, own.clock, own.random, own.metrics, adapter->groups_},
      *adapter->session_));
  return adapter;
}

WhatsappAdapter::~WhatsappAdapter() {
  // Nothing may reach the loop any more, then it finishes what it has, then its objects go.
  if (session_ != nullptr) session_->Stop();
  loop_->Stop();
}

void WhatsappAdapter::Start(AdapterHost& host, Done<void> started) {
  auto shared = std::make_shared<Done<void>>(std::move(started));
  const auto posted = loop_->Post([this, &host, shared] {
    host_ = &host;
    carrier_->Attach(host);
    session_->Attach(*carrier_, [this](Health health) {
      if (host_ != nullptr) host_->ReportHealth(capabilities_.network, health);
    });
    std::move (*shared)(session_->Start());
  });
  if (!posted) std::move (*shared)(posted);
}

void WhatsappAdapter::Deliver(Delivery delivery, Done<Attempt> done) {
  carrier_->Deliver(std::move(delivery), std::move(done));
}

void WhatsappAdapter::Withdraw(const DeliveryId& delivery) { carrier_->Withdraw(delivery); }

Result<void> WhatsappAdapter::Reconnect() {
  return loop_->Post([this] { session_->Renew(); });
}

void WhatsappAdapter::Stop(Done<void> stopped) {
  auto shared = std::make_shared<Done<void>>(std::move(stopped));
  const auto posted = loop_->Post([this, shared] {
    host_ = nullptr;
    carrier_->Stop(std::move(*shared));
  });
  if (!posted) std::move (*shared)({});
}

}  // namespace trestle
