#include "adapters/sms/arrival_watch.h"

#include <algorithm>
#include <tuple>

#include "bridge/base/digest.h"

namespace trestle::sms {
namespace {

constexpr int kDoublingsMax = 16;

}  // namespace

bool ArrivalWatch::IsRepetition(const Place& place, ByteView chunk, MonoTime now) {
  if (place.index >= place.count) return false;
  DropOld(now);
  Set* const set = Find(place);
  if (set == nullptr || !set->is_safe || set->digests.size() != place.count) return false;
  const ChunkDigest digest = DigestOfChunk(chunk);
  if (set->missing[place.index]) {
    set->missing[place.index] = false;
    set->digests[place.index] = digest;
    if (set->missing.none()) Finish(*set, now);
    return true;
  }
  if (set->digests[place.index] != digest) return false;
  if (!set->due) SetDue(KeyOf(set->thread, set->name), *set, now + options_.whole_after);
  return true;
}

void ArrivalWatch::Kept(const Place& place, ByteView chunk, MonoTime now) {
  if (place.index >= place.count) return;
  DropOld(now);
  const ChunkDigest digest = DigestOfChunk(chunk);
  Set* set = Find(place);
  const bool contradicts =
      set != nullptr && (set->digests.size() != place.count ||
                         (!set->missing[place.index] && set->digests[place.index] != digest));
  if (contradicts) {
    Drop(KeyOf(set->thread, set->name));
    set = nullptr;
  }
  if (set == nullptr) set = &Begin(place, now);
  if (set->is_safe) return;
  const Bytes32 key = KeyOf(set->thread, set->name);
  if (set->missing[place.index]) {
    set->missing[place.index] = false;
    set->digests[place.index] = digest;
    set->newest = now;
    const bool may_ask = set->missing.any() && set->asks < options_.asks_max;
    SetDue(key, *set, may_ask ? std::optional(now + options_.missing_after) : std::nullopt);
    return;
  }
  // A sender that hears nothing sends one segment again to learn what became of the frame; the
  // network's own repetitions come at once.
  const bool is_probe = now - set->newest >= options_.missing_after;
  if (is_probe && set->missing.any()) SetDue(key, *set, now + options_.whole_after);
}

void ArrivalWatch::Whole(const Place& place, MonoTime now) {
  Set* const set = Find(place);
  if (set == nullptr) return;
  set->is_safe = true;
  if (set->missing.none()) Finish(*set, now);
}

void ArrivalWatch::Finish(Set& set, MonoTime now) {
  if (!set.is_finished) CloseOne(set.thread);
  set.is_finished = true;
  SetDue(KeyOf(set.thread, set.name), set, now + options_.whole_after);
}

std::vector<ArrivalWatch::Word> ArrivalWatch::TakeDue(MonoTime now) {
  DropOld(now);
  std::erase_if(spoken_, [now](const auto& row) { return now - row.second.since >= kWordsWithin; });
  struct Said {
    const Set* set = nullptr;
    std::vector<SegmentStatus> statuses;
  };
  std::map<Bytes32, Said> by_thread;
  while (!due_.empty() && due_.begin()->first <= now) {
    const Bytes32 key = due_.begin()->second;
    Set& set = sets_.at(key);
    SetDue(key, set, std::nullopt);
    Said& said = by_thread[set.thread];
    said.set = &set;
    said.statuses.push_back(StatusOf(set));
    if (set.is_finished || ++set.asks >= options_.asks_max) continue;
    const int doublings = std::min(set.asks, kDoublingsMax);
    SetDue(key, set, now + options_.missing_after * (std::int64_t{1} << doublings));
  }
  std::vector<Word> out;
  for (auto& [thread, said] : by_thread) {
    while (!said.statuses.empty() && MaySpeak(thread, now)) {
      EncodedStatuses encoded = EncodeStatuses(said.statuses).value();
      const auto taken = said.statuses.begin() + static_cast<std::ptrdiff_t>(encoded.taken);
      const auto asks = std::count_if(said.statuses.begin(), taken,
                                      [](const SegmentStatus& each) { return !each.is_whole(); });
      out.push_back({said.set->identity, said.set->peer.Duplicate(Purpose::kWriteToNetwork),
                     std::move(encoded.user_data), static_cast<std::size_t>(asks)});
      said.statuses.erase(said.statuses.begin(), taken);
    }
  }
  return out;
}

std::optional<MonoTime> ArrivalWatch::next_due() const {
  if (due_.empty()) return std::nullopt;
  return due_.begin()->first;
}

Bytes32 ArrivalWatch::ThreadOf(const Place& place) const {
  const std::array<std::uint8_t, 1> zero = {0};
  return Sha256(
      {salt_, AsBytes(place.identity), zero, AsBytes(place.peer.Reveal(Purpose::kCompare))});
}

Bytes32 ArrivalWatch::KeyOf(const Bytes32& thread, const SetName& name) const {
  const std::array<std::uint8_t, 3> spelled = {static_cast<std::uint8_t>(name.source_port >> 8),
                                               static_cast<std::uint8_t>(name.source_port),
                                               name.reference};
  return Sha256({thread, spelled});
}

ArrivalWatch::Set* ArrivalWatch::Find(const Place& place) {
  const auto found = sets_.find(KeyOf(ThreadOf(place), place.set));
  return found == sets_.end() ? nullptr : &found->second;
}

ArrivalWatch::Set& ArrivalWatch::Begin(const Place& place, MonoTime now) {
  const Bytes32 thread = ThreadOf(place);
  DropOldestOpen(thread);
  if (sets_.size() >= options_.sets_max) Drop(by_age_.front());
  const Bytes32 key = KeyOf(thread, place.set);
  Set& set = sets_[key];
  set.thread = thread;
  set.identity = place.identity;
  set.peer = place.peer.Duplicate(Purpose::kWriteToNetwork);
  set.name = place.set;
  set.digests.resize(place.count);
  for (std::size_t i = 0; i < place.count; ++i) set.missing[i] = true;
  set.begun = now;
  ++open_counts_[thread];
  set.age = by_age_.insert(by_age_.end(), key);
  return set;
}

void ArrivalWatch::SetDue(const Bytes32& key, Set& set, std::optional<MonoTime> due) {
  if (set.due) due_.erase({*set.due, key});
  set.due = due;
  if (due) due_.emplace(*due, key);
}

void ArrivalWatch::Drop(const Bytes32& key) {
  Set& set = sets_.at(key);
  SetDue(key, set, std::nullopt);
  if (!set.is_finished) CloseOne(set.thread);
  by_age_.erase(set.age);
  sets_.erase(key);
}

void ArrivalWatch::DropOld(MonoTime now) {
  while (!by_age_.empty() && now - sets_.at(by_age_.front()).begun >= options_.age_max) {
    Drop(Bytes32(by_age_.front()));
  }
}

// Room for one more. Linear, and rare: a sender seldom has so many frames on their way.
void ArrivalWatch::DropOldestOpen(const Bytes32& thread) {
  const auto count = open_counts_.find(thread);
  if (count == open_counts_.end() || count->second < options_.open_per_thread_max) return;
  std::vector<Bytes32> open;
  for (const Bytes32& key : by_age_) {
    const Set& set = sets_.at(key);
    if (set.thread == thread && !set.is_finished) open.push_back(key);
  }
  for (std::size_t i = 0; open.size() - i >= options_.open_per_thread_max; ++i) Drop(open[i]);
}

void ArrivalWatch::CloseOne(const Bytes32& thread) {
  const auto count = open_counts_.find(thread);
  if (--count->second == 0) open_counts_.erase(count);
}

bool ArrivalWatch::MaySpeak(const Bytes32& thread, MonoTime now) {
  const auto [spoken, is_new] = spoken_.try_emplace(thread, Spoken{now, 0});
  return ++spoken->second.words <= options_.words_per_thread_max;
}

SegmentStatus ArrivalWatch::StatusOf(const Set& set) const {
  SegmentStatus out;
  out.set = set.name;
  out.count = static_cast<std::uint8_t>(set.digests.size());
  out.missing = set.missing;
  out.proof = ProofOf(set.name, set.missing, set.digests);
  return out;
}

}  // namespace trestle::sms
