// Any text as a fragment or a service word, and any sequence of fragments into a small reassembler:
// its bounds hold, and what it puts together is within the largest frame.
#include <algorithm>

#include "bridge/adapter_api/service_words.h"
#include "bridge/envelope/fragment.h"

namespace {

using namespace trestle;

void FeedReassembler(ByteView octets) {
  Reassembler::Limits limits;
  limits.open_sets_max = 4;
  limits.bytes_max = 2000;
  limits.frame_bytes_max = 300;
  Reassembler reassembler(limits);
  MonoTime now{0};
  while (octets.size() >= 5) {
    const std::size_t chunk_bytes = std::min<std::size_t>(octets[3], octets.size() - 5);
    const std::string key(1, static_cast<char>('a' + octets[0] % 6));
    now = now + Millis{octets[4] * 1000};
    const auto whole =
        reassembler.Add(key, octets[1] % 6, octets[2] % 6, octets.subspan(5, chunk_bytes), now);
    if (whole && *whole) TRESTLE_CHECK((*whole)->size() <= limits.frame_bytes_max);
    TRESTLE_CHECK(reassembler.open_sets() <= limits.open_sets_max);
    TRESTLE_CHECK(reassembler.bytes_used() <= limits.bytes_max);
    octets = octets.subspan(5 + chunk_bytes);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView octets(data, size);
  const std::string_view text = AsText(octets);
  const auto fragment = ParseTextFragment(text);
  if (fragment) TRESTLE_CHECK(fragment->index < fragment->count && !fragment->chunk.empty());
  const auto command = ParseServiceWord(text);
  if (command) TRESTLE_CHECK(command->argument.size() <= kServiceArgumentBytesMax);
  FeedReassembler(octets);
  return 0;
}
