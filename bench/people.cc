#include "bench/people.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "bridge/base/digest.h"
#include "bridge/base/system_seams.h"
#include "bridge/directory/alias_words.h"
#include "bridge/envelope/aad_header.h"
#include "bridge/envelope/mls_framing.h"
#include "bridge/envelope/tls_codec.h"

namespace trestle::bench {
namespace {

// Eight octets that rise with the index and are spread over all values, then eight of a hash.
template <class AnyId>
AnyId IdAt(std::string_view kind, std::uint64_t index, std::uint64_t count) {
  const std::uint64_t place = index * (~std::uint64_t{0} / count);
  Bytes16 octets{};
  for (std::size_t i = 0; i < 8; ++i) octets[i] = static_cast<std::uint8_t>(place >> (56 - 8 * i));
  const Bytes32 hash = Sha256({AsBytes(kind), ByteView(octets)});
  std::copy_n(hash.begin(), 8, octets.begin() + 8);
  return AnyId(octets);
}

template <class Words>
std::vector<std::string_view> Sorted(const Words& words) {
  std::vector<std::string_view> out(words.begin(), words.end());
  std::ranges::sort(out);
  return out;
}

// Names in the order of the alphabet, as far apart as the count allows.
std::string NameAt(std::uint64_t index, std::uint64_t count) {
  static const std::vector<std::string_view> adjectives = Sorted(kAliasAdjectives);
  static const std::vector<std::string_view> nouns = Sorted(kAliasNouns);
  constexpr std::uint64_t kNumbers = 10'000;
  const std::uint64_t names = adjectives.size() * nouns.size() * kNumbers;
  const std::uint64_t place = index * (names / count);
  std::string digits = std::to_string(place % kNumbers);
  digits.insert(0, 4 - digits.size(), '0');
  const std::uint64_t words = place / kNumbers;
  return std::string(adjectives[words / nouns.size()])
      .append("-")
      .append(nouns[words % nouns.size()])
      .append("-")
      .append(digits);
}

Person PersonAt(std::uint64_t index, std::uint64_t count) {
  Person person;
  person.account = IdAt<AccountId>("account", index, count);
  person.enrolment = IdAt<EnrolmentId>("enrolment", index, count);
  person.alias = IdAt<AliasId>("alias", index, count);
  person.alias_name = NameAt(index, count);
  return person;
}

}  // namespace

Circle CircleAt(std::uint64_t number, std::uint64_t circles) {
  Circle circle;
  circle.sender = PersonAt(kAccounts * number, kAccounts * circles);
  circle.token = ToHex(Sha256({AsBytes("token"), circle.sender.account.bytes()}));
  for (std::size_t i = 0; i < kContacts; ++i) {
    const std::uint64_t index = kContacts * number + i;
    const std::uint64_t count = kContacts * circles;
    Contact& contact = circle.contacts[i];
    contact.receiver = PersonAt(kAccounts * number + 1 + i, kAccounts * circles);
    contact.id = IdAt<ContactId>("contact", index, count);
    contact.sender_link = IdAt<LinkId>("link", 2 * index, 2 * count);
    contact.receiver_link = IdAt<LinkId>("link", 2 * index + 1, 2 * count);
    contact.group = IdAt<GroupId>("group", index, count);
  }
  return circle;
}

PayloadMaker::PayloadMaker(std::size_t ciphertext_bytes) : ciphertext_bytes_(ciphertext_bytes) {
  TRESTLE_CHECK(IsBucket(ciphertext_bytes));
  SystemRandom random;
  random.Fill(salt_);
  Bytes noise(ciphertext_bytes);
  random.Fill(noise);
  TlsWriter writer;
  writer.Vector(ByteView(noise).first(28));  // the encrypted sender data
  writer.Vector(noise);
  tail_ = std::string(AsText(writer.bytes()));
}

std::string PayloadMaker::Make(const GroupId& group, std::uint64_t made_at) {
  AadHeader header;
  Bytes16 id = salt_;
  ++last_;
  for (std::size_t i = 0; i < 8; ++i) id[i] ^= static_cast<std::uint8_t>(last_ >> (8 * i));
  header.envelope_id = EnvelopeId(id);
  TlsWriter writer;
  writer.U16(1);  // RFC 9420, Section 6: mls10
  writer.U16(static_cast<std::uint16_t>(WireFormat::kPrivateMessage));
  writer.Vector(group.bytes());
  writer.U64(1);  // the epoch
  writer.U8(static_cast<std::uint8_t>(ContentType::kApplication));
  writer.Vector(EncodeAad(header));
  std::string out = std::string(AsText(writer.bytes())).append(tail_);
  std::memcpy(out.data() + out.size() - ciphertext_bytes_, &made_at, sizeof made_at);
  return out;
}

std::uint64_t PayloadMaker::MadeAt(std::string_view frame, std::size_t ciphertext_bytes) {
  std::uint64_t out = 0;
  if (frame.size() < ciphertext_bytes) return out;
  std::memcpy(&out, frame.data() + frame.size() - ciphertext_bytes, sizeof out);
  return out;
}

}  // namespace trestle::bench
