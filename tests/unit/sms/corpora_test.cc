// Two corpora of real messages and every emoji sequence of Unicode 15 through the whole path of a
// text: planned, cut, made into submit_sm, read from its octets, put together again. Says so when
// the corpora are not there. Borders are judged by ICU's UAX #29 where ICU is installed.
#include <catch2/catch.hpp>
#include <fstream>
#include <functional>
#include <sstream>

#include "adapters/sms/text_segments.h"
#include "adapters/sms/user_data.h"
#include "bridge/envelope/fragment.h"
#include "tests/e2e/sms_corpus/corpus_texts.h"
#ifdef TRESTLE_HAS_ICU
#include <unicode/brkiter.h>
#endif

namespace trestle::sms {
namespace {

// Runs `each` for every line of a file of shared test data and answers how many there were.
std::size_t ForEachLine(const std::string& path, const std::function<void(std::string)>& each) {
  std::ifstream file(path);
  if (!file) WARN("skipped: " << path << " is not there");
  std::size_t count = 0;
  for (std::string line; std::getline(file, line); ++count) each(line);
  return count;
}

struct Sent {
  std::vector<Bytes> pdus;
  std::size_t planned = 0;
};

Sent Send(const std::string& text) {
  const TextRules rules{255};
  Sent out;
  out.planned = PlanText(text, rules).value().segments;
  const TextSegments segments = MakeTextSegments(text, 0x5A, rules).value();
  for (const Bytes& each : segments.user_data) {
    MessageBody body;
    body.source = {1, 1, "447700900900"};
    body.destination = {1, 1, "447700900001"};
    body.esm_class = segments.esm_class;
    body.data_coding = segments.data_coding;
    body.short_message = each;
    out.pdus.push_back(EncodePdu({CommandId::kSubmitSm, 0, 1, std::move(body)}).value());
  }
  return out;
}

// The text of each message in turn, and of all together; parts in the order given.
struct Got {
  std::vector<std::string> parts;
  std::string whole;
};

Got Receive(const std::vector<Bytes>& pdus) {
  Got out;
  Reassembler::Limits limits;
  limits.frame_bytes_max = 256 * 1024;
  Reassembler reassembler(limits);
  for (const Bytes& octets : pdus) {
    const ShortMessage message = ReadShortMessage(DecodePdu(octets).value()).value();
    const std::string text = DecodeText(message.data_coding, message.content).value();
    out.parts.push_back(text);
    const std::size_t header = EncodeUserDataHeader(message.header).size();
    const bool fits = message.data_coding == 0 ? message.content.size() <= SeptetsBehind(header)
                                               : message.content.size() <= OctetsBehind(header);
    if (!fits) FAIL_CHECK("a message is too long");
    const Concatenation place = message.header.concatenation.value_or(Concatenation{});
    const auto whole = reassembler.Add("set", static_cast<std::uint8_t>(place.part - 1),
                                       place.total, AsBytes(text), MonoTime{});
    if (whole.value()) out.whole = std::string(AsText(**whole));
  }
  return out;
}

#ifdef TRESTLE_HAS_ICU
// Each end of a part is a border between what people see as characters, by Unicode's own rules;
// a cluster that no part could hold may be cut.
bool CutsOnBorders(const std::string& text, const std::vector<std::string>& parts) {
  UErrorCode code = U_ZERO_ERROR;
  const std::unique_ptr<icu::BreakIterator> borders(
      icu::BreakIterator::createCharacterInstance(icu::Locale::getRoot(), code));
  icu::UnicodeString wide = icu::UnicodeString::fromUTF8(text);
  borders->setText(wide);
  std::int32_t at = 0;
  for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
    at += icu::UnicodeString::fromUTF8(parts[i]).length();
    const bool is_border = borders->isBoundary(at) != 0;
    if (is_border) continue;
    const std::int32_t before = borders->preceding(at);
    if (borders->following(at) - before <= static_cast<std::int32_t>(kUnitsOfPart)) return false;
  }
  return true;
}
#else
bool CutsOnBorders(const std::string&, const std::vector<std::string>&) { return true; }
#endif

void CheckRoundTrip(const std::string& text) {
  Sent sent = Send(text);
  if (sent.pdus.size() != sent.planned) FAIL_CHECK("planned otherwise: " << text);
  const Got in_order = Receive(sent.pdus);
  if (in_order.whole != text) FAIL_CHECK("changed: " << text);
  if (!CutsOnBorders(text, in_order.parts)) FAIL_CHECK("cut inside a character: " << text);
  std::reverse(sent.pdus.begin(), sent.pdus.end());
  if (Receive(sent.pdus).whole != text) FAIL_CHECK("changed when out of order: " << text);
}

// The emoji of a line of emoji-test.txt; "" for a line without one.
std::string EmojiOf(const std::string& line) {
  if (line.empty() || line[0] == '#') return "";
  std::istringstream words(line.substr(0, line.find(';')));
  std::u32string sequence;
  for (std::string word; words >> word;) {
    sequence.push_back(static_cast<char32_t>(std::stoul(word, nullptr, 16)));
  }
  return EncodeUtf8(sequence);
}

}  // namespace

TEST_CASE("Real messages in English come back from their segments, as many as planned") {
  const std::size_t count = ForEachLine(
      "../shared/data/sms-spam-collection.tsv",
      [](const std::string& line) { CheckRoundTrip(line.substr(line.find('\t') + 1)); });
  CHECK((count == 0 || count == 5574));
}

TEST_CASE("Real messages in Chinese come back from their segments, as many as planned") {
  const std::size_t count =
      ForEachLine("../shared/data/nus-sms-zh.txt",
                  [](const std::string& line) { CheckRoundTrip(corpus::Unescaped(line)); });
  CHECK((count == 0 || count == 28420));
}

TEST_CASE("Every emoji sequence of Unicode 15 comes back, and none is cut wherever it stands") {
  std::size_t emoji_count = 0;
  ForEachLine("../shared/data/emoji-test-15.0.txt", [&](const std::string& line) {
    const std::string emoji = EmojiOf(line);
    if (emoji.empty()) return;
    ++emoji_count;
    CheckRoundTrip(emoji);
    // Somewhere in this text the border of the first part falls into an emoji.
    std::string text = "\u4E00";
    for (int i = 0; i < 70; ++i) text += emoji;
    CheckRoundTrip(text);
    for (const std::string& part : Receive(Send(text).pdus).parts) {
      const std::size_t before = part.starts_with("\u4E00") ? 3 : 0;
      if ((part.size() - before) % emoji.size() != 0) FAIL_CHECK("cut: " << line);
    }
  });
  CHECK((emoji_count == 0 || emoji_count > 4000));
}

TEST_CASE("Clusters of other scripts are not cut either") {
  for (const char* cluster :
       {"e\u0301\u0323", "\u0915\u094D\u0937\u093F", "\u0C37\u0C4D\u0C1F\u0C4D\u0C30",
        "\u0E01\u0E33", "\u1112\u1161\u11AB", "\r\n", "\U0001F1E9\U0001F1EA", "\u05E9\u05BC\u05C1",
        "\u0BA8\u0BBF"}) {
    std::string text = "\u4E00";
    for (int i = 0; i < 90; ++i) text += cluster;
    CheckRoundTrip(text);
  }
}

}  // namespace trestle::sms
