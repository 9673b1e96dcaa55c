#include <catch2/catch.hpp>

#include "adapters/instagram/codec.h"

namespace trestle {
namespace {

GraphVerdict Classify(int code, int subcode = 0) {
  return ClassifyGraphError(kInstagramErrors, {.code = code, .subcode = subcode}, std::nullopt);
}

struct Expected {
  int code;
  int subcode;
  GraphClass meaning;
  Retry retry;
};

// Instagram's documented codes, reference by reference.
constexpr Expected kExpected[] = {
    {1, 0, GraphClass::kRetry, Retry::kLater},
    {2, 0, GraphClass::kRetry, Retry::kLater},
    {4, 0, GraphClass::kBackOff, Retry::kLater},
    {4, 2018022, GraphClass::kBackOff, Retry::kLater},
    {10, 2534022, GraphClass::kRefuse, Retry::kNever},
    {10, 2018108, GraphClass::kRefusePerson, Retry::kNever},
    {10, 0, GraphClass::kStop, Retry::kLater},
    {100, 0, GraphClass::kRefuse, Retry::kNever},
    {100, 33, GraphClass::kRefuse, Retry::kNever},
    {100, 2018001, GraphClass::kRefusePerson, Retry::kNever},
    {100, 2018047, GraphClass::kRefuse, Retry::kNever},
    {100, 2018109, GraphClass::kRefuse, Retry::kNever},
    {104, 0, GraphClass::kStop, Retry::kLater},
    {190, 0, GraphClass::kStop, Retry::kLater},
    {190, 460, GraphClass::kStop, Retry::kLater},
    {190, 463, GraphClass::kStop, Retry::kLater},
    {190, 467, GraphClass::kStop, Retry::kLater},
    {200, 0, GraphClass::kStop, Retry::kLater},
    {299, 0, GraphClass::kStop, Retry::kLater},
    {368, 0, GraphClass::kStop, Retry::kLater},
    {551, 1545041, GraphClass::kRefusePerson, Retry::kNever},
    {613, 0, GraphClass::kBackOff, Retry::kLater},
    {1200, 0, GraphClass::kRetry, Retry::kLater},
};

TEST_CASE("Every documented code means what its row says, and is certainly not sent") {
  for (const Expected& row : kExpected) {
    INFO(row.code << "/" << row.subcode);
    const GraphVerdict verdict = Classify(row.code, row.subcode);
    CHECK(verdict.meaning == row.meaning);
    CHECK(verdict.attempt.retry == row.retry);
    CHECK(verdict.attempt.certainty == Certainty::kNotSent);
    CHECK(verdict.attempt.rule != Rule::kNone);
  }
}

TEST_CASE("Every row of the table is reached by a code of the list") {
  for (const GraphErrorRow& row : kInstagramErrors) {
    INFO(row.code_first << "/" << row.subcode);
    bool is_reached = false;
    for (const Expected& expected : kExpected) {
      const bool fits = expected.code >= row.code_first && expected.code <= row.code_last &&
                        (row.subcode == kAnySubcode || row.subcode == expected.subcode);
      is_reached = is_reached || fits;
    }
    CHECK(is_reached);
  }
}

TEST_CASE("A closed window reads as a thread that is not open") {
  CHECK(Classify(10, 2534022).attempt.rule == Rule::kThreadNotOpen);
}

TEST_CASE("A rate says when to come again, also when the network does not") {
  CHECK(Classify(613).attempt.retry_after.value_or(Millis{0}) > Millis{0});
  const auto told =
      ClassifyGraphError(kInstagramErrors, {.code = 613}, Millis{std::chrono::minutes(7)});
  CHECK(told.attempt.retry_after == Millis{std::chrono::minutes(7)});
}

TEST_CASE("An unknown code is tried again, unless it says that our call is wrong") {
  CHECK(Classify(99999).attempt.retry == Retry::kLater);
  CHECK(Classify(150).attempt.retry == Retry::kNever);
}

}  // namespace
}  // namespace trestle
