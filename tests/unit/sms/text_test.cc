// GSM 03.38, UCS-2, packing and the cutting of long texts, also over two corpora of real messages
// and every emoji sequence of Unicode 15.
#include "adapters/sms/text.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <functional>
#include <sstream>

#include "adapters/sms/values.h"

namespace trestle::sms {
namespace {

std::string Joined(const TextParts& parts) {
  Bytes whole;
  for (const Bytes& part : parts.parts) whole.insert(whole.end(), part.begin(), part.end());
  return DecodeText(parts.data_coding, whole).value();
}

// Runs `each` for every line of a file of shared test data; says so when the data is not there.
void ForEachLine(const std::string& path, const std::function<void(std::string)>& each) {
  std::ifstream file(path);
  if (!file) WARN("skipped: " << path << " is not there");
  for (std::string line; std::getline(file, line);) each(line);
}

}  // namespace

TEST_CASE("The whole default alphabet comes back through its septets") {
  for (int septet = 0; septet < 128; ++septet) {
    if (septet == 0x1B) continue;
    const Bytes one = {static_cast<std::uint8_t>(septet)};
    CHECK(EncodeGsm(DecodeGsm(one)).value() == one);
  }
}

TEST_CASE("The signs that are often mistaken stand where the specification puts them") {
  CHECK(EncodeGsm("@_$¤¡£").value() == Bytes{0x00, 0x11, 0x02, 0x24, 0x40, 0x01});
  CHECK(EncodeGsm("ÇΔΩ¿à\n").value() == Bytes{0x09, 0x10, 0x15, 0x60, 0x7F, 0x0A});
}

TEST_CASE("The extension table takes two septets a sign") {
  CHECK(EncodeGsm("^{}\\[~]|€\f").value() == Bytes{0x1B, 0x14, 0x1B, 0x28, 0x1B, 0x29, 0x1B,
                                                   0x2F, 0x1B, 0x3C, 0x1B, 0x3D, 0x1B, 0x3E,
                                                   0x1B, 0x40, 0x1B, 0x65, 0x1B, 0x0A});
  CHECK(DecodeGsm(Bytes{0x1B, 0x65, 0x1B, 0x3C}) == "€[");
}

TEST_CASE("Escapes that name nothing show the base sign, a blank, or nothing at the end") {
  CHECK(DecodeGsm(Bytes{0x1B, 0x41}) == "A");
  CHECK(DecodeGsm(Bytes{0x1B, 0x1B}) == " ");
  CHECK(DecodeGsm(Bytes{0x41, 0x1B}) == "A");
}

TEST_CASE("Characters outside the alphabet are refused by it") {
  for (const char* text : {"ç", "á", "`", "\t", "\u00A0", "\u2019", "\u2013", "\u2026", "Α"}) {
    CAPTURE(text);
    CHECK_FALSE(EncodeGsm(text).has_value());
  }
}

TEST_CASE("UCS-2 carries surrogate pairs and shows what is broken as a replacement") {
  CHECK(EncodeUcs2("A\U0001F600") == Bytes{0x00, 0x41, 0xD8, 0x3D, 0xDE, 0x00});
  CHECK(DecodeUcs2(Bytes{0xD8, 0x3D, 0xDE, 0x00}) == "\U0001F600");
  CHECK(DecodeUcs2(Bytes{0xD8, 0x3D, 0x00, 0x41}) == "\uFFFDA");
  CHECK(DecodeUcs2(Bytes{0xDE, 0x00}) == "\uFFFD");
  CHECK(DecodeUcs2(Bytes{0x00, 0x41, 0x00}) == "A\uFFFD");
}

TEST_CASE("Octets that are no UTF-8 become replacements, one each") {
  CHECK(DecodeUtf8("\xC0\xAF") == U"\uFFFD\uFFFD");
  CHECK(DecodeUtf8("\xED\xA0\x80") == U"\uFFFD\uFFFD\uFFFD");
  CHECK(DecodeUtf8("a\xF0\x9F") == U"a\uFFFD\uFFFD");
  CHECK(DecodeUtf8("\xF4\x90\x80\x80").size() == 4);
}

TEST_CASE("Packing gives the octets that the specification's example has") {
  const Bytes hello = EncodeGsm("hello").value();
  CHECK(ToHex(PackSeptets(hello)) == "e8329bfd06");
  CHECK(UnpackSeptets(PackSeptets(hello), 5).value() == hello);
}

TEST_CASE("Packing comes back for every length and every fill") {
  for (std::size_t fill = 0; fill < 7; ++fill) {
    Bytes septets;
    for (std::size_t count = 0; count < 160; ++count) {
      CHECK(UnpackSeptets(PackSeptets(septets, fill), count, fill).value() == septets);
      septets.push_back(static_cast<std::uint8_t>((count * 37 + fill) & 0x7F));
    }
  }
}

TEST_CASE("Fill bits bring text behind a header to a septet boundary") {
  CHECK(FillBits(0) == 0);
  CHECK(FillBits(6) == 1);
  CHECK(FillBits(7) == 0);
  CHECK(FillBits(12) == 2);
}

TEST_CASE("Seven spare bits are filled with CR, so that no @ appears") {
  const Bytes seven = EncodeGsm("abcdefg").value();
  CHECK(UnpackSeptets(PackSeptets(seven), 8).value()[7] == 0x0D);
}

TEST_CASE("Packed text shorter than its count is refused") {
  CHECK_FALSE(UnpackSeptets(Bytes{1, 2}, 3).has_value());
  CHECK_FALSE(UnpackSeptets(Bytes{}, 1).has_value());
  CHECK_FALSE(UnpackSeptets(Bytes(7, 0), SIZE_MAX).has_value());
}

TEST_CASE("Texts stay alone up to 160 septets and 70 units") {
  CHECK(CutText(std::string(160, 'a')).value().parts.size() == 1);
  CHECK(CutText(std::string(161, 'a')).value().parts.size() == 2);
  CHECK(CutText(std::string(159, 'a') + "€").value().parts.size() == 2);
  std::string chinese;
  for (int i = 0; i < 70; ++i) chinese += "字";
  CHECK(CutText(chinese).value().parts.size() == 1);
  CHECK(CutText(chinese + "字").value().parts.size() == 2);
}

TEST_CASE("No cut falls between an escape and its septet") {
  const TextParts parts = CutText(std::string(152, 'a') + "€" + std::string(20, 'b')).value();
  CHECK(parts.parts[0].size() == 152);
  CHECK(parts.parts[1][0] == 0x1B);
}

TEST_CASE("No cut falls inside a grapheme cluster") {
  const std::string family = "\U0001F468\u200D\U0001F469\u200D\U0001F467";
  std::string text;
  for (int i = 0; i < 30; ++i) text += family;
  const TextParts cut = CutText(text).value();
  for (const Bytes& part : cut.parts) {
    CHECK(DecodeUcs2(part).find(family) == 0);
    CHECK(part.size() % 16 == 0);
  }
}

TEST_CASE("A cluster longer than a part is cut between its characters") {
  std::string zalgo = "e";
  for (int i = 0; i < 200; ++i) zalgo += "\u0301";
  const TextParts parts = CutText(zalgo).value();
  CHECK(Joined(parts) == zalgo);
}

TEST_CASE("A text of too many parts is refused") {
  CHECK(CutText(std::string(153 * 20, 'a')).value().parts.size() == 20);
  CHECK(CutText(std::string(153 * 20 + 1, 'a')).error().reason == Reason::kTooLarge);
}

TEST_CASE("Real messages in English come back from their parts") {
  ForEachLine("../shared/data/sms-spam-collection.tsv", [](const std::string& line) {
    const std::string text = line.substr(line.find('\t') + 1);
    const TextParts parts = CutText(text, 255).value();
    if (Joined(parts) != EncodeUtf8(DecodeUtf8(text))) FAIL_CHECK("lost signs in: " << text);
    const std::size_t max = parts.data_coding == kCodingUcs2 ? 134 : kSeptetsOfPart;
    for (const Bytes& part : parts.parts) {
      if (parts.parts.size() > 1 && part.size() > max) FAIL_CHECK("a part is too long");
    }
  });
}

TEST_CASE("Real messages in Chinese come back from their parts") {
  ForEachLine("../shared/data/nus-sms-zh.txt", [](const std::string& line) {
    const TextParts parts = CutText(line, 255).value();
    if (Joined(parts) != EncodeUtf8(DecodeUtf8(line))) FAIL_CHECK("lost signs in: " << line);
  });
}

TEST_CASE("No emoji sequence of Unicode 15 is cut") {
  ForEachLine("../shared/data/emoji-test-15.0.txt", [](const std::string& line) {
    if (line.empty() || line[0] == '#') return;
    std::istringstream words(line.substr(0, line.find(';')));
    std::u32string sequence;
    for (std::string word; words >> word;) {
      sequence.push_back(static_cast<char32_t>(std::stoul(word, nullptr, 16)));
    }
    const std::string emoji = EncodeUtf8(sequence);
    // Somewhere in this text the boundary of the first part falls into an emoji.
    std::string text = "\u4E00";
    for (int i = 0; i < 70; ++i) text += emoji;
    const TextParts cut = CutText(text, 255).value();
    for (const Bytes& part : cut.parts) {
      const std::string shown = DecodeUcs2(part);
      if (shown.size() % emoji.size() != (shown.find("\u4E00") == 0 ? 3 % emoji.size() : 0)) {
        FAIL_CHECK("cut: " << line);
      }
    }
  });
}

}  // namespace trestle::sms
