// What stands inside a message: user data headers, segments, receipts, text in every coding.
#include "adapters/sms/receipts.h"
#include "adapters/sms/segments.h"
#include "adapters/sms/text.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace trestle;
  using namespace trestle::sms;
  if (size < 2) return 0;
  const ByteView content(data + 1, size - 1);
  const auto language = [&](std::size_t shift) {
    return static_cast<std::uint8_t>((content[0] >> shift) & 0x03);
  };
  (void)DecodeText(0, content, {language(0), language(2)});
  (void)DecodeText(0, content, {}, DefaultAlphabet::kLatin1);
  const auto text = DecodeText(data[0], content);
  if (text) {
    const auto parts = CutText(*text, 255);
    const auto plan = PlanText(*text, {255});
    TRESTLE_CHECK(parts.has_value() == plan.has_value());
    if (parts) {
      TRESTLE_CHECK(parts->parts.size() == plan->segments);
      Bytes whole;
      for (const Bytes& part : parts->parts) whole.insert(whole.end(), part.begin(), part.end());
      TRESTLE_CHECK(DecodeText(parts->data_coding, whole).value() == *text);
    }
  }
  if (const auto user_data = ParseUserData(content)) {
    TRESTLE_CHECK(user_data->header_octets + user_data->content.size() == content.size());
  }
  if (const auto segment = DecodeSegment(content)) {
    TRESTLE_CHECK(segment->index < segment->count);
    if (segment->chunk.size() <= kSegmentChunkBytesMax) {
      TRESTLE_CHECK(DecodeSegment(EncodeSegment(*segment).value()).value().chunk == segment->chunk);
    }
  }
  if (const auto receipt = ParseReceiptText(AsText(content))) {
    TRESTLE_CHECK(!receipt->message_id.empty());
    for (const IdBase base : {IdBase::kText, IdBase::kDecimal, IdBase::kHex}) {
      const std::string id = CanonicalMessageId(receipt->message_id, base);
      TRESTLE_CHECK(CanonicalMessageId(id, IdBase::kDecimal) == id);
    }
  }
  (void)UnpackSeptets(content, data[0], data[0] % 7);
  return 0;
}
