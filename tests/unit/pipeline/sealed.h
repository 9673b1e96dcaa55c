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

// A whole key package (RFC 9420, Sections 7.2 and 10), with these extensions.
inline Bytes WholeKeyPackage(Random& random, std::initializer_list<std::uint16_t> extensions) {
  TlsWriter list;
  for (const std::uint16_t type : extensions) list.U16(type).Vector({});
  TlsWriter out;
  out.U16(1).U16(static_cast<std::uint16_t>(WireFormat::kKeyPackage)).U16(1).U16(1);
  out.Vector(Noise(random, 32));                                     // init_key
  out.Vector(Noise(random, 32)).Vector(Noise(random, 32));           // the leaf's keys
  out.U16(1).Vector(Noise(random, 136));                             // credential
  for (int i = 0; i < 5; ++i) out.Vector(Noise(random, 2));          // capabilities
  out.U8(1).U64(0).U64(~0ULL).Vector({}).Vector(Noise(random, 64));  // source to signature
  out.Vector(list.bytes()).Vector(Noise(random, 64));
  return out.Take();
}

inline Bytes LastResort(Random& random) { return WholeKeyPackage(random, {10}); }

}  // namespace trestle::test
