// The network connection of the WhatsApp adapter: hears webhooks and hands their messages to the
// Carrier, sends the Carrier's units, and passes statuses on. The two HTTP ways are GraphLink's.
// All methods run on the adapter's loop unless they say otherwise.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "adapters/sdk/acknowledge_all.h"
#include "adapters/sdk/carrier.h"
#include "adapters/sdk/graph_link.h"
#include "adapters/whatsapp/codec.h"

namespace trestle {

class WhatsappSession final : public NativeSender {
 public:
  static Result<std::unique_ptr<WhatsappSession>> Create(GraphLink::Options options,
                                                         GraphLink::Seams seams);

  // Before Start. The carrier outlives every call.
  void Attach(Carrier& carrier, std::function<void(Health)> health_changed);
  Result<void> Start() { return link_->Start(); }  // any thread
  void Stop() { link_->Stop(); }                   // not from the loop
  void Renew() { link_->Renew(); }                 // on the loop
  std::uint16_t webhook_port() const { return link_->webhook_port(); }

  void SendUnit(NativeUnit unit, Done<NativeOutcome> done) override;

 private:
  explicit WhatsappSession(GraphLink::Seams seams) : seams_(seams) {}

  void TakeWebhook(const std::string& body, Done<void> acknowledge);
  void TakeEvent(WhatsappMessage message, AcknowledgeAll& all);
  void TakeEvent(const WhatsappStatus& status, AcknowledgeAll& all);
  void TakeStatus(const WhatsappStatus& status);
  void Count(std::string_view event);

  const GraphLink::Seams seams_;
  std::unique_ptr<GraphLink> link_;
  Carrier* carrier_ = nullptr;
  std::function<void(Health)> health_changed_;
};

}  // namespace trestle
