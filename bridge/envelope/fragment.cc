#include "bridge/envelope/fragment.h"

#include <algorithm>

namespace trestle {
namespace {

// Memory that a set costs beside its octets; counted so that many tiny fragments are bounded too.
constexpr std::size_t kChunkOverheadBytes = 64;

}  // namespace

std::size_t UnitsFor(std::size_t frame_bytes, std::size_t chunk_bytes) {
  return std::max<std::size_t>(1, (frame_bytes + chunk_bytes - 1) / chunk_bytes);
}

Result<std::vector<Bytes>> CutChunks(ByteView frame, std::size_t chunk_bytes) {
  TRESTLE_CHECK(chunk_bytes > 0);
  if (UnitsFor(frame.size(), chunk_bytes) > kFragmentsMax) {
    return Fail(Reason::kTooLarge, "the frame takes more than 255 fragments");
  }
  std::vector<Bytes> chunks;
  do {
    const std::size_t taken = std::min(chunk_bytes, frame.size());
    chunks.push_back(ToBytes(frame.first(taken)));
    frame = frame.subspan(taken);
  } while (!frame.empty());
  return chunks;
}

std::size_t ChunkBytesOfText(std::size_t text_bytes_max) {
  const std::size_t digits = text_bytes_max - kFragmentPrefix.size();
  return digits * 3 / 4 - kFragmentHeaderBytes;
}

Result<std::vector<std::string>> CutToText(ByteView frame, std::size_t text_bytes_max,
                                           const FragmentRef& ref) {
  const std::vector<Bytes> chunks = TRESTLE_TRY(CutChunks(frame, ChunkBytesOfText(text_bytes_max)));
  std::vector<std::string> texts;
  texts.reserve(chunks.size());
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    Bytes octets(ref.begin(), ref.end());
    octets.push_back(static_cast<std::uint8_t>(i));
    octets.push_back(static_cast<std::uint8_t>(chunks.size()));
    octets.insert(octets.end(), chunks[i].begin(), chunks[i].end());
    texts.push_back(std::string(kFragmentPrefix) + ToBase64Url(octets));
  }
  return texts;
}

bool LooksLikeFragment(std::string_view text) { return text.starts_with(kFragmentPrefix); }

Result<Fragment> ParseTextFragment(std::string_view text) {
  if (!LooksLikeFragment(text)) return Fail(Reason::kMalformed, "not a fragment");
  const Bytes octets = TRESTLE_TRY(FromBase64Url(text.substr(kFragmentPrefix.size())));
  if (octets.size() <= kFragmentHeaderBytes) return Fail(Reason::kMalformed, "the fragment is cut");
  Fragment out;
  std::copy(octets.begin(), octets.begin() + 8, out.ref.begin());
  out.index = octets[8];
  out.count = octets[9];
  if (out.index >= out.count) return Fail(Reason::kMalformed, "a fragment beyond its count");
  out.chunk.assign(octets.begin() + kFragmentHeaderBytes, octets.end());
  return out;
}

Reassembler::Set& Reassembler::Begin(const std::string& key, std::uint8_t count, MonoTime now) {
  by_age_.push_back(key);
  Set& set = sets_[key];
  set.chunks.resize(count);
  set.begun = now;
  set.age = std::prev(by_age_.end());
  return set;
}

void Reassembler::Drop(const std::string& key) {
  const auto found = sets_.find(key);
  if (found == sets_.end()) return;
  bytes_used_ -= found->second.bytes;
  by_age_.erase(found->second.age);
  sets_.erase(found);
}

void Reassembler::DropOld(MonoTime now) {
  while (!by_age_.empty()) {
    const std::string oldest = by_age_.front();
    const bool too_old = now - sets_.at(oldest).begun > limits_.age_max;
    const bool too_many = sets_.size() > limits_.open_sets_max || bytes_used_ > limits_.bytes_max;
    if (!too_old && !too_many) return;
    Drop(oldest);
    ++dropped_sets_;
  }
}

Result<std::optional<Bytes>> Reassembler::Add(const std::string& key, std::uint8_t index,
                                              std::uint8_t count, ByteView chunk, MonoTime now) {
  if (count == 0 || index >= count) return Fail(Reason::kMalformed, "a fragment beyond its count");
  DropOld(now);
  if (count == 1) {
    if (chunk.size() > limits_.frame_bytes_max)
      return Fail(Reason::kTooLarge, "the frame is too large");
    return ToBytes(chunk);
  }
  const auto found = sets_.find(key);
  if (found != sets_.end()) {
    const Set& held = found->second;
    const bool contradicts =
        held.chunks.size() != count ||
        (held.chunks[index] && !std::ranges::equal(*held.chunks[index], chunk));
    if (contradicts) {
      Drop(key);
      ++dropped_sets_;
    } else if (held.chunks[index]) {
      return std::nullopt;
    }
  }
  const auto current = sets_.find(key);
  Set& set = current != sets_.end() ? current->second : Begin(key, count, now);
  const std::size_t cost = chunk.size() + kChunkOverheadBytes;
  if (set.bytes + cost > limits_.frame_bytes_max + count * kChunkOverheadBytes) {
    Drop(key);
    return Fail(Reason::kTooLarge, "the frame is too large");
  }
  set.chunks[index] = ToBytes(chunk);
  set.bytes += cost;
  bytes_used_ += cost;
  if (++set.held < count) {
    DropOld(now);
    return std::nullopt;
  }
  Bytes frame;
  for (const auto& each : set.chunks) frame.insert(frame.end(), each->begin(), each->end());
  Drop(key);
  return frame;
}

}  // namespace trestle
