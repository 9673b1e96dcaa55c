// The WhatsApp adapter: one loop, one Carrier, one session. Owned by the daemon.
#pragma once

#include <memory>

#include "adapters/sdk/adapter_context.h"
#include "adapters/sdk/carrier.h"
#include "adapters/whatsapp/factory.h"
#include "adapters/whatsapp/session.h"
#include "bridge/adapter_api/adapter.h"

namespace trestle {

class WhatsappAdapter final : public Adapter {
 public:
  static Result<std::unique_ptr<WhatsappAdapter>> Create(WhatsappOptions options,
                                                         AdapterContext context);
  ~WhatsappAdapter() override;

  const Capabilities& capabilities() const override { return capabilities_; }
  void Start(AdapterHost& host, Done<void> started) override;
  void Deliver(Delivery delivery, Done<Attempt> done) override;
  void Withdraw(const DeliveryId& delivery) override;
  Result<void> Reconnect() override;
  void Stop(Done<void> stopped) override;

  std::uint16_t webhook_port() const { return session_->webhook_port(); }  // after Start

 private:
  explicit WhatsappAdapter(AdapterContext context);

  const Capabilities capabilities_;
  const AdapterContext context_;
  const std::shared_ptr<Loop> loop_;
  GroupCommit groups_;  // of the carrier's stores
  std::unique_ptr<WhatsappSession> session_;
  std::unique_ptr<Carrier> carrier_;
  AdapterHost* host_ = nullptr;  // on the loop; null after Stop
};

}  // namespace trestle
