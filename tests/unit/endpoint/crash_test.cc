// What a crash or a full disk may do to an endpoint: whatever it has handed out or shown stays
// spent, whatever it has refused stays possible.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "tests/unit/endpoint/world.h"

namespace trestle::endpoint {
namespace {

using namespace testing;
namespace fs = std::filesystem;

struct Crash : World {
  Crash() { Meet(); }

  // The process ends without a goodbye: what is in memory is lost, what is on disk is not.
  void Restart(std::unique_ptr<Endpoint>& who, std::string_view name) {
    who.reset();
    who = Open(name);
  }
  // Names of files of that person, by prefix.
  fs::path FileOf(std::string_view who, std::string_view prefix) {
    for (const auto& entry : fs::directory_iterator(folder / who)) {
      if (entry.path().filename().string().starts_with(prefix)) return entry.path();
    }
    FAIL("no such file");
    return {};
  }
};

// While it lives, that file of that person cannot be replaced: its temporary's place is taken.
class DiskTrouble {
 public:
  explicit DiskTrouble(const fs::path& file) : place_(file.string() + ".new") {
    fs::create_directory(place_);
  }
  DiskTrouble(const DiskTrouble&) = delete;
  DiskTrouble& operator=(const DiskTrouble&) = delete;
  ~DiskTrouble() { fs::remove(place_); }

 private:
  fs::path place_;
};

using FolderBytes = std::map<std::string, std::string>;
FolderBytes BytesOf(const std::string& folder) {
  FolderBytes out;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    out[entry.path().filename().string()] = std::string((std::istreambuf_iterator<char>(file)), {});
  }
  return out;
}

TEST_CASE_METHOD(Crash, "A crash between saving and sending costs a generation and reuses no key") {
  const Sealed lost = AnaSays("never left");
  Restart(ana, "ana");
  const Sealed sent = AnaSays("left");
  CHECK(BenReads(sent) == "left");
  // The lost one is another generation: had its key been used twice, it would be a replay now.
  CHECK(BenReads(lost) == "never left");
}

TEST_CASE_METHOD(Crash, "A message that was shown before a crash is not shown after it") {
  const Sealed sealed = AnaSays("once");
  CHECK(BenReads(sealed) == "once");
  Restart(ben, "ben");
  CHECK(WhyNot(ben->Unseal("ana", sealed.payload)) ==
        "a generation that was used already or is no longer held");
}

TEST_CASE_METHOD(Crash, "No ciphertext leaves when the state cannot be saved") {
  {
    const DiskTrouble trouble(FileOf("ana", "thread-"));
    CHECK(WhyNot(ana->Seal("ben", content::Message::Text("x"), {})) ==
          "the endpoint's state cannot be written");
  }
  CHECK(BenReads(AnaSays("y")) == "y");
}

TEST_CASE_METHOD(Crash,
                 "Nothing is shown when the state cannot be saved, and it opens afterwards") {
  const Sealed sealed = AnaSays("later");
  const FolderBytes before = BytesOf(folder / "ben");
  {
    const DiskTrouble trouble(FileOf("ben", "thread-"));
    CHECK(WhyNot(ben->Unseal("ana", sealed.payload)) == "the endpoint's state cannot be written");
  }
  CHECK(BytesOf(folder / "ben") == before);
  CHECK(BenReads(sealed) == "later");
}

TEST_CASE_METHOD(Crash,
                 "A thread whose directory cannot be saved is not there, and can be tried again") {
  auto cleo = Open("cleo");
  const Bytes key_package = Must(cleo->MakeKeyPackages(1)).front();
  const Bytes welcome = Must(ana->StartThread("cleo", key_package));
  {
    const DiskTrouble trouble(FileOf("cleo", "directory"));
    CHECK(WhyNot(cleo->JoinThread("ana", welcome)) == "the endpoint's state cannot be written");
    CHECK_FALSE(cleo->HasThread("ana"));
    CHECK(cleo->key_packages_kept() == 1);
  }
  Restart(cleo, "cleo");
  Must(cleo->JoinThread("ana", welcome));
  const Sealed sealed = Must(ana->Seal("cleo", content::Message::Text("hello"), {}));
  CHECK(Must(cleo->Unseal("ana", sealed.payload)).message.text() == "hello");
}

TEST_CASE_METHOD(Crash, "Key packages that cannot be saved are not handed out") {
  const DiskTrouble trouble(FileOf("ben", "directory"));
  CHECK_FALSE(ben->MakeKeyPackages(2).has_value());
  CHECK_FALSE(ben->LastResortKeyPackage().has_value());
  CHECK(ben->key_packages_kept() == 0);
}

TEST_CASE_METHOD(Crash, "A file half written by a crash is not read") {
  std::ofstream(FileOf("ben", "thread-").string() + ".new", std::ios::binary) << "half a state";
  Restart(ben, "ben");
  CHECK(BenReads(AnaSays("whole")) == "whole");
}

TEST_CASE_METHOD(Crash, "A rekey that waits for its confirmation survives a crash") {
  const Bytes commit = Must(ana->Rekey("ben"));
  Restart(ana, "ana");
  CHECK(WhyNot(ana->Rekey("ben")) == "a rekey waits for its confirmation");
  Must(ana->ConfirmRekey("ben", true));
  Must(ben->ApplyRekey("ana", commit));
  CHECK(BenReads(AnaSays("fresh")) == "fresh");
}

TEST_CASE_METHOD(Crash, "A refused rekey leaves the thread in its epoch") {
  Must(ana->Rekey("ben"));
  Must(ana->ConfirmRekey("ben", false));
  CHECK(BenReads(AnaSays("as before")) == "as before");
}

TEST_CASE_METHOD(Crash, "Whatever is refused at any door leaves every file as it was") {
  const Sealed sealed = AnaSays("x");
  Must(ben->LastResortKeyPackage());
  const FolderBytes before = BytesOf(folder / "ben");
  Bytes broken = sealed.payload;
  broken.back() ^= 1;
  CHECK_FALSE(ben->Unseal("ana", broken).has_value());
  CHECK_FALSE(ben->Unseal("nobody", sealed.payload).has_value());
  CHECK_FALSE(ben->ApplyRekey("ana", sealed.payload).has_value());
  CHECK_FALSE(ben->JoinThread("cleo", sealed.payload).has_value());
  CHECK_FALSE(ben->StartThread("cleo", sealed.payload).has_value());
  CHECK_FALSE(ben->ConfirmRekey("ana", true).has_value());
  CHECK_FALSE(ben->Seal("ana", content::Message::Text(std::string(70000, 'x')), {}).has_value());
  CHECK(BytesOf(folder / "ben") == before);
}

TEST_CASE_METHOD(Crash, "A state file with any octet changed, cut or exchanged is refused") {
  const fs::path file = FileOf("ben", "thread-");
  const std::string good = BytesOf(folder / "ben").at(file.filename().string());
  const auto rejects = [&](const std::string& bytes) {
    std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
    Restart(ben, "ben");
    return !ben->Seal("ana", content::Message::Text("x"), {}).has_value();
  };
  for (std::size_t i = 0; i < good.size(); i += 97) {
    std::string broken = good;
    broken[i] = static_cast<char>(broken[i] ^ 1);
    CHECK(rejects(broken));
  }
  CHECK(rejects(good.substr(0, good.size() / 2)));
  CHECK(rejects(BytesOf(folder / "ben").at("directory")));
  CHECK_FALSE(rejects(good));
}

}  // namespace
}  // namespace trestle::endpoint
