// Sealed frames over SMS end to end: between the Carrier, which cuts frames and puts them together,
// and the session, which sends and receives messages. It keeps what was handed over until the phone
// has said that it is there (SentFrames), says the same of what came (ArrivalWatch), and tells the
// core of the one and the other end. The carrier's own receipts never count as arrival here: they
// are hints about segments. Owned by the adapter; all of it on its loop.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "adapters/sdk/carrier.h"
#include "adapters/sdk/frame_watcher.h"
#include "adapters/sms/arrival_watch.h"
#include "adapters/sms/sent_frames.h"

namespace trestle::sms {

class SegmentExchange final : public FrameWatcher {
 public:
  struct Options {
    SentFrames::Options sent;
    ArrivalWatch::Options arrivals;
    Millis confirm_within = std::chrono::hours(1);  // after the hand-over, or the message's expiry
  };
  using Report = std::function<void(const DeliveryReport&)>;

  // `sender` outlives it. `report` goes to the core.
  SegmentExchange(Options options, Carrier::Seams seams, NativeSender& sender, Report report);

  // What an earlier process left; before Start.
  Result<void> TakeUp(std::unique_ptr<SentFrameJournal> journal);
  void Start();  // begins to keep time
  void Stop();

  // True when the message is a segment of a frame that is finished here: it needs no further care.
  bool IsRepetition(const NativeMessage& message);
  // The phone's word, without its header.
  void TakeStatuses(const NativeAddress& from, const std::string& identity, ByteView content);

  bool has_room() const override { return sent_.has_room(); }
  Result<void> HandedOver(HandedFrame frame) override;
  void HandOverLost(const DeliveryId& delivery) override { sent_.Forget(delivery); }
  void ChunkKept(const FrameOrigin& origin, const NativeMessage::Chunk& chunk) override;
  void FrameKept(const FrameOrigin& origin, const NativeMessage::Chunk& last) override;
  void ThreadEnded(const FrameOrigin& origin) override;
  void PersonEnded(const NativeAddress& from) override;
  bool TakeReport(const AddressBook::SentUnit& unit, ReceiptLevel level, Rule rule) override;

  std::size_t frames_waiting() const { return sent_.frames_held(); }

 private:
  void Act(SentFrames::Step step);
  void Tell(const DeliveryReport& report);
  void SendAgain(SentFrames::Resend resend);
  void Say(ArrivalWatch::Word word);
  void Pump();
  void PlanPump();
  void PlanSweep();
  void Count(std::string_view event) { seams_.metrics.Add("trestle_adapter_events_total", event); }
  MonoTime mono_now() const { return seams_.clock.mono_now(); }
  WallTime wall_now() const { return seams_.clock.wall_now(); }

  const Options options_;
  const Carrier::Seams seams_;
  NativeSender& sender_;
  std::unique_ptr<SentFrameJournal> journal_;
  const Report report_;
  SentFrames sent_;
  ArrivalWatch arrivals_;
  std::optional<MonoTime> timer_at_;
  bool stopped_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace trestle::sms
