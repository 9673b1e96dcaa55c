// Any octets as an MLS message: what the readers say of one message agrees, and the AAD header has
// one spelling.
#include <algorithm>

#include "bridge/policy/admission.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace trestle;
  const ByteView octets(data, size);
  const Result<AadHeader> header = ParseAad(octets);
  if (header) TRESTLE_CHECK(std::ranges::equal(EncodeAad(*header), octets));

  if (IsLastResortKeyPackage(octets)) {
    const Result<Framing> framing = ParseFraming(octets);
    TRESTLE_CHECK(framing && framing->wire_format == WireFormat::kKeyPackage);
  }

  const PayloadFacts facts = ReadPayload(octets);
  TRESTLE_CHECK(facts.payload_bytes == size);
  TRESTLE_CHECK((facts.kind == PayloadKind::kUnreadable) || facts.envelope_id.has_value());
  const Result<ApplicationMessage> message = ParseApplicationMessage(octets);
  if (message) {
    TRESTLE_CHECK(facts.kind == PayloadKind::kApplication && facts.padded);
    TRESTLE_CHECK(*facts.envelope_id == message->header.envelope_id);
    TRESTLE_CHECK(IsBucket(message->ciphertext_bytes) && message->ciphertext_bytes < size);
  }
  return 0;
}
