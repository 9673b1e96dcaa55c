// Octets that look like MLS messages to somebody without a key: right framing, random ciphertext.
#pragma once

#include "bridge/base/ids.h"
#include "bridge/envelope/aad_header.h"
#include "bridge/envelope/mls_framing.h"
#include "bridge/envelope/tls_codec.h"

namespace trestle::test {

inline Bytes Noise(Random& random, std::size_t count) {
  Bytes out(count);
  random.Fill(out);
  return out;
}

struct SealedOptions {
  GroupId group = {};
  std::uint64_t epoch = 1;
  EnvelopeId id = {};
  TtlClass ttl = TtlClass::kDay;
  DeliveryClass delivery = DeliveryClass::kNormal;
  std::size_t ciphertext_bytes = 256;
};

inline Bytes PrivateMessage(Random& random, const SealedOptions& options, ContentType type,
                            ByteView aad) {
  TlsWriter out;
  out.U16(1).U16(static_cast<std::uint16_t>(WireFormat::kPrivateMessage));
  out.Vector(options.group.bytes()).U64(options.epoch).U8(static_cast<std::uint8_t>(type));
  out.Vector(aad).Vector(Noise(random, 28)).Vector(Noise(random, options.ciphertext_bytes));
  return out.Take();
}

inline Bytes Application(Random& random, const SealedOptions& options) {
  AadHeader header;
  header.envelope_id = options.id;
  header.ttl = options.ttl;
  header.delivery = options.delivery;
  random.Fill(header.sender_tag);
  random.Fill(header.franking_tag);
  return PrivateMessage(random, options, ContentType::kApplication, EncodeAad(header));
}

inline Bytes Commit(Random& random, const GroupId& group, std::uint64_t epoch) {
  return PrivateMessage(random, {group, epoch, {}}, ContentType::kCommit, {});
}

inline Bytes Proposal(Random& random, const GroupId& group, std::uint64_t epoch) {
  return PrivateMessage(random, {group, epoch, {}}, ContentType::kProposal, {});
}

inline Bytes Welcome(Random& random) {
  TlsWriter out;
  out.U16(1).U16(static_cast<std::uint16_t>(WireFormat::kWelcome)).U16(1);
  out.Vector(Noise(random, 120)).Vector(Noise(random, 400));
  return out.Take();
}

inline Bytes KeyPackage(Random& random) {
  TlsWriter out;
  out.U16(1).U16(static_cast<std::uint16_t>(WireFormat::kKeyPackage)).U16(1).U16(1);
  out.Vector(Noise(random, 32)).Fixed(Noise(random, 200));
  return out.Take();
}

}  // namespace trestle::test
