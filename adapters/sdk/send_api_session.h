// The network connection of a Messenger or Instagram adapter: hears webhooks and hands their
// messages to the Carrier, sends the Carrier's units, and passes receipts on. Two connections
// underneath, both in GraphLink. All methods run on the adapter's loop unless they say otherwise.
#pragma once

#include <memory>
#include <string>

#include "adapters/sdk/acknowledge_all.h"
#include "adapters/sdk/carrier.h"
#include "adapters/sdk/graph_link.h"
#include "adapters/sdk/send_api.h"
#include "adapters/sdk/watermarks.h"

namespace trestle {

class SendApiSession final : public NativeSender {
 public:
  // `profile` outlives the session.
  static Result<std::unique_ptr<SendApiSession>> Create(const SendApiProfile& profile,
                                                        GraphLink::Options options,
                                                        GraphLink::Seams seams);

  // Before Start. The carrier outlives every call.
  void Attach(Carrier& carrier, std::function<void(Health)> health_changed);
  Result<void> Start() { return link_->Start(); }  // any thread
  void Stop() { link_->Stop(); }                   // not from the loop
  void Renew() { link_->Renew(); }                 // on the loop
  std::uint16_t webhook_port() const { return link_->webhook_port(); }

  void SendUnit(NativeUnit unit, Done<NativeOutcome> done) override;

 private:
  SendApiSession(const SendApiProfile& profile, GraphLink::Seams seams)
      : profile_(profile), seams_(seams) {}

  void TakeWebhook(const std::string& body, Done<void> acknowledge);
  void TakeEvent(SendApiMessage message, AcknowledgeAll& all);
  void TakeEvent(const SendApiDelivered& delivered, AcknowledgeAll& all);
  void TakeEvent(const SendApiRead& read, AcknowledgeAll& all);
  void NoteSent(const std::string& thread, const std::string& mid, WallTime begun);
  NativeOutcome OutcomeOf(GraphLink::Sent sent);

  const SendApiProfile& profile_;
  const GraphLink::Seams seams_;
  std::unique_ptr<GraphLink> link_;
  Carrier* carrier_ = nullptr;
  std::function<void(Health)> health_changed_;
  Watermarks watermarks_;
};

}  // namespace trestle
