// The claims that all adapters keep, for SMS: frames as data messages with a user data header.
#include "adapters/sms/factory.h"
#include "adapters/sms/segment_status.h"
#include "adapters/sms/sim_network.h"
#include "bridge/base/system_seams.h"
#include "tests/contract/adapter_conformance.h"

#include <catch2/catch.hpp>

namespace trestle::sms {
namespace {

class SmsFixture final : public test::AdapterFixture {
 public:
  SmsFixture() {
    SmsSimOptions options;
    options.ghost_numbers = {"447700900900", "447700900901", "447700900902"};
    options.deliver_again_after = Millis{20};
    sim_ = SmsSim::Start(std::move(options), clock_, random_).value();
  }

  std::uint16_t control_port() const override { return sim_->control_port(); }
  Result<std::unique_ptr<Adapter>> MakeAdapter(AdapterContext context) override {
    SmsOptions options;
    options.service_number = "12345";
    options.ghost_numbers = {"447700900900", "447700900901", "447700900902"};
    options.port = sim_->smpp_port();
    options.system_id = "trestle";
    options.password = Secret("secret");
    options.reconnect_after_min = Millis{10};
    options.reconnect_after_max = Millis{50};
    options.throttle_pause = Millis{50};
    return MakeSmsAdapter(std::move(options), std::move(context));
  }
  std::string PhoneAddress(int number) const override {
    return std::to_string(447700900000 + number);
  }
  int refusing_code() const override { return 0x0B; }
  int throttling_code() const override { return 0x58; }

  std::vector<test::PhoneMessage> CutAtPhone(ByteView frame,
                                             const FragmentRef& ref) const override {
    const std::vector<Bytes> chunks = CutChunks(frame, kSegmentChunkBytesMax).value();
    Segment segment;
    segment.source_port = SourcePortFor(ref);
    segment.reference = ReferenceFor(ref);
    segment.count = static_cast<std::uint8_t>(chunks.size());
    std::vector<test::PhoneMessage> out;
    for (const Bytes& chunk : chunks) {
      segment.chunk = chunk;
      out.push_back({true, std::string(AsText(EncodeSegment(segment).value()))});
      ++segment.index;
    }
    return out;
  }
  std::optional<Fragment> ReadAtPhone(const test::PhoneMessage& message) const override {
    if (!message.is_binary) return std::nullopt;
    const auto segment = DecodeSegment(AsBytes(message.body));
    if (!segment) return std::nullopt;
    Fragment out;
    out.ref = {segment->reference, static_cast<std::uint8_t>(segment->source_port >> 8),
               static_cast<std::uint8_t>(segment->source_port)};
    out.index = segment->index;
    out.count = segment->count;
    out.chunk = segment->chunk;
    return out;
  }
  std::optional<test::PhoneMessage> ConfirmAtPhone(ByteView frame,
                                                   const Fragment& last) const override {
    SegmentStatus status;
    status.set = {static_cast<std::uint16_t>(last.ref[1] << 8 | last.ref[2]), last.ref[0]};
    status.count = last.count;
    std::vector<ChunkDigest> digests;
    const std::vector<Bytes> chunks = CutChunks(frame, kSegmentChunkBytesMax).value();
    for (const Bytes& chunk : chunks) {
      digests.push_back(DigestOfChunk(chunk));
    }
    status.proof = ProofOf(status.set, status.missing, digests);
    return test::PhoneMessage{true,
                              std::string(AsText(EncodeStatuses({status}).value().user_data))};
  }
  bool IsConfirmation(const test::PhoneMessage& message) const override {
    return message.is_binary && DecodeStatusMessage(AsBytes(message.body)).has_value();
  }

 private:
  SystemClock clock_;
  SystemRandom random_;
  std::unique_ptr<SmsSim> sim_;
};

}  // namespace

TEST_CASE("The SMS adapter keeps the claims of all adapters") {
  test::CheckAdapterClaims([] { return std::make_unique<SmsFixture>(); });
}

}  // namespace trestle::sms
