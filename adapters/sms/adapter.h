// The SMS adapter: a loop, a Carrier for what all networks have in common, an exchange that
// confirms frames end to end, and a session with the SMS centre. Made by MakeSmsAdapter.
#pragma once

#include <memory>

#include "adapters/sdk/adapter_context.h"
#include "adapters/sdk/carrier.h"
#include "adapters/sms/exchange.h"
#include "adapters/sms/session.h"

namespace trestle::sms {

class SmsAdapter final : public Adapter {
 public:
  // `options` are checked; the loop is the adapter's own. kInvalidArgument when a TLS file is not
  // what it should be, kStorage when the adapter's own store does not open.
  static Result<std::unique_ptr<SmsAdapter>> Create(SmsOptions options, AdapterContext context,
                                                    std::shared_ptr<WireLoop> loop);
  ~SmsAdapter() override;

  const Capabilities& capabilities() const override { return capabilities_; }
  void Start(AdapterHost& host, Done<void> started) override;
  void Deliver(Delivery delivery, Done<Attempt> done) override;
  void Withdraw(const DeliveryId& delivery) override;
  Result<void> Reconnect() override;
  void Stop(Done<void> stopped) override;

 private:
  SmsAdapter(SmsOptions options, std::shared_ptr<Tls> tls, const AdapterContext& context,
             std::shared_ptr<WireLoop> loop);

  void TakeHealth(Health health);
  void TakeMessage(NativeMessage message, Done<void> kept);
  void TakeStatuses(const NativeAddress& from, const std::optional<NativeAddress>& also_from,
                    const std::string& identity, ByteView content);
  void TakeReceipt(const std::string& native_id, MessageState state);

  const SmsOptions options_;
  const Capabilities capabilities_;
  const std::shared_ptr<WireLoop> loop_;
  GroupCommit groups_;                         // of the carrier's stores and the exchange's
  std::unique_ptr<SmsSession> session_;        // sends for the carrier
  std::unique_ptr<SegmentExchange> exchange_;  // watches the carrier's frames
  std::unique_ptr<Carrier> carrier_;
  AdapterHost* host_ = nullptr;
  Done<void> started_;
};

}  // namespace trestle::sms
