// The sending end's memory of frames that were handed to the network in segments and of which the
// receiver has not spoken yet (segment_status.h). It sends again what the receiver misses, asks by
// sending one segment again when nothing is heard, and ends each frame within a stated time: it
// arrived, by the receiver's own word, or it is lost and why. Used by the bridge and by the
// application on a phone alike; with a journal nothing is forgotten over a restart. Bounded in
// frames and octets; what ended is erased at once. Time is given in. Used by one thread.
//
//   handed over ─▶ waits ──whole──▶ arrived
//                   │ ▲──missing──▶ sends those again ─┐     each such round counts
//                   │ ▲──silence──▶ sends one again ───┤
//                   │ └────────────────────────────────┘
//                   └──no round or segment left, or the time is over──▶ lost
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "adapters/sms/segment_status.h"
#include "bridge/base/ids.h"
#include "bridge/base/seams.h"
#include "bridge/base/sensitive.h"
#include "bridge/envelope/fragment.h"
#include "bridge/envelope/refusal.h"

namespace trestle::sms {

struct SentFrame {
  DeliveryId id;
  std::string identity;  // ours, from which it was sent
  NativeAddress to;
  FragmentRef ref{};
  std::vector<Bytes> chunks;
  WallTime deadline{};          // nothing of it is sent after this
  bool ends_by_expiry = false;  // the deadline is the message's own expiry
};

// Where frames outlive the process. When a call is durable is the journal's own affair.
class SentFrameJournal {
 public:
  virtual ~SentFrameJournal() = default;
  virtual Result<void> Keep(const SentFrame& frame) = 0;
  virtual Result<void> Erase(const DeliveryId& id) = 0;
  virtual Result<std::vector<SentFrame>> Load() = 0;
  // To be called every minute or so: what was erased leaves the log too.
  virtual Result<void> Sweep() = 0;
};

class SentFrames {
 public:
  struct Options {
    Millis answer_after = std::chrono::seconds(30);  // of silence; doubles while it lasts
    Millis answer_after_max = std::chrono::minutes(8);
    int rounds_max = 8;                // of sending something again, for one frame
    std::size_t resent_percent = 200;  // segments sent again, of the frame's own number; 8 always
    std::size_t frames_max = 4096;
    std::size_t bytes_max = 32 * 1024 * 1024;
  };
  // What the receiver says within this time after a round was said before it.
  static constexpr Millis kRoundGap = std::chrono::seconds(5);
  static constexpr std::size_t kEarlyMax = 256;  // words that overtook the hand-over; the oldest go

  // One segment to send again.
  struct Resend {
    DeliveryId id;
    std::string identity;
    NativeAddress to;
    FragmentRef ref{};
    std::uint8_t index = 0;
    std::uint8_t count = 1;
    Bytes chunk;
    std::uint8_t round = 1;
    WallTime deadline{};
  };
  struct Ended {
    DeliveryId id;
    bool arrived = false;
    Rule rule = Rule::kNone;  // why it is lost
  };
  struct Step {
    std::vector<Resend> resends;
    std::vector<Ended> ended;
  };

  SentFrames(Options options, Random& random) : options_(options) { random.Fill(salt_); }

  // Takes up what an earlier process left, and writes down everything from now on. The journal
  // outlives this. Without one frames live as long as the process.
  Result<void> TakeUp(SentFrameJournal& journal, MonoTime now, WallTime wall_now);
  // Whether one more frame may be sent.
  bool has_room() const {
    return frames_.size() < options_.frames_max && bytes_used_ < options_.bytes_max;
  }
  // All its segments were handed over. The same frame again changes nothing. An error means that
  // it could not be kept: it must be handed over again.
  Result<Step> Add(SentFrame frame, MonoTime now, WallTime wall_now);
  // The journal did not keep it after all.
  void Forget(const DeliveryId& id);
  // The word of `peer` at our `identity`. Nothing follows from one whose proof is wrong, or that is
  // about no frame here.
  Step Take(const std::string& identity, const NativeAddress& peer, const SegmentStatus& status,
            MonoTime now, WallTime wall_now);
  // Consent is withdrawn: nothing more goes to this peer from our `identity` but receipts, which
  // tell of the peer's own messages; from any identity (null) nothing at all.
  // What has ended so still hears that it had arrived, for a while.
  Step Withdraw(const std::string* identity, const NativeAddress& peer, MonoTime now,
                WallTime wall_now);
  // The carrier says that this segment will not arrive.
  Step TakeLost(const DeliveryId& id, std::uint8_t index, MonoTime now);
  // A segment of this round did not leave: the round does not count.
  void TakeUnsent(const DeliveryId& id, std::uint8_t round, MonoTime now);
  Step Tick(MonoTime now, WallTime wall_now);
  std::optional<MonoTime> next_due() const;

  std::size_t frames_held() const { return frames_.size() - over_; }
  std::size_t bytes_used() const { return bytes_used_; }
  bool Holds(const DeliveryId& id) const {
    const auto found = frames_.find(id);
    return found != frames_.end() && !found->second.is_over;
  }

 private:
  struct Waiting {
    SentFrame frame;
    Bytes32 key{};
    std::vector<ChunkDigest> digests;
    MissingSegments missing;  // as far as known
    MissingSegments lost;     // by the carrier's word
    int rounds = 0;
    int silences = 0;  // since the receiver was heard last
    int unsent_round = 0;
    std::size_t resent = 0;
    bool is_over = false;  // told as lost: nothing of it is sent, only its arrival counts
    std::optional<MonoTime> last_round;
    MonoTime silent_at{};  // when the silence has lasted too long
    MonoTime due{};
  };
  struct Early {
    Bytes32 key{};
    SegmentStatus status;
  };
  using Frames = std::map<DeliveryId, Waiting>;

  Bytes32 KeyOf(const std::string& identity, const NativeAddress& peer, const SetName& set) const;
  Waiting& Insert(SentFrame frame, MonoTime now, WallTime wall_now);
  bool IsAbout(const Waiting& waiting, const SegmentStatus& status) const;
  void Hear(Frames::iterator waiting, const SegmentStatus& status, MonoTime now, WallTime wall_now,
            Step& step);
  static MissingSegments AskingSegments(const Waiting& waiting);
  void Round(Frames::iterator waiting, MissingSegments again, MonoTime now, WallTime wall_now,
             Step& step);
  void GiveUp(Waiting& waiting, MonoTime now, WallTime wall_now, Step& step);
  void EraseFromJournal(const DeliveryId& id);
  void End(Frames::iterator waiting, bool arrived, Rule rule, Step& step);
  void Remove(Frames::iterator waiting);
  void Plan(Waiting& waiting, MonoTime now, WallTime wall_now, Millis silence);
  void SetDue(Waiting& waiting, MonoTime due);
  std::size_t ResentMax(const Waiting& waiting) const;

  const Options options_;
  SentFrameJournal* journal_ = nullptr;
  Bytes32 salt_{};
  Frames frames_;
  std::multimap<Bytes32, DeliveryId> by_key_;
  std::set<std::pair<MonoTime, DeliveryId>> due_;
  std::deque<Early> early_;
  std::size_t bytes_used_ = 0;
  std::size_t over_ = 0;  // of the frames
};

}  // namespace trestle::sms
