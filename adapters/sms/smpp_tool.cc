// trestle-smpp: shows SMPP PDUs as JSON and makes them from JSON.
//
//   trestle-smpp decode [HEX…]   PDUs, one or several after the other; without an argument from
//                                standard input. Blanks, line ends and colons do not count, nor
//                                does a leading 0x
//   trestle-smpp encode [JSON]   one object or several; without an argument from standard input.
//                                Prints one line of hexadecimal for each
//
// What is good is printed also when something beside it is not. Ends with 0 when all was good, 1
// when something was not, which standard error names, and 2 for a wrong command line.
#include <iostream>
#include <string>
#include <vector>

#include "adapters/sms/pdu_json.h"

namespace trestle::sms {
namespace {

constexpr std::size_t kInputBytesMax = 16 * 1024 * 1024;
constexpr int kWrong = 1;
constexpr int kWrongCommandLine = 2;
constexpr std::string_view kUsage = "usage: trestle-smpp decode [HEX...] | encode [JSON]\n";

std::optional<std::string> ReadInput() {
  std::string out;
  char c = 0;
  while (std::cin.get(c)) {
    if (out.size() >= kInputBytesMax) return std::nullopt;
    out.push_back(c);
  }
  return out;
}

int Complain(std::string_view what) {
  std::cerr << "trestle-smpp: " << what << '\n';
  return kWrong;
}

int ComplainOf(std::string_view kind, std::size_t number, std::string_view what,
               std::string_view field) {
  std::cerr << "trestle-smpp: " << kind << ' ' << number << ": " << what;
  if (!field.empty()) std::cerr << ": " << field;
  std::cerr << '\n';
  return kWrong;
}

// The digits alone; none when a sign is neither a digit nor between digits.
std::optional<std::string> DigitsOf(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    const bool begins = at == 0 || text[at - 1] == ' ' || text[at - 1] == '\n';
    if (begins && c == '0' && at + 1 < text.size() && (text[at + 1] | 0x20) == 'x') {
      ++at;
    } else if (std::string_view(" \n\r\t:").find(c) == std::string_view::npos) {
      if (std::string_view("0123456789abcdefABCDEF").find(c) == std::string_view::npos) {
        return std::nullopt;
      }
      out.push_back(c);
    }
  }
  return out;
}

int ShowOne(ByteView octets, std::size_t number, std::size_t begins_at) {
  PduFault fault;
  const Result<Pdu> pdu = DecodePdu(octets, &fault);
  if (pdu) {
    std::cout << PduToJson(*pdu) << '\n';
    return 0;
  }
  std::cerr << "trestle-smpp: PDU " << number << ": " << pdu.error().what.view() << ": "
            << fault.field << " at octet " << begins_at + fault.at << ", command_status "
            << fault.status << ' ' << StatusName(fault.status) << '\n';
  return kWrong;
}

int Decode(const std::string& text) {
  const auto digits = DigitsOf(text);
  if (!digits) return Complain("a sign that hexadecimal does not have");
  const Result<Bytes> octets = FromHex(*digits);
  if (!octets) return Complain("an odd number of hexadecimal digits");
  if (octets->empty()) return Complain("there is no PDU");
  PduReader reader;
  reader.Feed(*octets);
  int code = 0;
  std::size_t at = 0;
  for (std::size_t number = 1;; ++number) {
    const auto next = reader.Next();
    if (!next) return ComplainOf("PDU", number, next.error().what.view(), "command_length");
    if (!*next) {
      if (reader.held_bytes() == 0) return code;
      return ComplainOf("PDU", number, "it is cut short", "");
    }
    code |= ShowOne(**next, number, at);
    at += (*next)->size();
  }
}

std::string_view WithoutSeparators(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n[,]");
  return first == std::string_view::npos ? "" : text.substr(first);
}

// The objects of a text that holds several, one after another; a list of objects gives its items.
// What stands outside of any object goes with the next one, where the parser refuses it.
std::vector<std::string_view> ObjectsOf(std::string_view text) {
  std::vector<std::string_view> out;
  std::size_t begin = 0;
  int depth = 0;
  bool is_quoted = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (is_quoted) {
      if (c == '\\') ++at;
      if (c == '"') is_quoted = false;
      continue;
    }
    if (c == '"') is_quoted = true;
    if (c == '{') ++depth;
    if (c != '}' || --depth > 0) continue;
    out.push_back(WithoutSeparators(text.substr(begin, at + 1 - begin)));
    begin = at + 1;
    depth = 0;
  }
  const std::string_view rest = WithoutSeparators(text.substr(begin));
  if (!rest.empty()) out.push_back(rest);
  return out;
}

int EncodeOne(std::string_view json, std::size_t number) {
  std::string field;
  const Result<Pdu> pdu = PduFromJson(json, &field);
  if (!pdu) return ComplainOf("object", number, pdu.error().what.view(), field);
  PduFault fault;
  const Result<Bytes> octets = EncodePdu(*pdu, &fault);
  if (!octets) return ComplainOf("object", number, octets.error().what.view(), fault.field);
  std::cout << ToHex(*octets) << '\n';
  return 0;
}

int Encode(const std::string& text) {
  const auto objects = ObjectsOf(text);
  if (objects.empty()) return Complain("there is no object");
  int code = 0;
  for (std::size_t i = 0; i < objects.size(); ++i) code |= EncodeOne(objects[i], i + 1);
  return code;
}

int Run(const std::vector<std::string>& arguments) {
  const std::string verb = arguments.empty() ? "" : arguments[0];
  if (verb == "--help" || verb == "-h" || verb == "help") {
    std::cout << kUsage;
    return 0;
  }
  const bool is_encode = verb == "encode" && arguments.size() <= 2;
  if (verb != "decode" && !is_encode) {
    std::cerr << kUsage;
    return kWrongCommandLine;
  }
  std::optional<std::string> input = "";
  for (std::size_t i = 1; i < arguments.size(); ++i) *input += arguments[i] + ' ';
  if (arguments.size() == 1) input = ReadInput();
  if (!input) return Complain("more than 16 MiB of input");
  return is_encode ? Encode(*input) : Decode(*input);
}

}  // namespace
}  // namespace trestle::sms

int main(int argc, char** argv) {
  return trestle::sms::Run(std::vector<std::string>(argv + 1, argv + argc));
}
