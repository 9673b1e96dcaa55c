#include "adapters/sdk/send_api_adapter.h"

#include <utility>

namespace trestle {
namespace {

Result<void> CheckIdentities(const SendApiAdapter::Parts& parts) {
  if (!IsGraphId(parts.service_identity)) {
    return Fail(Reason::kInvalidArgument, "the service identity is not a decimal id");
  }
  for (const std::string& ghost : parts.ghosts) {
    if (!IsGraphId(ghost)) return Fail(Reason::kInvalidArgument, "a ghost is not a decimal id");
  }
  return {};
}

}  // namespace

SendApiAdapter::SendApiAdapter(Capabilities capabilities, AdapterContext context)
    : capabilities_(std::move(capabilities)),
      context_(std::move(context)),
      loop_(context_.machine->NewLoop(capabilities_.network.name(), context_.clock)),
      groups_(*loop_) {}

Result<std::unique_ptr<SendApiAdapter>> SendApiAdapter::Create(const SendApiProfile& profile,
                                                               Parts parts,
                                                               AdapterContext context) {
  TRESTLE_TRY(CheckIdentities(parts));
  auto adapter =
      std::unique_ptr<SendApiAdapter>(new SendApiAdapter(parts.capabilities, std::move(context)));
  const AdapterContext& own = adapter->context_;
  parts.link.probe_node = parts.service_identity;
  adapter->session_ = TRESTLE_TRY(SendApiSession::Create(
      profile, std::move(parts.link), {*adapter->loop_, own.clock, own.metrics, own.machine}));
  Carrier::Options options;
  options.capabilities = std::move(parts.capabilities);
  options.text_bytes_max = profile.text_limit.max;  // a fragment is ASCII: characters are octets
  options.service_identity = std::move(parts.service_identity);
  options.ghosts.ghosts = std::move(parts.ghosts);
  options.data_folder = own.data_folder;
  options.service_words = own.service_words;
  options.keys = own.keys;
  options.loopback = own.loopback;
  adapter->carrier_ = TRESTLE_TRY(Carrier::Create(
      std::move(options), {*adapter->loop_, own.clock, own.random, own.metrics, adapter->groups_},
      *adapter->session_));
  return adapter;
}

SendApiAdapter::~SendApiAdapter() {
  // Nothing may reach the loop any more, then it finishes what it has, then its objects go.
  if (session_ != nullptr) session_->Stop();
  loop_->Stop();
}

void SendApiAdapter::Start(AdapterHost& host, Done<void> started) {
  host_ = &host;
  auto shared = std::make_shared<Done<void>>(std::move(started));
  const auto posted = loop_->Post([this, shared] {
    carrier_->Attach(*host_);
    session_->Attach(*carrier_, [this](Health health) {
      if (host_ != nullptr) host_->ReportHealth(capabilities_.network, health);
    });
    std::move (*shared)(session_->Start());
  });
  if (!posted) std::move (*shared)(posted);
}

void SendApiAdapter::Deliver(Delivery delivery, Done<Attempt> done) {
  carrier_->Deliver(std::move(delivery), std::move(done));
}

void SendApiAdapter::Withdraw(const DeliveryId& delivery) { carrier_->Withdraw(delivery); }

Result<void> SendApiAdapter::Reconnect() {
  return loop_->Post([this] { session_->Renew(); });
}

void SendApiAdapter::Stop(Done<void> stopped) {
  auto shared = std::make_shared<Done<void>>(std::move(stopped));
  const auto posted = loop_->Post([this, shared] {
    host_ = nullptr;
    carrier_->Stop(std::move(*shared));
  });
  if (!posted) std::move (*shared)({});
}

}  // namespace trestle
