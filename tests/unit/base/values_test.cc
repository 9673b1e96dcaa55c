// Results, ids, sensitive values, digests.
#include <catch2/catch.hpp>
#include <ostream>
#include <set>
#include <type_traits>

#include "bridge/base/digest.h"
#include "bridge/base/event_log.h"
#include "bridge/base/ids.h"
#include "bridge/base/sensitive.h"
#include "tests/unit/sdk/manual_seams.h"

using namespace trestle;
using trestle::test::CountingRandom;

namespace {

template <class T>
concept Streams = requires(std::ostream& out, const T& value) {
  out << value;
};
template <class T>
concept Logs = requires(const T& value) {
  EventField("field", value);
};

Result<int> Half(int number) {
  if (number % 2 != 0) return Fail(Reason::kInvalidArgument, "odd");
  return number / 2;
}
Result<int> Quarter(int number) { return Half(TRESTLE_TRY(Half(number))); }

}  // namespace

TEST_CASE("TRESTLE_TRY hands on the value or the error as it is") {
  CHECK(Quarter(12).value() == 3);
  CHECK(Quarter(6).error().reason == Reason::kInvalidArgument);
  CHECK(Quarter(6).error().what.view() == "odd");
}

TEST_CASE("Every reason has a name of its own") {
  std::set<std::string_view> names;
  for (int i = 0; i <= static_cast<int>(Reason::kInternal); ++i) {
    names.insert(ReasonName(static_cast<Reason>(i)));
  }
  CHECK(names.size() == static_cast<std::size_t>(Reason::kInternal) + 1);
  CHECK_FALSE(names.contains("unknown"));
}

TEST_CASE("Ids of different kinds do not convert to one another") {
  STATIC_REQUIRE_FALSE(std::is_convertible_v<AccountId, LinkId>);
  STATIC_REQUIRE_FALSE(std::is_constructible_v<AccountId, LinkId>);
  STATIC_REQUIRE_FALSE(std::is_convertible_v<Bytes16, AccountId>);
}

TEST_CASE("An id comes back from its hex, and from nothing else") {
  CountingRandom random;
  const AccountId id = AccountId::Mint(random);
  CHECK(AccountId::FromHex(id.hex()).value() == id);
  CHECK_FALSE(AccountId::FromHex(id.hex().substr(2)));
  CHECK_FALSE(AccountId::FromHex(id.hex() + "00"));
  CHECK(AccountId().is_none());
  CHECK_FALSE(id.is_none());
}

TEST_CASE("A sensitive value cannot be copied, printed or logged") {
  STATIC_REQUIRE_FALSE(std::is_copy_constructible_v<Secret>);
  STATIC_REQUIRE_FALSE(std::is_copy_assignable_v<Secret>);
  STATIC_REQUIRE_FALSE(Streams<Secret>);
  STATIC_REQUIRE_FALSE(Logs<Secret>);
  STATIC_REQUIRE_FALSE(Logs<std::string>);
  STATIC_REQUIRE_FALSE(Logs<std::string_view>);
  STATIC_REQUIRE_FALSE(Logs<Bytes>);
  STATIC_REQUIRE(Logs<AccountId>);
}

TEST_CASE("A moved sensitive value leaves nothing behind") {
  Secret first("token");
  Secret second(std::move(first));
  CHECK(first.empty());  // NOLINT(bugprone-use-after-move)
  CHECK(second.Reveal(Purpose::kCompare) == "token");
  Secret third("other");
  third = std::move(second);
  CHECK(second.empty());  // NOLINT(bugprone-use-after-move)
  CHECK(third.Equals(Secret("token")));
  CHECK_FALSE(third.Equals(Secret("tokem")));
}

TEST_CASE("A sensitive value that is moved onto itself is kept") {
  Secret value("token");
  Secret& same = value;
  value = std::move(same);
  CHECK(value.Reveal(Purpose::kCompare) == "token");
}

TEST_CASE("SHA-256 follows FIPS 180's example, in one piece and in parts") {
  const std::string expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  CHECK(ToHex(Sha256(AsBytes("abc"))) == expected);
  CHECK(ToHex(Sha256({AsBytes("a"), AsBytes(""), AsBytes("bc")})) == expected);
}

TEST_CASE("HMAC-SHA256 follows RFC 4231, case 2") {
  CHECK(ToHex(HmacSha256(AsBytes("Jefe"), AsBytes("what do ya want for nothing?"))) ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST_CASE("HMAC takes an empty key") {
  CHECK(ToHex(HmacSha256({}, {})) ==
        "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST_CASE("A draw below a bound reaches every value and none above") {
  CountingRandom random;
  std::set<std::uint64_t> drawn;
  for (int i = 0; i < 500; ++i) drawn.insert(DrawBelow(random, 7));
  CHECK(drawn.size() == 7);
  CHECK(*drawn.rbegin() == 6);
  CHECK(DrawBelow(random, 1) == 0);
}
