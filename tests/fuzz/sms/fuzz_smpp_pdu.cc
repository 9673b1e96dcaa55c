// A stream of SMPP PDUs, fed in cuts that the input chooses: what decodes must encode to the same
// octets and survive its JSON form.
#include "adapters/sms/pdu_json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace trestle;
  using namespace trestle::sms;
  if (size == 0) return 0;
  const std::size_t step = data[0] + std::size_t{1};
  ByteView rest(data + 1, size - 1);
  PduReader reader;
  while (!rest.empty()) {
    const ByteView piece = rest.first(std::min(step, rest.size()));
    rest = rest.subspan(piece.size());
    reader.Feed(piece);
    while (true) {
      const auto next = reader.Next();
      if (!next) return 0;
      if (!*next) break;
      const auto pdu = DecodePdu(**next);
      if (!pdu) continue;
      // One field may hold more than its sender may write: an sm_length of 255 is read, not sent.
      const auto again = EncodePdu(*pdu);
      if (!again) continue;
      TRESTLE_CHECK(*again == **next);
      const auto from_json = PduFromJson(PduToJson(*pdu));
      TRESTLE_CHECK(from_json.has_value());
      TRESTLE_CHECK(EncodePdu(*from_json).value() == *again);
    }
  }
  return 0;
}
