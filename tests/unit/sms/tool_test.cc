// trestle-smpp as people call it: every PDU there and back, several at once, and rubbish.
#include <sys/wait.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "some_pdus.h"

namespace trestle::sms {
namespace {

struct Ran {
  int code = -1;
  std::string out;
  std::string err;
};

// Standard input is `input`; arguments are words without blanks or quotes.
Ran Run(const std::string& arguments, const std::string& input = "") {
  std::string pattern = (std::filesystem::temp_directory_path() / "trestle-tool-XXXXXX").string();
  REQUIRE(mkdtemp(pattern.data()) != nullptr);
  std::ofstream(pattern + "/in", std::ios::binary) << input;
  const std::string command = std::string(TRESTLE_SMPP_TOOL) + " " + arguments + " <" + pattern +
                              "/in >" + pattern + "/out 2>" + pattern + "/err";
  const int state = std::system(command.c_str());
  const auto read = [&](const char* name) {
    std::ifstream file(pattern + "/" + name, std::ios::binary);
    return std::string((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  };
  Ran ran{WIFEXITED(state) ? WEXITSTATUS(state) : -1, read("out"), read("err")};
  std::filesystem::remove_all(pattern);
  return ran;
}

bool Holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

constexpr const char* kEnquire = "00000010000000150000000000000007";
constexpr const char* kUnknown = "00000010000000990000000000000001";

}  // namespace

TEST_CASE("Every PDU goes through the tool and back") {
  std::string all;
  std::string lines;
  for (const Pdu& pdu : OneOfEach()) {
    const std::string hex = ToHex(EncodePdu(pdu).value());
    all += hex;
    lines += hex + "\n";
  }
  const Ran decoded = Run("decode", all);
  CHECK(decoded.code == 0);
  CHECK(decoded.err.empty());
  const Ran encoded = Run("encode", decoded.out);
  CHECK(encoded.code == 0);
  CHECK(encoded.out == lines);
  CHECK(Run("decode", lines).out == decoded.out);
}

TEST_CASE("Hexadecimal is taken as people paste it") {
  for (const char* text :
       {"0x00000010000000150000000000000007", "00000010 00000015 00000000 00000007",
        "00:00:00:10:00:00:00:15:00:00:00:00:00:00:00:07",
        "00000010\n00000015\r\n0000000000000007\n"}) {
    CAPTURE(text);
    const Ran ran = Run("decode", text);
    CHECK(ran.code == 0);
    CHECK(Holds(ran.out, "\"enquire_link\""));
    CHECK(Holds(ran.out, "\"sequence\": 7"));
  }
  CHECK(Run(std::string("decode ") + kEnquire).code == 0);
  CHECK(Run("decode 0000001000000015 0000000000000007").code == 0);
}

TEST_CASE("A bad PDU is named, and those around it are shown all the same") {
  const Ran ran = Run("decode", std::string(kEnquire) + kUnknown + kEnquire);
  CHECK(ran.code == 1);
  CHECK(Holds(ran.err, "PDU 2"));
  CHECK(Holds(ran.err, "at octet 20"));
  CHECK(Holds(ran.err, "RINVCMDID"));
  CHECK(std::count(ran.out.begin(), ran.out.end(), '7') == 2);
}

TEST_CASE("Rubbish is refused with a reason and code 1") {
  struct Row {
    const char* input;
    const char* says;
  };
  for (const Row& row : {Row{"", "no PDU"}, Row{"zz", "a sign"}, Row{"0", "odd number"},
                         Row{"0000000f", "command_length"}, Row{"ffffffff", "command_length"},
                         Row{"0000001000000015000000000000", "cut short"}, Row{"00", "cut short"},
                         Row{"00000011000000040000000000000001ff", "service_type"}}) {
    CAPTURE(row.input);
    const Ran ran = Run("decode", row.input);
    CHECK(ran.code == 1);
    CHECK(Holds(ran.err, row.says));
    CHECK(ran.out.empty());
  }
}

TEST_CASE("Objects that make no PDU are named with their field") {
  const Ran list = Run("encode", R"([{"command":"unbind"}, {"command":"unbind","sequence":9}])");
  CHECK(list.code == 0);
  CHECK(list.out == "00000010000000060000000000000000\n00000010000000060000000000000009\n");
  struct Row {
    const char* input;
    const char* says;
  };
  for (const Row& row :
       {Row{"", "no object"}, Row{"rubbish", "does not parse"}, Row{"{", "does not parse"},
        Row{R"({"command":"submit"})", "unknown command"},
        Row{R"({"command":"query_sm","body":{"mesage_id":"1"}})", "mesage_id"},
        Row{R"({"command":"outbind","body":{"password":"123456789"}})", "password"},
        Row{R"({"command":"unbind"} {"command":"unbind","sequence":-1})", "object 2"}}) {
    CAPTURE(row.input);
    const Ran ran = Run("encode", row.input);
    CHECK(ran.code == 1);
    CHECK(Holds(ran.err, row.says));
  }
}

TEST_CASE("A wrong command line is code 2, and help is none") {
  CHECK(Run("").code == 2);
  CHECK(Run("dump").code == 2);
  CHECK(Holds(Run("--help").out, "usage"));
  CHECK(Run("--help").code == 0);
}

}  // namespace trestle::sms
