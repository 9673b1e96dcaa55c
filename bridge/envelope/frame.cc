#include "bridge/envelope/frame.h"

#include <algorithm>

#include "bridge/envelope/mls_framing.h"
#include "bridge/envelope/tls_codec.h"

namespace trestle {
namespace {

constexpr std::uint8_t kVersion = 1;

// The kinds on the wire; their order is that of the Frame variant, counted from 1.
enum class Kind : std::uint8_t {
  kEnvelope = 1,
  kReceipt = 2,
  kThreadOffer = 3,
  kThreadAccept = 4,
  kConsent = 5,
  kPeerKeys = 6,
  kPublishKeys = 7,
};

struct Encoder {
  TlsWriter& out;

  void operator()(const EnvelopeFrame& frame) {
    out.U64(frame.seq).U64(static_cast<std::uint64_t>(frame.accepted_at.ms)).Fixed(frame.payload);
  }
  void operator()(const ReceiptFrame& frame) {
    out.Fixed(frame.envelope_id.bytes()).U8(static_cast<std::uint8_t>(frame.level));
    out.U8(static_cast<std::uint8_t>(frame.rule));
  }
  void operator()(const ThreadOfferFrame& frame) {
    out.Fixed(frame.bind_code).U8(static_cast<std::uint8_t>(frame.role));
    out.Vector(AsBytes(frame.ghost)).Vector(AsBytes(frame.label));
    if (!frame.replaces.empty()) out.Vector(AsBytes(frame.replaces));
  }
  void operator()(const ThreadAcceptFrame& frame) { out.Fixed(frame.bind_code); }
  void operator()(const ConsentFrame& frame) { out.U8(static_cast<std::uint8_t>(frame.action)); }
  void operator()(const PeerKeysFrame& frame) { out.Fixed(frame.key_package); }
  void operator()(const PublishKeysFrame& frame) {
    for (const Bytes& key_package : frame.key_packages) out.Vector(key_package);
  }
};

Result<Bytes16> Read16(TlsReader& in) {
  const ByteView raw = TRESTLE_TRY(in.Fixed(16));
  Bytes16 out;
  std::copy(raw.begin(), raw.end(), out.begin());
  return out;
}

Result<std::string> ReadName(TlsReader& in) {
  const ByteView raw = TRESTLE_TRY(in.Vector());
  if (raw.size() > kThreadNameBytesMax)
    return Fail(Reason::kTooLarge, "a name in the frame is too long");
  return std::string(AsText(raw));
}

// Reads an enum whose values are 1 to `last`.
template <class Enum>
Result<Enum> ReadEnum(TlsReader& in, Enum last) {
  const std::uint8_t value = TRESTLE_TRY(in.U8());
  if (value < 1 || value > static_cast<std::uint8_t>(last)) {
    return Fail(Reason::kMalformed, "the frame holds a value out of its range");
  }
  return static_cast<Enum>(value);
}

Result<Frame> ReadEnvelope(TlsReader& in) {
  EnvelopeFrame frame;
  frame.seq = TRESTLE_TRY(in.U64());
  const std::uint64_t accepted_at = TRESTLE_TRY(in.U64());
  if (accepted_at > INT64_MAX) return Fail(Reason::kMalformed, "the frame's time is out of range");
  frame.accepted_at = WallTime{static_cast<std::int64_t>(accepted_at)};
  frame.payload = ToBytes(TRESTLE_TRY(in.Fixed(in.remaining())));
  if (frame.payload.empty()) return Fail(Reason::kMalformed, "an envelope without a payload");
  return frame;
}

Result<Frame> ReadReceipt(TlsReader& in) {
  ReceiptFrame frame;
  frame.envelope_id = TRESTLE_TRY(EnvelopeId::FromBytes(TRESTLE_TRY(in.Fixed(16))));
  frame.level = TRESTLE_TRY(ReadEnum(in, ReceiptLevel::kUnknown));
  frame.rule = static_cast<Rule>(TRESTLE_TRY(in.U8()));
  if (RuleName(frame.rule) == "unknown") return Fail(Reason::kMalformed, "no such rule");
  return frame;
}

Result<Frame> ReadThreadOffer(TlsReader& in) {
  ThreadOfferFrame frame;
  frame.bind_code = TRESTLE_TRY(Read16(in));
  frame.role = TRESTLE_TRY(ReadEnum(in, ThreadRole::kRequester));
  frame.ghost = TRESTLE_TRY(ReadName(in));
  frame.label = TRESTLE_TRY(ReadName(in));
  if (in.at_end()) return frame;
  frame.replaces = TRESTLE_TRY(ReadName(in));
  if (frame.replaces.empty()) return Fail(Reason::kMalformed, "an offer that replaces nothing");
  return frame;
}

Result<Frame> ReadPeerKeys(TlsReader& in) {
  if (in.remaining() > kKeyPackageBytesMax) {
    return Fail(Reason::kTooLarge, "the key package is too large");
  }
  PeerKeysFrame frame{ToBytes(TRESTLE_TRY(in.Fixed(in.remaining())))};
  if (frame.key_package.empty()) return Fail(Reason::kMalformed, "an empty key package");
  return frame;
}

Result<Frame> ReadPublishKeys(TlsReader& in) {
  PublishKeysFrame frame;
  while (!in.at_end()) {
    const ByteView key_package = TRESTLE_TRY(in.Vector());
    if (key_package.empty()) return Fail(Reason::kMalformed, "an empty key package");
    if (key_package.size() > kKeyPackageBytesMax ||
        frame.key_packages.size() == kKeyPackagesPerFrameMax) {
      return Fail(Reason::kTooLarge, "too many key packages, or one too large");
    }
    frame.key_packages.push_back(ToBytes(key_package));
  }
  if (frame.key_packages.empty()) return Fail(Reason::kMalformed, "no key package in the frame");
  return frame;
}

Result<Frame> ReadBody(Kind kind, TlsReader& in) {
  switch (kind) {
    case Kind::kEnvelope:
      return ReadEnvelope(in);
    case Kind::kReceipt:
      return ReadReceipt(in);
    case Kind::kThreadOffer:
      return ReadThreadOffer(in);
    case Kind::kThreadAccept:
      return ThreadAcceptFrame{TRESTLE_TRY(Read16(in))};
    case Kind::kConsent:
      return ConsentFrame{TRESTLE_TRY(ReadEnum(in, ConsentAction::kEndEdge))};
    case Kind::kPeerKeys:
      return ReadPeerKeys(in);
    case Kind::kPublishKeys:
      return ReadPublishKeys(in);
  }
  return Fail(Reason::kUnsupported, "a frame of a kind unknown here");
}

}  // namespace

Bytes EncodeFrame(const Frame& frame) {
  TlsWriter out;
  out.U8(kVersion).U8(static_cast<std::uint8_t>(frame.index() + 1));
  std::visit(Encoder{out}, frame);
  return out.Take();
}

Result<Frame> DecodeFrame(ByteView octets) {
  if (octets.size() > kFrameBytesMax) return Fail(Reason::kTooLarge, "the frame is too large");
  TlsReader in(octets);
  if (TRESTLE_TRY(in.U8()) != kVersion) {
    return Fail(Reason::kUnsupported, "a frame of another version");
  }
  const Kind kind = static_cast<Kind>(TRESTLE_TRY(in.U8()));
  Frame frame = TRESTLE_TRY(ReadBody(kind, in));
  TRESTLE_TRY(in.ExpectEnd());
  return frame;
}

std::string_view FrameKindName(const Frame& frame) {
  switch (static_cast<Kind>(frame.index() + 1)) {
    case Kind::kEnvelope:
      return "envelope";
    case Kind::kReceipt:
      return "receipt";
    case Kind::kThreadOffer:
      return "thread_offer";
    case Kind::kThreadAccept:
      return "thread_accept";
    case Kind::kConsent:
      return "consent";
    case Kind::kPeerKeys:
      return "peer_keys";
    case Kind::kPublishKeys:
      return "publish_keys";
  }
  return "unknown";
}

}  // namespace trestle
