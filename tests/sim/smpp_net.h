// SMPP's way through memory: pipes of octets between the adapter's links and the simulated centre,
// in order as TCP keeps it and cut where it likes. The weather and the run's faults hit them:
// nobody answers, the connection breaks and takes a request or an answer with it, it stays open and
// carries nothing, octets are not what they should be. One thread.
#pragma once

#include <array>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "adapters/sms/codec.h"
#include "adapters/sms/wire.h"
#include "tests/sim/handing.h"
#include "tests/sim/weather.h"

namespace trestle::world {

class SmppNet {
 public:
  struct Hooks {
    std::function<void(std::unique_ptr<sms::Wire>)> accept;  // on the centre's loop
    // The bridge has read, in time, that the message with this id was taken.
    std::function<void(const std::string& id)> answered;
  };
  struct Seams {
    TimeQueue& queue;
    SeededRandom& random;
    Chaos& chaos;
    std::shared_ptr<Loop> centre;  // its loop
  };
  // The bridge does not wait longer for an answer.
  static constexpr Millis kAnswerWithin = std::chrono::seconds(30);

  SmppNet(Seams seams, Hooks hooks)
      : seams_(std::move(seams)),
        hooks_(std::move(hooks)),
        weather_(seams_.queue, seams_.random, seams_.chaos) {}
  ~SmppNet() { BreakAll(); }

  Weather& weather() { return weather_; }
  // The loop of an adapter, which connects through this net.
  std::shared_ptr<sms::WireLoop> NewLoop(std::shared_ptr<Loop> loop);
  void BreakAll();
  // Of the PDU that the centre is taking now.
  Handing& handing() { return *handing_; }

 private:
  class BridgeLoop;
  class PipeEnd;
  enum Side : std::size_t { kBridge, kCentre };
  // What was written at once: one PDU.
  struct Packet {
    Bytes octets;
    Handing handing;
    std::size_t read = 0;
  };
  struct Half {
    std::shared_ptr<Loop> loop;
    std::deque<Packet> inbox;
    std::span<std::uint8_t> into;
    sms::Wire::Handler reading;
    bool is_over = false;  // nothing more will come
    MonoTime last_at{};    // of what is on its way here
  };
  struct Pipe {
    std::array<Half, 2> halves;
    bool is_silent = false;
    bool is_broken = false;
    std::map<std::uint32_t, MonoTime> issued;  // submits of the bridge, by sequence number
    sms::PduReader heard;                      // what the bridge has read
  };
  using PipePtr = std::shared_ptr<Pipe>;

  void Connect(const std::shared_ptr<Loop>& loop, const sms::WireTarget& target,
               Done<std::unique_ptr<sms::Wire>> done);
  std::unique_ptr<sms::Wire> OpenPipe(const std::shared_ptr<Loop>& loop);
  void Write(const PipePtr& pipe, Side from, Bytes octets);
  bool BreaksAt(const sms::PduHeader& header);
  void Garble(Bytes& octets);
  void Arrive(const PipePtr& pipe, Side to, Packet packet);
  void Pump(const PipePtr& pipe, Side side);
  void Take(const PipePtr& pipe, Side side, ByteView octets, Handing& handing,
            const sms::Wire::Handler& reading);
  void Overhear(Pipe& pipe, ByteView octets);
  void Close(const PipePtr& pipe, Side side);
  void Break(const PipePtr& pipe);
  MonoTime Later(MonoTime& last);

  const Seams seams_;
  const Hooks hooks_;
  Weather weather_;
  std::vector<std::weak_ptr<Pipe>> pipes_;
  Handing* handing_ = nullptr;
};

}  // namespace trestle::world
