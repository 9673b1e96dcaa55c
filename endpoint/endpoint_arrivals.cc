#include <algorithm>

#include "bridge/envelope/mls_framing.h"
#include "endpoint/endpoint.h"

namespace trestle::endpoint {
namespace {

constexpr std::string_view kEarlyPrefix = "early-";

}  // namespace

Result<std::optional<Bytes>> Endpoint::Invite(std::string_view thread, ByteView peer_key_package) {
  if (!HasThread(thread)) {
    return std::optional(TRESTLE_TRY(StartThread(thread, peer_key_package)));
  }
  const Bytes& waiting = directory_.threads.find(thread)->second.welcome;
  return waiting.empty() ? std::optional<Bytes>() : std::optional(waiting);
}

Result<void> Endpoint::PeerHasAnswered(std::string_view thread) {
  // Who has sent something has joined, so the Welcome is needed no more.
  if (directory_.threads.find(thread)->second.welcome.empty()) return {};
  Directory next = directory_;
  next.threads.find(thread)->second.welcome.clear();
  return Adopt(std::move(next));
}

Result<Arrival> Endpoint::Receive(std::string_view thread, ByteView payload, const Keep& keep) {
  const Framing framing = TRESTLE_TRY(ParseFraming(payload));
  switch (framing.wire_format) {
    case trestle::WireFormat::kWelcome: {
      const bool repeated = HasThread(thread);
      if (!repeated) TRESTLE_TRY(JoinThread(thread, payload));
      // Also when it is repeated: the last run may have ended between the two.
      return OpenEarly(thread, repeated ? ArrivalKind::kRepeated : ArrivalKind::kJoined, keep);
    }
    case trestle::WireFormat::kPrivateMessage:
      break;
    case trestle::WireFormat::kKeyPackage:
      return Fail(Reason::kInvalidArgument, "a key package is no message of a thread");
  }
  if (!HasThread(thread)) return KeepEarly(thread, payload);
  Arrival out;
  if (framing.private_message.content_type == ContentType::kApplication) {
    out.messages.push_back(TRESTLE_TRY(Unseal(thread, payload, keep)));
  } else {
    TRESTLE_TRY(ApplyRekey(thread, payload));
    out.kind = ArrivalKind::kRekeyed;
  }
  return out;
}

Result<std::vector<Bytes>> Endpoint::LoadEarly(std::string_view thread) const {
  std::vector<Bytes> out;
  const auto plain = TRESTLE_TRY(store_.Load(store_.BlindName(kEarlyPrefix, thread)));
  if (!plain) return out;
  TlsReader in(*plain);
  while (!in.at_end()) out.push_back(TRESTLE_TRY(mls::ReadBytes(in)));
  return out;
}

Result<Arrival> Endpoint::KeepEarly(std::string_view thread, ByteView payload) {
  TRESTLE_TRY(CheckNewThread(thread));
  std::vector<Bytes> early = TRESTLE_TRY(LoadEarly(thread));
  const bool known = std::any_of(early.begin(), early.end(),
                                 [&](const Bytes& one) { return ConstantTimeEqual(one, payload); });
  if (!known) {
    if (early.size() == kEarlyMax) {
      return Fail(Reason::kBusy, "too many messages wait for their Welcome");
    }
    early.push_back(ToBytes(payload));
    TlsWriter out;
    for (const Bytes& one : early) out.Vector(one);
    TRESTLE_TRY(store_.Save(store_.BlindName(kEarlyPrefix, thread), out.bytes()));
  }
  return Arrival{ArrivalKind::kKept, {}, 0};
}

Result<Arrival> Endpoint::OpenEarly(std::string_view thread, ArrivalKind kind, const Keep& keep) {
  Arrival out{kind, {}, 0};
  const std::vector<Bytes> early = TRESTLE_TRY(LoadEarly(thread));
  if (early.empty()) return out;
  for (const Bytes& payload : early) {
    const Result<Arrival> one = Receive(thread, payload, keep);
    if (!one) {
      ++out.unopened;
      continue;
    }
    out.messages.insert(out.messages.end(), one->messages.begin(), one->messages.end());
  }
  TRESTLE_TRY(store_.Remove(store_.BlindName(kEarlyPrefix, thread)));
  return out;
}

}  // namespace trestle::endpoint
