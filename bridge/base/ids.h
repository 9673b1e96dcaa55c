// Sixteen opaque octets with a kind. No kind of id converts to another; all are safe to log,
// because they are random, but for the time in some of them, or hashes of random values, and never
// derived from an address.
#pragma once

#include <compare>
#include <cstring>
#include <functional>
#include <string>

#include "bridge/base/bytes.h"
#include "bridge/base/result.h"
#include "bridge/base/seams.h"

namespace trestle {

template <class Tag>
class Id {
 public:
  Id() = default;  // all zeros: "none"
  explicit Id(const Bytes16& bytes) : bytes_(bytes) {}

  static Id Mint(Random& random) {
    Id id;
    random.Fill(id.bytes_);
    return id;
  }
  // Begins with the time, in milliseconds of the Unix epoch as 48 bits, most significant first, as
  // an UUID of version 7 does (RFC 9562, 5.7); 80 random bits follow. What is written at about the
  // same time stands together in an index, on few of its pages.
  static Id MintInOrder(WallTime now, Random& random) {
    constexpr int kTimeBytes = 6;
    Id id = Mint(random);
    for (int i = 0; i < kTimeBytes; ++i) {
      id.bytes_[static_cast<std::size_t>(i)] =
          static_cast<std::uint8_t>(now.ms >> (8 * (kTimeBytes - 1 - i)));
    }
    return id;
  }
  // kMalformed unless exactly 16 octets.
  static Result<Id> FromBytes(ByteView bytes) {
    if (bytes.size() != 16) return Fail(Reason::kMalformed, "an id is 16 octets");
    Id id;
    std::memcpy(id.bytes_.data(), bytes.data(), 16);
    return id;
  }
  static Result<Id> FromHex(std::string_view hex) {
    const Bytes bytes = TRESTLE_TRY(::trestle::FromHex(hex));
    return FromBytes(bytes);
  }

  ByteView bytes() const { return bytes_; }
  std::string hex() const { return ToHex(bytes_); }
  bool is_none() const { return *this == Id(); }
  auto operator<=>(const Id&) const = default;

 private:
  Bytes16 bytes_{};
};

using AccountId = Id<struct AccountTag>;      // one person at the bridge; never shown to a peer
using EnrolmentId = Id<struct EnrolmentTag>;  // an account's presence on one network
using AliasId = Id<struct AliasTag>;
using ContactId = Id<struct ContactTag>;    // the relationship of two accounts
using LinkId = Id<struct LinkTag>;          // one account's side of a contact on one network
using EnvelopeId = Id<struct EnvelopeTag>;  // chosen by the sender: the idempotency key
using DeliveryId = Id<struct DeliveryTag>;  // one outbox row; minted in order
using GroupId = Id<struct GroupTag>;        // the MLS group of a contact

// For unordered containers. The last octets are uniformly random in every id, so they are a hash.
struct IdHash {
  template <class Tag>
  std::size_t operator()(const Id<Tag>& id) const {
    std::size_t out = 0;
    std::memcpy(&out, id.bytes().last(sizeof out).data(), sizeof out);
    return out;
  }
};

}  // namespace trestle
