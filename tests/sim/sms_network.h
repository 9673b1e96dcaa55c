// SMS as a whole: the real adapter with its session, links and exchange on one side, the simulated
// centre on the other, SMPP in memory between them, and behind the centre phones that confirm
// frames over air that loses some. One thread.
#pragma once

#include "adapters/sms/sim_centre.h"
#include "tests/sim/smpp_net.h"
#include "tests/sim/sms_phone.h"
#include "tests/sim/wire_network.h"

namespace trestle::world {

class SmsNetwork final : public WireNetwork {
 public:
  SmsNetwork(TimeQueue& queue, SeededRandom& random, Chaos& chaos);
  ~SmsNetwork() override;

  std::unique_ptr<Adapter> NewAdapter(const AdapterSeams& seams) override;
  void Begun(Core&, const std::shared_ptr<Life>&) override {}
  void Ended() override { smpp_.BreakAll(); }
  std::size_t waiting() const override;
  void TakeFromPhone(const std::string& from, const std::string& identity, PhoneBody body,
                     std::function<void()> taken) override;

 protected:
  Handing& handing() override { return smpp_.handing(); }
  Weather& weather() override { return smpp_.weather(); }
  void WeatherChanged() override;
  void Bring(PhoneSeat& phone, const SimMessage& message, InboxMessage shown) override;
  // Carriers' receipts stop at the handset, and nobody relies on them here: the phone's word does.
  void ArrivalReported(const std::string&) override {}

 private:
  SmsPhone& PhoneOf(const std::string& number);
  void SendData(const std::string& from, const std::string& identity, const Bytes& user_data,
                std::function<void()> taken);
  bool IsLostInTheAir(const Bytes& user_data);

  Chaos& chaos_;
  const std::shared_ptr<Life> life_ = std::make_shared<Life>();  // of the centre
  const std::shared_ptr<SimExecutor> loop_;
  SmppNet smpp_;
  sms::SimCentre centre_;
  std::unique_ptr<SimControl> control_;
  std::map<std::string, std::unique_ptr<SmsPhone>> confirming_;  // by number
  std::map<std::string, MonoTime> first_tried_;                  // by number and octets
};

}  // namespace trestle::world
