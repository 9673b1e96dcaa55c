// The receiving end's memory of frames that come in segments: when it has been quiet for a while it
// asks for what is missing, when a frame is whole and safe it says so, and when a segment of such a
// frame comes again, because that word was lost, it says so again. Used by the bridge and by the
// application on a phone alike; the segments themselves are somebody else's to keep. It holds
// digests and addresses, in bounded memory, and forgets what is too old. Time is given in. Used by
// one thread.
//
//   first segment ─▶ open ──quiet──▶ asks, and again after twice the time …
//                     └──all kept, frame safe──▶ finished ──segment again──▶ says so again
#pragma once

#include <list>
#include <map>
#include <set>
#include <string>

#include "adapters/sms/segment_status.h"
#include "bridge/base/seams.h"
#include "bridge/base/sensitive.h"

namespace trestle::sms {

class ArrivalWatch {
 public:
  struct Options {
    Millis missing_after = std::chrono::seconds(10);  // of quiet; doubles with each asking
    Millis whole_after = std::chrono::seconds(1);     // several words to one peer go together
    int asks_max = 8;                                 // for one frame
    Millis age_max = std::chrono::hours(1);           // then the sender has given up too
    std::size_t sets_max = 4096;                      // the oldest go
    std::size_t open_per_thread_max = 32;             // as many as are kept (carrier.cc)
    // Each word is a paid message: more than this to one peer within ten minutes are not said.
    std::size_t words_per_thread_max = 600;
  };
  static constexpr Millis kWordsWithin = std::chrono::minutes(10);

  // A segment's thread (one of our identities and its peer), frame and place.
  struct Place {
    const std::string& identity;
    const NativeAddress& peer;
    SetName set;
    std::uint8_t index = 0;
    std::uint8_t count = 1;
  };
  // A message to send to `peer`.
  struct Word {
    std::string identity;
    NativeAddress peer;
    Bytes user_data;
    std::size_t asks = 0;  // how many of its statuses name missing segments
  };

  ArrivalWatch(Options options, Random& random) : options_(options) { random.Fill(salt_); }

  // Whether the segment belongs to a frame that is finished: it need not be kept, and the word is
  // said again. To be asked before the segment is kept.
  bool IsRepetition(const Place& place, ByteView chunk, MonoTime now);
  // The segment is safe. A contradiction (another count, other octets) begins the frame anew.
  void Kept(const Place& place, ByteView chunk, MonoTime now);
  // The frame is whole and safe. After a restart not all of its segments were seen here: that is
  // said when the rest, which the sender is asked for, has come again.
  void Whole(const Place& place, MonoTime now);

  std::vector<Word> TakeDue(MonoTime now);
  std::optional<MonoTime> next_due() const;

  std::size_t sets_held() const { return sets_.size(); }

 private:
  struct Set {
    Bytes32 thread{};
    std::string identity;
    NativeAddress peer;
    SetName name;
    std::vector<ChunkDigest> digests;
    MissingSegments missing;
    bool is_safe = false;      // the frame is whole and kept
    bool is_finished = false;  // and all its digests are known, so that it can be said
    int asks = 0;
    MonoTime begun{};
    MonoTime newest{};            // when a segment came that was missing
    std::optional<MonoTime> due;  // when a word is to be said
    std::list<Bytes32>::iterator age;
  };
  struct Spoken {
    MonoTime since{};
    std::size_t words = 0;
  };

  Bytes32 ThreadOf(const Place& place) const;
  Bytes32 KeyOf(const Bytes32& thread, const SetName& name) const;
  Set* Find(const Place& place);
  Set& Begin(const Place& place, MonoTime now);
  void Finish(Set& set, MonoTime now);
  void SetDue(const Bytes32& key, Set& set, std::optional<MonoTime> due);
  void Drop(const Bytes32& key);
  void DropOld(MonoTime now);
  void DropOldestOpen(const Bytes32& thread);
  void CloseOne(const Bytes32& thread);
  bool MaySpeak(const Bytes32& thread, MonoTime now);
  SegmentStatus StatusOf(const Set& set) const;

  const Options options_;
  Bytes32 salt_{};
  std::map<Bytes32, Set> sets_;
  std::list<Bytes32> by_age_;  // the oldest first
  std::set<std::pair<MonoTime, Bytes32>> due_;
  std::map<Bytes32, Spoken> spoken_;            // by thread
  std::map<Bytes32, std::size_t> open_counts_;  // by thread
};

}  // namespace trestle::sms
