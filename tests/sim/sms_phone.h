// What confirms frames end to end on a phone: it sends what the bridge misses again, says what
// itself misses, and says of a frame that it is there (adapters/sms/segment_status.h). Between a
// PhoneSeat, which knows frames, and the air, which loses segments. One thread.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "adapters/sms/arrival_watch.h"
#include "adapters/sms/sent_frames.h"
#include "tests/sim/phone_seat.h"

namespace trestle::world {

class SmsPhone {
 public:
  struct Ways {
    // `taken` runs once the bridge has it; a message that the air loses is nobody's.
    std::function<void(const std::string& identity, Bytes user_data, std::function<void()> taken)>
        send;
    std::function<void(InboxMessage)> show;
    std::function<void(const std::string& native_id)> confirmed;  // the bridge has our word on it
  };
  SmsPhone(std::string number, TimeQueue& queue, SeededRandom& random, Ways ways)
      : number_(std::move(number)),
        queue_(queue),
        random_(random),
        ways_(std::move(ways)),
        arrivals_({}, random),
        sent_({}, random) {}

  // One chunk of a frame; they come in order. `taken` runs once, whichever copy the bridge took.
  void Send(const std::string& identity, const NativeMessage::Chunk& chunk,
            std::function<void()> taken);
  // A data message; `message` has no body yet.
  void Take(InboxMessage message, const Bytes& user_data);
  std::size_t frames_waiting() const { return sent_.frames_held(); }

 private:
  using SetKey = std::pair<std::string, sms::SetName>;  // with the bridge's identity
  struct Incoming {
    std::set<std::uint8_t> places;
    std::vector<std::string> native_ids;
  };

  void TakeSegment(InboxMessage message, const sms::Segment& segment);
  void Submit(const std::string& identity, const FragmentRef& ref, std::size_t index,
              std::size_t count, const Bytes& chunk);
  void PartTaken(const SetKey& set, std::size_t index);
  void Act(sms::SentFrames::Step step);
  void Say(const sms::ArrivalWatch::Word& word);
  void PlanPump();
  void Pump();

  const std::string number_;
  TimeQueue& queue_;
  SeededRandom& random_;
  const Ways ways_;
  sms::ArrivalWatch arrivals_;
  sms::SentFrames sent_;
  std::map<SetKey, Incoming> incoming_;
  std::map<std::string, std::vector<Bytes>> begun_;  // chunks of frames that are being sent
  std::map<SetKey, std::map<std::size_t, std::function<void()>>> untaken_;
  std::map<DeliveryId, SetKey> frames_;
  std::optional<MonoTime> pump_at_;
};

}  // namespace trestle::world
