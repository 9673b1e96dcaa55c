// trestle-smpp: shows SMPP PDUs as JSON and makes them from JSON.
//
//   trestle-smpp decode [hex]    one PDU or several, one after the other; without an argument from
//                                standard input, blanks ignored
//   trestle-smpp encode          JSON on standard input, hexadecimal on standard output
#include <iostream>
#include <iterator>

#include "adapters/sms/pdu_json.h"

namespace trestle::sms {
namespace {

constexpr std::size_t kInputBytesMax = 4 * 1024 * 1024;

std::string ReadInput() {
  std::string out;
  char c = 0;
  while (out.size() < kInputBytesMax && std::cin.get(c)) out.push_back(c);
  return out;
}

int Complain(std::string_view what) {
  std::cerr << "trestle-smpp: " << what << '\n';
  return 1;
}

int Decode(std::string text) {
  std::erase_if(text, [](char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; });
  const Result<Bytes> octets = FromHex(text);
  if (!octets) return Complain(octets.error().what.view());
  PduReader reader;
  reader.Feed(*octets);
  while (true) {
    const auto next = reader.Next();
    if (!next) return Complain(next.error().what.view());
    if (!*next) break;
    const Result<Pdu> pdu = DecodePdu(**next);
    if (!pdu) return Complain(pdu.error().what.view());
    std::cout << PduToJson(*pdu) << '\n';
  }
  return reader.held_bytes() == 0 ? 0 : Complain("the last PDU is cut short");
}

int Encode() {
  const Result<Pdu> pdu = PduFromJson(ReadInput());
  if (!pdu) return Complain(pdu.error().what.view());
  const Result<Bytes> octets = EncodePdu(*pdu);
  if (!octets) return Complain(octets.error().what.view());
  std::cout << ToHex(*octets) << '\n';
  return 0;
}

}  // namespace
}  // namespace trestle::sms

int main(int argc, char** argv) {
  const std::string verb = argc > 1 ? argv[1] : "";
  if (verb == "decode") {
    return trestle::sms::Decode(argc > 2 ? std::string(argv[2]) : trestle::sms::ReadInput());
  }
  if (verb == "encode" && argc == 2) return trestle::sms::Encode();
  std::cerr << "usage: trestle-smpp decode [hex] | encode\n";
  return 2;
}
