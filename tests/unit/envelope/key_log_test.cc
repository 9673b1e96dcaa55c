#include "bridge/envelope/key_log.h"

#include <catch2/catch.hpp>
#include <vector>

#include "tests/unit/sdk/manual_seams.h"

using namespace trestle;
using namespace trestle::test;

namespace {

std::vector<KeyLogEntry> Log(std::size_t entries) {
  CountingRandom random;
  std::vector<KeyLogEntry> out;
  Bytes32 before{};
  for (std::size_t i = 1; i <= entries; ++i) {
    KeyLogEntry entry;
    entry.number = i;
    entry.at = WallTime{static_cast<std::int64_t>(1000 * i)};
    entry.kind = KeyLogKind::kClaimed;
    random.Fill(entry.ref);
    entry.contact = ContactId::Mint(random);
    entry.hash = KeyLogHash(before, entry);
    before = entry.hash;
    out.push_back(entry);
  }
  return out;
}

}  // namespace

TEST_CASE("A true key log verifies, and its head is where the next reading begins") {
  const auto log = Log(5);
  const auto head = VerifyKeyLog(std::nullopt, std::span(log).first(3));
  REQUIRE(head);
  CHECK(head->number == 3);
  CHECK(VerifyKeyLog(*head, std::span(log).subspan(3))->number == 5);
}

TEST_CASE("Any changed octet of any entry breaks the chain") {
  const auto log = Log(3);
  for (std::size_t i = 0; i < log.size(); ++i) {
    for (const auto change : {+[](KeyLogEntry& entry) { entry.at.ms += 1; },
                              +[](KeyLogEntry& entry) { entry.kind = KeyLogKind::kPublished; },
                              +[](KeyLogEntry& entry) { entry.ref[31] ^= 1; },
                              +[](KeyLogEntry& entry) { entry.contact = ContactId(); },
                              +[](KeyLogEntry& entry) { entry.hash[0] ^= 1; }}) {
      auto changed = log;
      change(changed[i]);
      CHECK(VerifyKeyLog(std::nullopt, changed).error().reason == Reason::kConflict);
    }
  }
}

TEST_CASE("An entry that is missing, or came in between, breaks the chain") {
  const auto log = Log(4);
  auto without = log;
  without.erase(without.begin() + 1);
  CHECK_FALSE(VerifyKeyLog(std::nullopt, without));
  auto twice = log;
  twice.insert(twice.begin() + 2, log[1]);
  CHECK_FALSE(VerifyKeyLog(std::nullopt, twice));
}

TEST_CASE("A log whose beginning is gone is believed from where it begins") {
  const auto log = Log(6);
  CHECK(VerifyKeyLog(std::nullopt, std::span(log).subspan(2))->number == 6);
  CHECK_FALSE(VerifyKeyLog(KeyLogHead{1, log[0].hash}, std::span(log).subspan(2)));
}

TEST_CASE("The chain's hash is what the protocol document says") {
  // SHA-256("trestle key log 1" | 32 zeros | 00…01 | 00…03e8 | 01 | 32 zeros | 16 zeros), computed
  // with Python's hashlib.
  KeyLogEntry first;
  first.number = 1;
  first.at = WallTime{1000};
  CHECK(ToHex(KeyLogHash({}, first)) ==
        "5fa0692c008af767ab53106cfd2136a4c93b26ad81a0ef28ac6896e7bba501b5");
}
