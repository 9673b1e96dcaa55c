// GSM 03.38 with its national tables, UCS-2, packing and the cutting of long texts.
#include "adapters/sms/text.h"

#include <catch2/catch.hpp>

#include "adapters/sms/values.h"

namespace trestle::sms {
namespace {

std::string Joined(const TextParts& parts) {
  Bytes whole;
  for (const Bytes& part : parts.parts) whole.insert(whole.end(), part.begin(), part.end());
  return DecodeText(parts.data_coding, whole).value();
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

TEST_CASE("A message holds what the specification says behind each header") {
  // 3GPP TS 23.040, Section 9.2.3.24: alone, 8-bit and 16-bit reference, ports, ports and
  // reference.
  const std::vector<std::size_t> headers = {0, 6, 7, 7, 12};
  const std::vector<std::size_t> septets = {160, 153, 152, 152, 146};
  const std::vector<std::size_t> units = {70, 67, 66, 66, 64};
  const std::vector<std::size_t> octets = {140, 134, 133, 133, 128};
  for (std::size_t i = 0; i < headers.size(); ++i) {
    CHECK(SeptetsBehind(headers[i]) == septets[i]);
    CHECK(UnitsBehind(headers[i]) == units[i]);
    CHECK(OctetsBehind(headers[i]) == octets[i]);
  }
  CHECK(OctetsBehind(141) == 0);
}

TEST_CASE("National tables are read where the header names them") {
  CHECK(DecodeGsm(Bytes{0x1B, 0x53, 0x1B, 0x63, 0x1B, 0x69}, {0, 1}) == "Şçı");
  CHECK(DecodeGsm(Bytes{0x04, 0x07, 0x0B, 0x40, 0x60, 0x41}, {1, 0}) == "€ıĞİçA");
  CHECK(DecodeGsm(Bytes{0x1B, 0x41, 0x1B, 0x75, 0x1B, 0x09, 0x7D}, {0, 2}) == "Áúçñ");
  CHECK(DecodeGsm(Bytes{0x1B, 0x05, 0x1B, 0x7B, 0x7B}, {0, 3}) == "êãä");
  CHECK(DecodeGsm(Bytes{0x1B, 0x7B, 0x7B, 0x17, 0x5D}, {3, 3}) == "ãã\\Ú");
  // The default extension table still holds what the national one leaves.
  CHECK(DecodeGsm(Bytes{0x1B, 0x65, 0x1B, 0x3C}, {0, 1}) == "€[");
  CHECK(DecodeText(0, Bytes{0x41}, {0, 6}).error().reason == Reason::kUnsupported);
}

TEST_CASE("Every data_coding has the form that centres mean by it") {
  struct Row {
    std::vector<int> codings;
    TextForm form;
  };
  const std::vector<Row> rows = {
      {{0x00, 0x10, 0x11, 0x13, 0x40, 0x50, 0xC0, 0xC8, 0xD0, 0xDB, 0xF0, 0xF1, 0xF3},
       TextForm::kDefault},
      {{0x01, 0x03}, TextForm::kLatin1},
      {{0x08, 0x18, 0x1B, 0x48, 0x58, 0xE0, 0xE8, 0xEF}, TextForm::kUcs2},
      {{0x06}, TextForm::kCyrillic},
      {{0x07}, TextForm::kHebrew},
      {{0x02, 0x04, 0x14, 0x15, 0x44, 0x54, 0xF4, 0xF5, 0xF7}, TextForm::kBinary},
      {{0x05, 0x09, 0x0A, 0x0B, 0x0D, 0x0E, 0x0F, 0x20, 0x30, 0x60, 0x1C, 0x80, 0xBF},
       TextForm::kNone},
  };
  for (const Row& row : rows) {
    for (const int coding : row.codings) {
      CAPTURE(coding);
      CHECK(FormOf(static_cast<std::uint8_t>(coding)) == row.form);
    }
  }
}

TEST_CASE("Cyrillic and Hebrew octets are read by their parts of ISO/IEC 8859") {
  CHECK(DecodeText(0x06, Bytes{0xBF, 0xE0, 0xD8, 0xF0, 0xFD, 0xF1, 'A'}).value() == "При№§ёA");
  CHECK(DecodeText(0x07, Bytes{0xF9, 0xEC, 0xE5, 0xED, 0xAA, 0xA1}).value() == "שלום×\uFFFD");
}

TEST_CASE("A centre whose default alphabet is Latin-1 is read and written so") {
  const TextRules latin{kTextPartsMax, DefaultAlphabet::kLatin1};
  const Bytes octets = {'f', 0xFC, 'r', ' ', '@', '{'};
  CHECK(DecodeText(0, octets, {}, DefaultAlphabet::kLatin1).value() == "für @{");
  CHECK(CutText("für @{", latin).value().parts[0] == octets);
  CHECK(PlanText("für @{", latin).value() == TextPlan{0, 7, 1});
  // The euro is in GSM 03.38 and not in Latin-1; ç is in Latin-1 and not in GSM 03.38.
  CHECK(CutText("5€", latin).value().data_coding == kCodingUcs2);
  CHECK(CutText("ça", latin).value().data_coding == kCodingUcs2);
}

TEST_CASE("A plan says of a text what it will take") {
  CHECK(PlanText("").value() == TextPlan{0, 0, 1});
  CHECK(PlanText(std::string(160, 'a')).value() == TextPlan{0, 160, 1});
  CHECK(PlanText(std::string(159, 'a') + "€").value() == TextPlan{0, 161, 2});
  CHECK(PlanText("字\U0001F600").value() == TextPlan{8, 3, 1});
  CHECK(PlanText(std::string(153 * 20 + 1, 'a')).error().reason == Reason::kTooLarge);
}

}  // namespace trestle::sms
