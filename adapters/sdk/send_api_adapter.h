// The Adapter of Messenger and Instagram alike: one loop, one Carrier, one session. The two differ
// in their profile and capabilities only. Owned by the daemon.
#pragma once

#include <atomic>
#include <memory>

#include "adapters/sdk/adapter_context.h"
#include "adapters/sdk/carrier.h"
#include "adapters/sdk/send_api_session.h"
#include "bridge/adapter_api/adapter.h"

namespace trestle {

class SendApiAdapter final : public Adapter {
 public:
  struct Parts {
    Capabilities capabilities;
    std::string service_identity;
    std::vector<std::string> ghosts;
    GraphLink::Options link;
  };

  // `profile` outlives the adapter. kInvalidArgument for identities that are no Graph ids.
  static Result<std::unique_ptr<SendApiAdapter>> Create(const SendApiProfile& profile, Parts parts,
                                                        AdapterContext context);
  ~SendApiAdapter() override;

  const Capabilities& capabilities() const override { return capabilities_; }
  void Start(AdapterHost& host, Done<void> started) override;
  void Deliver(Delivery delivery, Done<Attempt> done) override;
  void Withdraw(const DeliveryId& delivery) override;
  Result<void> Reconnect() override;
  void Stop(Done<void> stopped) override;

  std::uint16_t webhook_port() const { return session_->webhook_port(); }  // after Start

 private:
  SendApiAdapter(Capabilities capabilities, AdapterContext context);

  const Capabilities capabilities_;
  const AdapterContext context_;
  const std::shared_ptr<Loop> loop_;
  GroupCommit groups_;  // of the carrier's stores
  std::unique_ptr<SendApiSession> session_;
  std::unique_ptr<Carrier> carrier_;
  AdapterHost* host_ = nullptr;
};

}  // namespace trestle
