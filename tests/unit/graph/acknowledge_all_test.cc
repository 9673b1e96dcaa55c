#include "adapters/sdk/acknowledge_all.h"

#include <catch2/catch.hpp>
#include <optional>

namespace trestle {
namespace {

struct Heard {
  std::optional<Result<void>> result;
  Done<void> Listener() {
    return [this](Result<void> outcome) { result = outcome; };
  }
};

TEST_CASE("The answer waits for the last acknowledgement") {
  Heard heard;
  Done<void> first;
  Done<void> second;
  {
    AcknowledgeAll all(heard.Listener());
    first = all.One();
    second = all.One();
  }

  std::move(second)({});
  CHECK_FALSE(heard.result);
  std::move(first)({});

  REQUIRE(heard.result);
  CHECK(heard.result->has_value());
}

TEST_CASE("One failure fails the answer") {
  Heard heard;
  {
    AcknowledgeAll all(heard.Listener());
    all.One()({});
    all.One()(Fail(Reason::kStorage, "full"));
    all.One()({});
  }

  REQUIRE(heard.result);
  CHECK(heard.result->error().reason == Reason::kStorage);
}

TEST_CASE("An acknowledgement that is dropped counts as failed") {
  Heard heard;
  {
    AcknowledgeAll all(heard.Listener());
    const Done<void> dropped = all.One();
  }

  REQUIRE(heard.result);
  CHECK_FALSE(heard.result->has_value());
}

TEST_CASE("Nothing to acknowledge is acknowledged") {
  Heard heard;
  { const AcknowledgeAll all(heard.Listener()); }

  REQUIRE(heard.result);
  CHECK(heard.result->has_value());
}

}  // namespace
}  // namespace trestle
