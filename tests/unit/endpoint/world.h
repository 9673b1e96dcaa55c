// Two or more people with endpoints, a seeded Random and a clock moved by hand; folders vanish with
// it.
#pragma once

#include <filesystem>
#include <memory>
#include <random>
#include <string>

#include "endpoint/endpoint.h"

namespace trestle::endpoint::testing {

class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : engine_(seed) {}
  void Fill(std::span<std::uint8_t> out) override {
    for (std::uint8_t& octet : out) octet = static_cast<std::uint8_t>(engine_() & 0xFF);
  }

 private:
  std::mt19937_64 engine_;
};

class HandClock final : public Clock {
 public:
  WallTime wall_now() const override { return wall_; }
  MonoTime mono_now() const override { return {wall_.ms}; }
  void Advance(Millis span) { wall_ = wall_ + span; }

 private:
  WallTime wall_{1'760'000'000'000};
};

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "trestle-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  std::string operator/(std::string_view name) const { return path_ + "/" + std::string(name); }

 private:
  std::string path_;
};

template <class T>
T Must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().what.c_str());
  return *std::move(result);
}
inline void Must(Result<void> result) {
  if (!result) throw std::runtime_error(result.error().what.c_str());
}
template <class T>
std::string WhyNot(const Result<T>& result) {
  return result ? "it was accepted" : std::string(result.error().what.view());
}

// Ana starts the thread "ben"; Ben joins it as "ana".
struct World {
  SeededRandom random{7};
  HandClock clock;
  TemporaryFolder folder;
  std::unique_ptr<Endpoint> ana = Open("ana");
  std::unique_ptr<Endpoint> ben = Open("ben");

  std::unique_ptr<Endpoint> Open(std::string_view who) {
    return Must(Endpoint::Open(folder / who, random, clock));
  }
  void Meet() {
    const Bytes key_package = Must(ben->MakeKeyPackages(1)).front();
    Must(ben->JoinThread("ana", Must(ana->StartThread("ben", key_package))));
  }
  Sealed AnaSays(std::string text) {
    return Must(ana->Seal("ben", content::Message::Text(std::move(text)), {}));
  }
  std::string BenReads(const Sealed& sealed) {
    return Must(ben->Unseal("ana", sealed.payload)).message.text();
  }
};

}  // namespace trestle::endpoint::testing
