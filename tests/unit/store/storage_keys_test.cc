// The keys that seal what waits: what opens, what is gone for good, and what a crash leaves.
#include "bridge/store/storage_keys.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "tests/unit/sdk/manual_seams.h"
#include "tests/unit/store/faulty_key_file.h"

using namespace trestle;
using namespace trestle::test;
using namespace std::chrono_literals;

namespace {

const Bytes kPlain = ToBytes(std::string_view("what waits"));
const Bytes kContext = ToBytes(std::string_view("a row"));
constexpr std::string_view kMaster = "0123456789abcdef0123456789abcdef";

struct Scene {
  StorageKeys::Options Options() {
    StorageKeys::Options options;
    options.path = path;
    options.master = Secret(master);
    options.rotate_every = 10min;
    return options;
  }
  Result<void> Open(StorageKeys::Options options, StorageKeyId newest_used = 0) {
    keys.reset();
    auto opened = StorageKeys::Open(std::move(options), {store_id, newest_used}, {clock, random});
    if (!opened) return tl::unexpected(opened.error());
    keys = *std::move(opened);
    return {};
  }
  std::string Refusal(StorageKeys::Options options, StorageKeyId newest_used = 0) {
    const auto opened = Open(std::move(options), newest_used);
    REQUIRE_FALSE(opened);
    return std::string(opened.error().what.view());
  }
  StorageKeys::Sealed Seal(Millis life = 1h) { return keys->Seal(life, kPlain, kContext).value(); }
  bool Opens(const StorageKeys::Sealed& sealed) {
    const auto plain = keys->Open(sealed.key, sealed.octets, kContext).value();
    return plain && *plain == kPlain;
  }

  ScratchFolder folder;
  std::string path = folder.path() + "/core.keys";
  std::string master{kMaster};
  Bytes16 store_id{1, 2, 3};
  ManualClock clock;
  CountingRandom random;
  std::unique_ptr<StorageKeys> keys;
};

}  // namespace

TEST_CASE("What was sealed opens with its row's context, here and after the next start") {
  Scene scene;
  REQUIRE(scene.Open(scene.Options()));
  const auto sealed = scene.Seal();
  CHECK(scene.Opens(sealed));
  CHECK_FALSE(scene.keys->Open(sealed.key, sealed.octets, kPlain));
  REQUIRE(scene.Open(scene.Options(), sealed.key));
  CHECK(scene.Opens(sealed));
}

TEST_CASE("Each class of life has one key in use, for as long as it may be") {
  Scene scene;
  REQUIRE(scene.Open(scene.Options()));
  const auto hour = scene.Seal(1h);
  CHECK(scene.Seal(59min).key == hour.key);
  CHECK(scene.Seal(24h).key != hour.key);
  const auto half_minute = scene.Seal(30s);
  scene.clock.Pass(30s);
  CHECK(scene.Seal(30s).key != half_minute.key);
  CHECK(scene.Seal(1h).key == hour.key);
  scene.clock.Pass(10min);
  CHECK(scene.Seal(1h).key != hour.key);
  CHECK(scene.Opens(hour));
}

TEST_CASE("A destroyed key opens nothing, here or after the next start") {
  Scene scene;
  REQUIRE(scene.Open(scene.Options()));
  const auto kept = scene.Seal(24h);
  const auto gone = scene.Seal(1h);
  // The control: a copy of the file made before it is destroyed opens it.
  const std::string copy = scene.folder.path() + "/copy.keys";
  std::filesystem::copy_file(scene.path, copy);
  REQUIRE(scene.keys->Destroy({gone.key}));
  CHECK_FALSE(scene.Opens(gone));
  REQUIRE(scene.Open(scene.Options(), gone.key));
  CHECK_FALSE(scene.Opens(gone));
  CHECK(scene.Opens(kept));
  scene.path = copy;
  REQUIRE(scene.Open(scene.Options(), gone.key));
  CHECK(scene.Opens(gone));
}

// The file has two; what one of them keeps is as good as kept.
TEST_CASE("Neither slot of the file holds a destroyed key") {
  Scene scene;
  REQUIRE(scene.Open(scene.Options()));
  const auto kept = scene.Seal(24h);
  const auto gone = scene.Seal(1h);
  REQUIRE(scene.keys->Destroy({gone.key}));
  const std::string path = scene.path;
  for (const std::streamoff spoilt : {0, 16384}) {
    scene.path = path + std::to_string(spoilt);
    std::filesystem::copy_file(path, scene.path);
    {
      std::fstream file(scene.path, std::ios::in | std::ios::out | std::ios::binary);
      file.seekp(spoilt);
      file << std::string(16384, '\0');
    }
    REQUIRE(scene.Open(scene.Options(), gone.key));
    CHECK(scene.Opens(kept));
    CHECK_FALSE(scene.Opens(gone));
  }
}

TEST_CASE("An id is never used twice, so that an old row cannot open under a new key") {
  Scene scene;
  REQUIRE(scene.Open(scene.Options()));
  const auto first = scene.Seal();
  REQUIRE(scene.keys->Destroy({first.key}));
  REQUIRE(scene.Open(scene.Options(), first.key));
  CHECK(scene.Seal().key > first.key);
}

TEST_CASE("Master key, keys and store that do not belong together are refused in words") {
  Scene scene;
  REQUIRE(scene.Open(scene.Options()));
  const StorageKeyId used = scene.Seal().key;
  SECTION("another master key") {
    scene.master = "another master key, of 32 octets";
    CHECK(scene.Refusal(scene.Options(), used).find("this master key") != std::string::npos);
  }
  SECTION("a short master key") {
    scene.master = "short";
    CHECK(scene.Refusal(scene.Options(), used).find("32 octets") != std::string::npos);
  }
  SECTION("another store") {
    scene.store_id = Bytes16{9};
    CHECK(scene.Refusal(scene.Options(), used).find("another store") != std::string::npos);
  }
  SECTION("older keys than the store's") {
    CHECK(scene.Refusal(scene.Options(), used + 1).find("older") != std::string::npos);
  }
  SECTION("no keys at all") {
    std::filesystem::remove(scene.path);
    CHECK(scene.Refusal(scene.Options(), used).find("missing") != std::string::npos);
  }
  SECTION("keys that others can read") {
    std::filesystem::permissions(scene.path, std::filesystem::perms(0644));
    CHECK(scene.Refusal(scene.Options(), used).find("0600") != std::string::npos);
  }
}

TEST_CASE(
    "Without a master key of the operator's own there is one beside the keys, kept with care") {
  Scene scene;
  scene.master.clear();
  REQUIRE(scene.Open(scene.Options()));
  const auto sealed = scene.Seal();
  REQUIRE(scene.Open(scene.Options(), sealed.key));
  CHECK(scene.Opens(sealed));
  std::filesystem::remove(scene.path + ".master");
  CHECK(scene.Refusal(scene.Options(), sealed.key).find("missing") != std::string::npos);
}

TEST_CASE("Who gives up what waits starts with new keys, and the old rows stay shut") {
  Scene scene;
  REQUIRE(scene.Open(scene.Options()));
  const auto lost = scene.Seal();
  std::filesystem::remove(scene.path);
  auto options = scene.Options();
  options.forget = true;
  REQUIRE(scene.Open(std::move(options), lost.key));
  CHECK_FALSE(scene.Opens(lost));
  CHECK(scene.Seal().key > lost.key);
}

TEST_CASE("There are at most so many keys; at the bound the one in use goes on") {
  Scene scene;
  REQUIRE(scene.Open(scene.Options()));
  for (std::size_t i = 0; i < StorageKeys::kKeysMax + 10; ++i) {
    scene.Seal(1h);
    scene.clock.Pass(10min);
  }
  CHECK(scene.keys->ids().size() == StorageKeys::kKeysMax);
  const auto sealed = scene.Seal(1h);
  CHECK(scene.Opens(sealed));
  REQUIRE(scene.Open(scene.Options(), sealed.key));
  CHECK(scene.Opens(sealed));
}

// Whatever the process was doing when it died: what it had been told was sealed still opens, and
// what it had been told was destroyed does not.
TEST_CASE("A death at any write or sync of the key file loses no key and brings none back") {
  for (std::size_t operations = 0; operations < 200; ++operations) {
    for (const std::size_t torn : {std::size_t{0}, std::size_t{4096}, std::size_t{16384}}) {
      Scene scene;
      REQUIRE(scene.Open(scene.Options()));  // the file is there
      Fault fault{operations, torn};
      auto options = scene.Options();
      options.wrap_file = [&fault](std::unique_ptr<KeyFile> file) -> std::unique_ptr<KeyFile> {
        return std::make_unique<FaultyKeyFile>(std::move(file), fault);
      };
      std::vector<StorageKeys::Sealed> live, gone;
      StorageKeyId newest = 0;
      if (scene.Open(std::move(options))) {
        for (int round = 0; round < 4 && !fault.dead; ++round) {
          for (const Millis life : {Millis(30s), Millis(1h)}) {
            auto sealed = scene.keys->Seal(life, kPlain, kContext);
            if (!sealed) break;
            newest = std::max(newest, sealed->key);
            live.push_back(*std::move(sealed));
          }
          scene.clock.Pass(10min);
          // The oldest goes; when that did not end well it may be either.
          if (fault.dead || live.empty()) break;
          auto oldest = live.front();
          live.erase(live.begin());
          if (scene.keys->Destroy({oldest.key})) gone.push_back(std::move(oldest));
        }
      }
      REQUIRE(scene.Open(scene.Options(), newest));
      for (const auto& each : live) REQUIRE(scene.Opens(each));
      for (const auto& each : gone) REQUIRE_FALSE(scene.Opens(each));
      if (!fault.dead) return;  // it came through: every point has been tried
    }
  }
  FAIL("the bound is too low for every point");
}
