#include "adapters/sms/pdu_stream.h"

#include <catch2/catch.hpp>
#include <utility>
#include <vector>

#include "tests/unit/sdk/manual_seams.h"

namespace trestle::sms {
namespace {

// Keeps what is written, and ends a write when the test says so.
class HeldWire final : public Wire {
 public:
  void ReadSome(std::span<std::uint8_t>, Handler) override {}
  void WriteAll(ByteView from, Handler done) override {
    writes.emplace_back(from.begin(), from.end());
    written = std::move(done);
  }
  bool HasPeerClosed() override { return false; }
  void Close() override { is_closed = true; }
  void EndWrite() { std::exchange(written, nullptr)(writes.back().size()); }

  std::vector<Bytes> writes;
  Handler written;
  bool is_closed = false;
};

struct World {
  // A write that never ends would hold the stream, which holds its wire.
  ~World() { std::exchange(wire->written, nullptr); }

  test::ManualClock clock;
  test::ManualExecutor loop{clock};
  HeldWire* wire = new HeldWire;  // the stream's
  std::shared_ptr<PduStream> stream =
      std::make_shared<PduStream>(std::unique_ptr<Wire>(wire), loop);

  Bytes Sends(std::uint32_t number) {
    const Pdu pdu{CommandId::kEnquireLink, status::kOk, number};
    REQUIRE(stream->Send(pdu));
    return EncodePdu(pdu).value();
  }
};

Bytes Joined(Bytes first, const Bytes& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

}  // namespace

TEST_CASE("What is sent during a write goes in the next one, all of it and in order") {
  World world;
  const Bytes first = world.Sends(1);
  const Bytes second = world.Sends(2);
  const Bytes third = world.Sends(3);
  CHECK(world.wire->writes == std::vector<Bytes>{first});

  world.wire->EndWrite();

  CHECK(world.wire->writes == std::vector<Bytes>{first, Joined(second, third)});
}

TEST_CASE("A stream that is to close writes all that was sent before") {
  World world;
  world.Sends(1);
  world.Sends(2);
  world.stream->CloseAfterWriting();
  world.wire->EndWrite();
  CHECK_FALSE(world.wire->is_closed);

  world.wire->EndWrite();

  CHECK(world.wire->is_closed);
}

}  // namespace trestle::sms
