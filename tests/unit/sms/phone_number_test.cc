// Numbers as centres spell them, and who is meant.
#include "adapters/sms/phone_number.h"

#include <catch2/catch.hpp>

namespace trestle::sms {
namespace {

std::string CanonicalOf(const Address& address, std::string_view region = "") {
  return SenderOf(address, region).canonical;
}

}  // namespace

TEST_CASE("One person has one canonical number in all spellings of it") {
  for (const Address& address : {Address{1, 1, "447700900001"}, Address{1, 1, "+447700900001"},
                                 Address{0, 0, "+447700900001"}, Address{0, 1, "447700900001"},
                                 Address{2, 1, "07700900001"}, Address{2, 8, "7700900001"},
                                 Address{0, 0, "07700900001"}, Address{0, 0, "00447700900001"}}) {
    CAPTURE(address.text);
    const Sender sender = SenderOf(address, "GB");
    CHECK(sender.kind == SenderKind::kPerson);
    CHECK(sender.canonical == "447700900001");
  }
}

TEST_CASE("The network's own spelling is what answers are written to") {
  for (const Address& address : {Address{1, 1, "447700900001"}, Address{2, 8, "07700900001"},
                                 Address{0, 0, "07700900001"}, Address{1, 1, "5215512345678"},
                                 Address{0, 1, "00447700900001"}, Address{1, 1, "6834001"}}) {
    CAPTURE(address.text);
    CHECK(AddressOf(SenderOf(address, "GB").spelling, 3) == address);
  }
  // National, and nobody said of which country: written back as it came.
  CHECK(AddressOf(SenderOf({2, 1, "07700900001"}, "").spelling, 3) == Address{2, 1, "07700900001"});
  CHECK(AddressOf(SenderOf({0, 0, "07700900001"}, "").spelling, 3) == Address{0, 0, "07700900001"});
  // A plus is no digit: international it is.
  CHECK(AddressOf(SenderOf({0, 0, "+447700900001"}, "").spelling, 3) ==
        Address{1, 1, "447700900001"});
  CHECK(AddressOf("12345", 3) == Address{3, 0, "12345"});
}

TEST_CASE("A country's own rules of spelling apply") {
  // Mexico dropped its mobile 1 in 2019, and networks still write it.
  CHECK(CanonicalOf({1, 1, "5215512345678"}) == "525512345678");
  CHECK(CanonicalOf({1, 1, "525512345678"}) == "525512345678");
  CHECK(CanonicalOf({2, 1, "0171 1234567"}, "DE") == "0171 1234567");  // a blank is no digit
  CHECK(CanonicalOf({2, 1, "01711234567"}, "DE") == "491711234567");
  CHECK(CanonicalOf({2, 1, "2025550100"}, "US") == "12025550100");
  // In Italy the leading 0 belongs to the number.
  CHECK(CanonicalOf({2, 1, "0669812345"}, "IT") == "390669812345");
}

TEST_CASE("A number that the library does not know is taken as it came") {
  CHECK(CanonicalOf({1, 1, "99900012345"}) == "99900012345");
  CHECK(CanonicalOf({2, 1, "07700900001"}) == "07700900001");  // national, and no region given
  CHECK(SenderOf({1, 1, "99900012345"}, "").kind == SenderKind::kPerson);
}

TEST_CASE("Names and short codes are told from persons") {
  CHECK(SenderOf({5, 0, "SHOP"}, "").kind == SenderKind::kAlphanumeric);
  CHECK(SenderOf({0, 0, "MyBank"}, "").kind == SenderKind::kAlphanumeric);
  CHECK(SenderOf({5, 0, "447700900001"}, "").kind == SenderKind::kAlphanumeric);
  CHECK(SenderOf({3, 0, "12345"}, "").kind == SenderKind::kShortCode);
  CHECK(SenderOf({0, 0, "80888"}, "GB").kind == SenderKind::kShortCode);
  CHECK(SenderOf({6, 0, "447700900001"}, "").kind == SenderKind::kShortCode);
  CHECK(SenderOf({0, 0, ""}, "").kind == SenderKind::kUnreadable);
}

TEST_CASE("Our own number is known in the centre's spelling of it") {
  const std::vector<std::string> ours = {"447700900900", "12345"};
  CHECK(OwnNumber({1, 1, "447700900900"}, "", ours) == "447700900900");
  CHECK(OwnNumber({2, 8, "07700900900"}, "GB", ours) == "447700900900");
  CHECK(OwnNumber({3, 0, "12345"}, "GB", ours) == "12345");
  CHECK(OwnNumber({1, 1, "447700900999"}, "GB", ours) == "447700900999");
}

TEST_CASE("A region is one that exists") {
  CHECK(IsRegion("GB"));
  CHECK_FALSE(IsRegion("XX"));
  CHECK_FALSE(IsRegion("gb"));
}

}  // namespace trestle::sms
