// A made-up directory for measurements: circles of one sender, who is a gRPC client, and the people
// they write to, who are on the network "bench". All that a circle is follows from its number, so
// that the program which fills a store and the one which loads the daemon need to tell each other
// nothing. Ids rise with the numbers: a store is filled from left to right, which for millions of
// people is the difference between minutes and hours; look-ups see the same tables.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "bridge/base/ids.h"

namespace trestle::bench {

inline constexpr std::string_view kNetwork = "bench";

struct Person {
  AccountId account;
  EnrolmentId enrolment;
  AliasId alias;
  std::string alias_name;
};

// The sender's contact with one of the others.
struct Contact {
  Person receiver;
  ContactId id;
  LinkId sender_link;
  LinkId receiver_link;
  GroupId group;
};

inline constexpr std::size_t kContacts = 8;  // of each sender
inline constexpr std::size_t kAccounts = kContacts + 1;

struct Circle {
  Person sender;
  std::string token;  // the sender's
  std::array<Contact, kContacts> contacts;
};

// Of `circles` altogether; `number` is below that.
Circle CircleAt(std::uint64_t number, std::uint64_t circles);

// Application messages that a bridge takes, each with an envelope id of its own. The ciphertext is
// noise of `ciphertext_bytes` octets, a bucket, but for its first eight: they say when it was made.
class PayloadMaker {
 public:
  explicit PayloadMaker(std::size_t ciphertext_bytes);
  std::string Make(const GroupId& group, std::uint64_t made_at);

  // What Make was told, from a payload or a frame that ends with one.
  static std::uint64_t MadeAt(std::string_view frame, std::size_t ciphertext_bytes);

 private:
  const std::size_t ciphertext_bytes_;
  std::string tail_;  // what follows the AAD
  std::uint64_t last_ = 0;
  Bytes16 salt_{};
};

}  // namespace trestle::bench
