#include "adapters/sms/sent_frames.h"

#include <algorithm>

#include "bridge/base/digest.h"
#include "bridge/base/event_log.h"
#include "bridge/envelope/frame.h"

namespace trestle::sms {
namespace {

constexpr int kDoublingsMax = 16;
constexpr std::size_t kResentMin = 8;

std::size_t BytesOf(const SentFrame& frame) {
  std::size_t bytes = 0;
  for (const Bytes& chunk : frame.chunks) bytes += chunk.size();
  return bytes;
}

bool IsReceipt(const SentFrame& frame) {
  Bytes octets;
  for (const Bytes& chunk : frame.chunks) octets.insert(octets.end(), chunk.begin(), chunk.end());
  const auto decoded = DecodeFrame(octets);
  return decoded && std::holds_alternative<ReceiptFrame>(*decoded);
}

}  // namespace

Result<void> SentFrames::TakeUp(SentFrameJournal& journal, MonoTime now, WallTime wall_now) {
  journal_ = &journal;
  for (SentFrame& frame : TRESTLE_TRY(journal.Load())) {
    if (!frames_.contains(frame.id)) Insert(std::move(frame), now, wall_now);
  }
  return {};
}

Result<SentFrames::Step> SentFrames::Add(SentFrame frame, MonoTime now, WallTime wall_now) {
  Step step;
  const auto known = frames_.find(frame.id);
  if (known != frames_.end() && !known->second.is_over) return step;
  if (known != frames_.end()) Remove(known);  // consent was given anew
  if (!has_room()) return Fail(Reason::kBusy, "too many frames wait for their receiver's word");
  if (journal_ != nullptr) TRESTLE_TRY(journal_->Keep(frame));
  const Waiting& waiting = Insert(std::move(frame), now, wall_now);
  const auto early = std::ranges::find_if(early_, [&](const Early& each) {
    return each.key == waiting.key && IsAbout(waiting, each.status);
  });
  if (early == early_.end()) return step;
  early_.erase(early);
  End(frames_.find(waiting.frame.id), true, Rule::kNone, step);
  return step;
}

SentFrames::Waiting& SentFrames::Insert(SentFrame frame, MonoTime now, WallTime wall_now) {
  const DeliveryId id = frame.id;
  Waiting& waiting = frames_[id];
  waiting.frame = std::move(frame);
  const SentFrame& sent = waiting.frame;
  waiting.key =
      KeyOf(sent.identity, sent.to, SetName{SourcePortFor(sent.ref), ReferenceFor(sent.ref)});
  for (const Bytes& chunk : sent.chunks) waiting.digests.push_back(DigestOfChunk(chunk));
  bytes_used_ += BytesOf(sent);
  by_key_.emplace(waiting.key, id);
  Plan(waiting, now, wall_now, options_.answer_after);
  return waiting;
}

SentFrames::Step SentFrames::Take(const std::string& identity, const NativeAddress& peer,
                                  const SegmentStatus& status, MonoTime now, WallTime wall_now) {
  Step step;
  const Bytes32 key = KeyOf(identity, peer, status.set);
  const auto [begin, end] = by_key_.equal_range(key);
  for (auto each = begin; each != end; ++each) {
    const auto waiting = frames_.find(each->second);
    if (!IsAbout(waiting->second, status)) continue;
    Hear(waiting, status, now, wall_now, step);
    return step;
  }
  // What is missing is asked again; that all is there is said once.
  if (!status.is_whole()) return step;
  if (early_.size() >= kEarlyMax) early_.pop_front();
  early_.push_back({key, status});
  return step;
}

bool SentFrames::IsAbout(const Waiting& waiting, const SegmentStatus& status) const {
  if (status.count != waiting.digests.size()) return false;
  const ChunkDigest proof = ProofOf(status.set, status.missing, waiting.digests);
  return ConstantTimeEqual(proof, status.proof);
}

void SentFrames::Hear(Frames::iterator found, const SegmentStatus& status, MonoTime now,
                      WallTime wall_now, Step& step) {
  Waiting& waiting = found->second;
  if (status.is_whole()) return End(found, true, Rule::kNone, step);
  if (waiting.is_over) return;
  // Said before the last round could arrive, or told twice by the network.
  if (waiting.last_round && now - *waiting.last_round < kRoundGap) return;
  waiting.missing = status.missing;
  waiting.silences = 0;
  Round(found, waiting.missing, now, wall_now, step);
}

SentFrames::Step SentFrames::Withdraw(const std::string* identity, const NativeAddress& peer,
                                      MonoTime now, WallTime wall_now) {
  Step step;
  std::vector<DeliveryId> withdrawn;
  for (const auto& [id, waiting] : frames_) {
    if (waiting.is_over || !waiting.frame.to.Equals(peer)) continue;
    const bool is_meant =
        identity == nullptr || (waiting.frame.identity == *identity && !IsReceipt(waiting.frame));
    if (is_meant) withdrawn.push_back(id);
  }
  for (const DeliveryId& id : withdrawn) GiveUp(frames_.at(id), now, wall_now, step);
  return step;
}

// What it held is gone; the word that it had arrived may be under way already.
void SentFrames::GiveUp(Waiting& waiting, MonoTime now, WallTime wall_now, Step& step) {
  const DeliveryId id = waiting.frame.id;
  bytes_used_ -= BytesOf(waiting.frame);
  waiting.frame.chunks.clear();
  waiting.is_over = true;
  ++over_;
  Plan(waiting, now, wall_now, options_.answer_after_max);
  EraseFromJournal(id);
  step.ended.push_back({id, false, Rule::kNoConsent});
}

SentFrames::Step SentFrames::TakeLost(const DeliveryId& id, std::uint8_t index, MonoTime now) {
  Step step;
  const auto found = frames_.find(id);
  if (found == frames_.end() || index >= found->second.digests.size()) return step;
  Waiting& waiting = found->second;
  if (waiting.is_over) return step;
  waiting.lost[index] = true;
  if (waiting.lost.count() == waiting.digests.size()) {
    End(found, false, Rule::kNetworkRefused, step);
    return step;
  }
  waiting.missing[index] = true;
  // Soon, together with others that are said to be lost meanwhile.
  waiting.silent_at = std::min(waiting.silent_at, now + kRoundGap);
  SetDue(waiting, std::min(waiting.due, waiting.silent_at));
  return step;
}

void SentFrames::TakeUnsent(const DeliveryId& id, std::uint8_t round, MonoTime now) {
  const auto found = frames_.find(id);
  if (found == frames_.end() || found->second.is_over) return;
  Waiting& waiting = found->second;
  const bool is_first = waiting.rounds == round && waiting.unsent_round == 0;
  if (!is_first && waiting.unsent_round != round) return;
  if (waiting.resent > 0) --waiting.resent;
  if (!is_first) return;
  waiting.unsent_round = round;
  --waiting.rounds;
  waiting.silent_at = std::max(waiting.silent_at, now + options_.answer_after);
  // Tick looks again at the time that was planned, and finds the new one.
}

SentFrames::Step SentFrames::Tick(MonoTime now, WallTime wall_now) {
  Step step;
  while (!due_.empty() && due_.begin()->first <= now) {
    const auto found = frames_.find(due_.begin()->second);
    Waiting& waiting = found->second;
    if (waiting.is_over) {
      Remove(found);
    } else if (wall_now >= waiting.frame.deadline) {
      End(found, false, waiting.frame.ends_by_expiry ? Rule::kExpired : Rule::kNotConfirmed, step);
    } else if (now >= waiting.silent_at) {
      ++waiting.silences;
      Round(found, AskingSegments(waiting), now, wall_now, step);
    } else {
      Plan(waiting, now, wall_now, waiting.silent_at - now);
    }
  }
  return step;
}

std::optional<MonoTime> SentFrames::next_due() const {
  if (due_.empty()) return std::nullopt;
  return due_.begin()->first;
}

// What breaks the silence: all that the carrier has lost, else one segment, which makes the
// receiver speak whether it has the frame or not.
MissingSegments SentFrames::AskingSegments(const Waiting& waiting) {
  if (waiting.lost.any()) return waiting.lost;
  std::size_t first = 0;
  while (first + 1 < waiting.digests.size() && !waiting.missing[first]) ++first;
  return MissingSegments().set(first);
}

void SentFrames::Round(Frames::iterator found, MissingSegments again, MonoTime now,
                       WallTime wall_now, Step& step) {
  Waiting& waiting = found->second;
  const std::size_t count = waiting.digests.size();
  const bool is_spent =
      waiting.rounds >= options_.rounds_max || waiting.resent + again.count() > ResentMax(waiting);
  if (is_spent) {
    const Rule rule = waiting.lost.any() ? Rule::kNetworkRefused : Rule::kNotConfirmed;
    return End(found, false, rule, step);
  }
  ++waiting.rounds;
  waiting.unsent_round = 0;
  waiting.resent += again.count();
  waiting.last_round = now;
  waiting.lost &= ~again;
  const SentFrame& frame = waiting.frame;
  for (std::size_t i = 0; i < count; ++i) {
    if (!again[i]) continue;
    step.resends.push_back({frame.id, frame.identity, frame.to.Duplicate(Purpose::kWriteToNetwork),
                            frame.ref, static_cast<std::uint8_t>(i),
                            static_cast<std::uint8_t>(count), frame.chunks[i],
                            static_cast<std::uint8_t>(waiting.rounds), frame.deadline});
  }
  const int doublings = std::min(waiting.silences, kDoublingsMax);
  Plan(waiting, now, wall_now,
       std::min(options_.answer_after * (std::int64_t{1} << doublings), options_.answer_after_max));
}

std::size_t SentFrames::ResentMax(const Waiting& waiting) const {
  return std::max(kResentMin, waiting.digests.size() * options_.resent_percent / 100);
}

void SentFrames::Forget(const DeliveryId& id) {
  const auto found = frames_.find(id);
  if (found != frames_.end()) Remove(found);
}

void SentFrames::Remove(Frames::iterator found) {
  const DeliveryId id = found->first;
  const Waiting& waiting = found->second;
  bytes_used_ -= BytesOf(waiting.frame);
  over_ -= waiting.is_over ? 1 : 0;
  due_.erase({waiting.due, id});
  const auto [begin, end] = by_key_.equal_range(waiting.key);
  by_key_.erase(std::find_if(begin, end, [&](const auto& row) { return row.second == id; }));
  frames_.erase(found);
}

void SentFrames::End(Frames::iterator found, bool arrived, Rule rule, Step& step) {
  const DeliveryId id = found->first;
  Remove(found);
  EraseFromJournal(id);
  step.ended.push_back({id, arrived, rule});
}

void SentFrames::EraseFromJournal(const DeliveryId& id) {
  if (journal_ == nullptr) return;
  // What stays is asked about once more after a restart, and ends there.
  const auto erased = journal_->Erase(id);
  if (!erased) {
    LogEvent(Severity::kError, "adapter_store_failed",
             {EventField("reason", erased.error().reason)});
  }
}

void SentFrames::Plan(Waiting& waiting, MonoTime now, WallTime wall_now, Millis silence) {
  waiting.silent_at = now + silence;
  const Millis left = std::max(waiting.frame.deadline - wall_now, Millis{0});
  SetDue(waiting, std::min(waiting.silent_at, now + left));
}

void SentFrames::SetDue(Waiting& waiting, MonoTime due) {
  due_.erase({waiting.due, waiting.frame.id});
  waiting.due = due;
  due_.emplace(due, waiting.frame.id);
}

Bytes32 SentFrames::KeyOf(const std::string& identity, const NativeAddress& peer,
                          const SetName& set) const {
  const std::array<std::uint8_t, 1> zero = {0};
  const std::string name = TextOf(set);
  return Sha256({salt_, AsBytes(identity), zero, AsBytes(peer.Reveal(Purpose::kCompare)), zero,
                 AsBytes(name)});
}

}  // namespace trestle::sms
