// Sixteen opaque octets with a kind. No kind of id converts to another; all are safe to log,
// because they are random or hashes of random values and never derived from an address.
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
using DeliveryId = Id<struct DeliveryTag>;  // one outbox row
using GroupId = Id<struct GroupTag>;        // the MLS group of a contact

// For unordered containers. Ids are uniformly random, so their first octets are a hash.
struct IdHash {
  template <class Tag>
  std::size_t operator()(const Id<Tag>& id) const {
    std::size_t out = 0;
    std::memcpy(&out, id.bytes().data(), sizeof out);
    return out;
  }
};

}  // namespace trestle
