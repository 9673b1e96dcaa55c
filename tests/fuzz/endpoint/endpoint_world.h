// Ana and Ben with endpoints and a thread, the same in every run: for the fuzz target and for the
// seeds that belong to it.
#pragma once

#include <cstdlib>
#include <filesystem>

#include "endpoint/endpoint.h"
#include "tests/fuzz/endpoint/fuzz_world.h"

namespace trestle::endpoint::fuzzing {

class FixedClock final : public Clock {
 public:
  WallTime wall_now() const override { return {1'760'000'000'000}; }
  MonoTime mono_now() const override { return {0}; }
};

struct EndpointWorld {
  mls::fuzzing::FixedRandom random;
  FixedClock clock;
  std::string folder = MakeFolder();
  std::unique_ptr<Endpoint> ana = Open("/ana");
  std::unique_ptr<Endpoint> ben = Open("/ben");
  Bytes key_package;  // Ben's last resort, which joins again and again

  EndpointWorld() {
    const Bytes once = ben->MakeKeyPackages(1)->front();
    TRESTLE_CHECK(ben->JoinThread("ana", *ana->StartThread("ben", once)).has_value());
    key_package = *ben->LastResortKeyPackage();
  }
  EndpointWorld(const EndpointWorld&) = delete;
  EndpointWorld& operator=(const EndpointWorld&) = delete;
  ~EndpointWorld() {
    ana.reset();
    ben.reset();
    std::filesystem::remove_all(folder);
  }

 private:
  static std::string MakeFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "trestle-fuzz-XXXXXX").string();
    TRESTLE_CHECK(::mkdtemp(pattern.data()) != nullptr);
    return pattern;
  }
  std::unique_ptr<Endpoint> Open(const std::string& who) {
    auto out = Endpoint::Open(folder + who, random, clock);
    TRESTLE_CHECK(out.has_value());
    return *std::move(out);
  }
};

}  // namespace trestle::endpoint::fuzzing
