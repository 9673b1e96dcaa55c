// A member who holds all the group's keys sends nonsense: bodies of handshakes that are properly
// framed, signed and encrypted. And anybody sends octets. No receiver crashes, and what is refused
// leaves the state as it was.
#include "tests/fuzz/endpoint/fuzz_world.h"

namespace trestle::mls {

struct GroupForger {
  static std::optional<MlsMessage> Send(Group& group, ContentType type, ByteView body) {
    FramedContent content;
    TlsReader in(body);
    if (!content.ReadBody(type, in)) return std::nullopt;
    auto framed = group.Frame(std::move(content), mls::WireFormat::kPrivateMessage);
    if (!framed) return std::nullopt;
    framed->auth.confirmation_tag = ToBytes(in.rest());
    auto message = group.Wrap(*framed, Padding::kNone);
    return message ? std::optional(*std::move(message)) : std::nullopt;
  }
};

}  // namespace trestle::mls

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace trestle;
  static mls::fuzzing::FuzzWorld world;
  static const Bytes before = mls::Encode(world.groups[1]);
  if (size == 0) return 0;
  const ByteView input(data + 1, size - 1);
  mls::Group sender = world.groups[0];
  mls::Group receiver = world.groups[1];
  std::optional<mls::MlsMessage> message;
  if (data[0] % 4 == 0) {
    if (auto parsed = mls::DecodeMessage(input)) message = *std::move(parsed);
  } else {
    message = mls::GroupForger::Send(sender, static_cast<ContentType>(data[0] % 4), input);
  }
  if (!message) return 0;
  if (const auto* welcome = std::get_if<mls::Welcome>(&message->body)) {
    const auto joined =
        mls::Group::Join(world.services(), *welcome, world.packages[2], world.signature_keys[2]);
    return joined ? 0 : -1;
  }
  if (!receiver.Handle(*message)) TRESTLE_CHECK(mls::Encode(receiver) == before);
  return 0;
}
