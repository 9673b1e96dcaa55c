// What an adapter carries between the bridge and an endpoint over a network: an envelope, a receipt
// or a control message, as octets. A frame travels on a thread: either the service thread (a phone
// and the bridge's own address) or a contact's thread (a phone and that contact's ghost).
//
//   phone                              bridge                                  thread
//     |-- PublishKeys ------------------>|  key packages for peers to claim      service
//     |<------------- ThreadOffer -------|  "open a thread with this ghost"      service
//     |-- ThreadAccept ----------------->|  binds the phone's address to a link  contact
//     |-- Consent ---------------------->|  grant, refuse, revoke, block         contact
//     |<------------- PeerKeys ----------|  the peer's key package               contact
//     |-- Envelope --------------------->|  Welcome, then application messages   contact
//     |<------------- Envelope ----------|                                       contact
//     |<------------- Receipt -----------|  how far an envelope came             contact
//
// Pure; decoding checks every bound before it allocates.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "bridge/base/ids.h"
#include "bridge/envelope/refusal.h"

namespace trestle {

// The encoded size of the largest frame: a handshake payload and its header.
inline constexpr std::size_t kFrameBytesMax = 1024 * 1024 + 64;
inline constexpr std::size_t kKeyPackagesPerFrameMax = 32;
inline constexpr std::size_t kThreadNameBytesMax = 64;

struct EnvelopeFrame {
  std::uint64_t seq = 0;   // the bridge's number within the contact, gapless; 0 on the way in
  WallTime accepted_at{};  // by the bridge's clock; 0 on the way in
  Bytes payload;           // one MLSMessage
  bool operator==(const EnvelopeFrame&) const = default;
};

struct ReceiptFrame {
  EnvelopeId envelope_id;
  ReceiptLevel level = ReceiptLevel::kAccepted;
  // Why, for kFailed, kExpired and kRefused; kOpenedAtEdge beside kHandedOver and kDelivered.
  Rule rule = Rule::kNone;
  bool operator==(const ReceiptFrame&) const = default;
};

enum class ThreadRole : std::uint8_t {
  kOwner = 1,      // somebody asks to reach you through your alias
  kRequester = 2,  // whom you asked for has accepted
};

struct ThreadOfferFrame {
  Bytes16 bind_code{};  // filled in by the adapter; sent back in ThreadAccept, valid once
  ThreadRole role = ThreadRole::kOwner;
  std::string ghost;  // filled in by the adapter: the native identity to write to
  std::string label;  // owner: the alias's label; requester: the alias
  // Filled in by the adapter, mostly empty: the ghost that stood for this peer until now and is
  // there no more. The conversation goes on under the new one.
  std::string replaces = {};
  bool operator==(const ThreadOfferFrame&) const = default;
};

struct ThreadAcceptFrame {
  Bytes16 bind_code{};
  bool operator==(const ThreadAcceptFrame&) const = default;
};

enum class ConsentAction : std::uint8_t {
  kGrant = 1,
  kRefuse = 2,
  kRevoke = 3,
  kBlock = 4,
  kAllowEdge = 5,  // what is said in this contact may be opened in the SMS edge, for a time
  kEndEdge = 6,    // no more
};

struct ConsentFrame {
  ConsentAction action = ConsentAction::kGrant;
  bool operator==(const ConsentFrame&) const = default;
};

struct PeerKeysFrame {
  Bytes key_package;  // one MLSMessage(KeyPackage)
  bool operator==(const PeerKeysFrame&) const = default;
};

struct PublishKeysFrame {
  std::vector<Bytes> key_packages;  // 1 to kKeyPackagesPerFrameMax
  bool operator==(const PublishKeysFrame&) const = default;
};

using Frame = std::variant<EnvelopeFrame, ReceiptFrame, ThreadOfferFrame, ThreadAcceptFrame,
                           ConsentFrame, PeerKeysFrame, PublishKeysFrame>;

Bytes EncodeFrame(const Frame& frame);
// kMalformed, kTooLarge, or kUnsupported for another version or kind.
Result<Frame> DecodeFrame(ByteView octets);
std::string_view FrameKindName(const Frame& frame);  // "envelope", "receipt", …

}  // namespace trestle
