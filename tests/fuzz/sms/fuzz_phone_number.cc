// A sender's address as it may come off the wire: what can be answered is answered in the spelling
// it had, and has that spelling when it comes so again.
#include <array>

#include "adapters/sms/phone_number.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace trestle;
  using namespace trestle::sms;
  if (size < 3) return 0;
  constexpr std::array<std::string_view, 4> kRegions = {"", "GB", "US", "MX"};
  const std::string_view region = kRegions[data[2] % kRegions.size()];
  const Address address{data[0], data[1], std::string(AsText(ByteView(data + 3, size - 3)))};
  const Sender sender = SenderOf(address, region);
  (void)AddressOf(address.text, 3);
  (void)OwnNumber(address, region, {"447700900900"});
  if (sender.kind != SenderKind::kPerson) return 0;
  const Address back = AddressOf(sender.spelling, 3);
  TRESTLE_CHECK(NumberOf(back) == NumberOf(address));
  const Sender again = SenderOf(back, region);
  TRESTLE_CHECK(again.kind == SenderKind::kPerson);
  TRESTLE_CHECK(again.spelling == sender.spelling);
  return 0;
}
