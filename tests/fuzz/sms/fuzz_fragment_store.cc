// Any sequence of fragments into the durable store: what is put together holds what came last, and
// the bounds hold. One store serves all inputs, since opening one costs more
// than using it; each input begins with an empty one.
#include <stdlib.h>

#include <algorithm>
#include <filesystem>

#include "adapters/sdk/adapter_keys.h"
#include "adapters/sdk/fragment_store.h"
#include "bridge/base/system_seams.h"

namespace {

using namespace trestle;

constexpr FragmentStore::Limits kLimits{.sets_max = 6,
                                        .sets_per_sender_max = 3,
                                        .bytes_max = 1500,
                                        .frame_bytes_max = 300,
                                        .age_max = std::chrono::minutes(10)};

// In memory where there is such a folder; gone when the fuzzer ends by itself.
struct Folder {
  Folder() {
    const bool has_memory = std::filesystem::exists("/dev/shm");
    path = has_memory ? "/dev/shm/trestle-fuzz-XXXXXX" : "/tmp/trestle-fuzz-XXXXXX";
    TRESTLE_CHECK(::mkdtemp(path.data()) != nullptr);
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  std::string path;
};

std::unique_ptr<FragmentStore> OpenStore() {
  static const Folder folder;
  static SystemRandom random;
  auto keys = AdapterKeys::Open(folder.path, {}, random, MissingKey::kMake);
  return FragmentStore::Open(folder.path, std::move(*keys), kLimits).value();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::unique_ptr<FragmentStore> store = OpenStore();
  static std::int64_t wall_ms = 1'700'000'000'000;
  wall_ms += 3'600'000;
  TRESTLE_CHECK(store->EraseOld(WallTime{wall_ms}));
  TRESTLE_CHECK(store->sets_held().value() == 0);
  ByteView rest(data, size);
  int steps = 0;
  while (rest.size() >= 5 && ++steps <= 64) {
    const std::string number = "44770090000" + std::to_string(rest[0] % 3);
    const std::string ref = std::to_string(rest[1] % 4);
    const auto index = static_cast<std::uint8_t>(rest[2] % 6);
    const auto count = static_cast<std::uint8_t>(rest[3] % 6);
    const std::size_t octets = std::min<std::size_t>(rest[4], rest.size() - 5);
    const ByteView chunk = rest.subspan(5, octets);
    rest = rest.subspan(5 + octets);
    const NativeAddress from(number);
    const std::string identity = "447700900900";
    const std::string native_id = ToHex(chunk) + std::to_string(index);
    const auto whole =
        store->Add({from, identity, ref, native_id, index, count, chunk}, WallTime{wall_ms});
    if (whole && *whole) {
      const Bytes& frame = (*whole)->frame;
      TRESTLE_CHECK(frame.size() <= kLimits.frame_bytes_max && count > 0);
      // The last chunk to come is in its place.
      TRESTLE_CHECK(std::search(frame.begin(), frame.end(), chunk.begin(), chunk.end()) !=
                        frame.end() ||
                    chunk.empty());
      TRESTLE_CHECK(store->Erase((*whole)->set));
    } else if (!whole) {
      const Reason reason = whole.error().reason;
      TRESTLE_CHECK(reason == Reason::kMalformed || reason == Reason::kTooLarge ||
                    reason == Reason::kBusy);
    }
    TRESTLE_CHECK(store->sets_held().value() <= kLimits.sets_max);
  }
  return 0;
}
