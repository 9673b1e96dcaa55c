#include "adapters/sdk/json.h"

#include <charconv>
#include <nlohmann/json.hpp>

#include "adapters/sdk/utf8.h"

namespace trestle {

// Takes nlohmann's events. Every method answers false to stop reading.
class JsonBuilder {
 public:
  explicit JsonBuilder(const JsonLimits& limits) : limits_(limits) {}

  bool null() { return Put({}) != nullptr; }
  bool boolean(bool flag) { return PutValue(flag); }
  bool number_integer(std::int64_t number) { return PutValue(number); }
  bool number_unsigned(std::uint64_t number) {
    if (number > static_cast<std::uint64_t>(INT64_MAX)) {
      return PutValue(static_cast<double>(number));
    }
    return PutValue(static_cast<std::int64_t>(number));
  }
  bool number_float(double number, const std::string&) { return PutValue(number); }
  bool string(std::string& text) { return PutValue(std::move(text)); }
  bool binary(nlohmann::json::binary_t&) { return false; }
  bool start_object(std::size_t) { return Open(std::vector<Json::Member>()); }
  bool start_array(std::size_t) { return Open(std::vector<Json>()); }
  bool end_object() { return Close(); }
  bool end_array() { return Close(); }
  bool key(std::string& name);
  bool parse_error(std::size_t, const std::string&, const std::exception&) { return false; }

  bool is_too_large() const { return is_too_large_; }
  Json Take() && { return std::move(root_); }

 private:
  template <class T>
  bool PutValue(T value) {
    Json json;
    json.value_ = std::move(value);
    return Put(std::move(json)) != nullptr;
  }
  template <class T>
  bool Open(T container);
  bool Close() {
    open_.pop_back();
    return true;
  }
  Json* Put(Json json);
  Json* TooLarge() {
    is_too_large_ = true;
    return nullptr;
  }

  const JsonLimits& limits_;
  Json root_;
  // The containers that are open, outermost first. They stay where they are: a vector only grows
  // while none of its elements is open.
  std::vector<Json*> open_;
  std::string name_;
  std::size_t values_used_ = 0;
  bool is_too_large_ = false;
};

template <class T>
bool JsonBuilder::Open(T container) {
  if (open_.size() >= limits_.depth_max) return TooLarge() != nullptr;
  Json json;
  json.value_ = std::move(container);
  Json* const placed = Put(std::move(json));
  if (placed != nullptr) open_.push_back(placed);
  return placed != nullptr;
}

bool JsonBuilder::key(std::string& name) {
  const Json& object = *open_.back();
  if (object.members().size() >= limits_.members_max) return TooLarge() != nullptr;
  // Two readers that prefer different ones of two equal names disagree about what was said.
  if (object.Has(name)) return false;
  name_ = std::move(name);
  return true;
}

Json* JsonBuilder::Put(Json json) {
  if (++values_used_ > limits_.values_max) return TooLarge();
  if (open_.empty()) {
    root_ = std::move(json);
    return &root_;
  }
  if (auto* items = std::get_if<std::vector<Json>>(&open_.back()->value_)) {
    return &items->emplace_back(std::move(json));
  }
  auto& members = std::get<std::vector<Json::Member>>(open_.back()->value_);
  return &members.emplace_back(std::move(name_), std::move(json)).second;
}

Result<Json> Json::Parse(std::string_view text, const Limits& limits) {
  if (text.size() > limits.bytes_max) return Fail(Reason::kTooLarge, "the JSON text is too long");
  try {
    JsonBuilder builder(limits);
    const bool is_whole = nlohmann::json::sax_parse(text.begin(), text.end(), &builder);
    if (builder.is_too_large()) return Fail(Reason::kTooLarge, "JSON above a limit");
    if (!is_whole) return Fail(Reason::kMalformed, "not JSON");
    return std::move(builder).Take();
  } catch (const std::exception&) {
    return Fail(Reason::kMalformed, "not JSON");
  }
}

namespace {

const Json& NullJson() {
  static const Json kNull;
  return kNull;
}

}  // namespace

bool Json::is_number() const {
  return std::holds_alternative<std::int64_t>(value_) || std::holds_alternative<double>(value_);
}

const Json& Json::operator[](std::string_view name) const {
  for (const Member& member : members()) {
    if (member.first == name) return member.second;
  }
  return NullJson();
}

bool Json::Has(std::string_view name) const {
  for (const Member& member : members()) {
    if (member.first == name) return true;
  }
  return false;
}

const std::vector<Json>& Json::items() const {
  static const std::vector<Json> kNone;
  const auto* items = std::get_if<std::vector<Json>>(&value_);
  return items == nullptr ? kNone : *items;
}

const std::vector<Json::Member>& Json::members() const {
  static const std::vector<Member> kNone;
  const auto* members = std::get_if<std::vector<Member>>(&value_);
  return members == nullptr ? kNone : *members;
}

const Json& Json::First() const { return items().empty() ? NullJson() : items().front(); }

std::optional<std::string> Json::text() const {
  const auto* text = std::get_if<std::string>(&value_);
  return text == nullptr ? std::nullopt : std::optional(*text);
}

std::string Json::TextOr(std::string fallback) const {
  const auto* text = std::get_if<std::string>(&value_);
  return text == nullptr ? std::move(fallback) : *text;
}

std::optional<std::int64_t> Json::integer() const {
  const auto* number = std::get_if<std::int64_t>(&value_);
  return number == nullptr ? std::nullopt : std::optional(*number);
}

std::optional<double> Json::number() const {
  if (const auto* real = std::get_if<double>(&value_)) return *real;
  if (const auto whole = integer()) return static_cast<double>(*whole);
  return std::nullopt;
}

std::optional<bool> Json::flag() const {
  const auto* flag = std::get_if<bool>(&value_);
  return flag == nullptr ? std::nullopt : std::optional(*flag);
}

std::optional<std::int64_t> Json::integer_or_digits() const {
  if (const auto number = integer()) return number;
  const auto* text = std::get_if<std::string>(&value_);
  if (text == nullptr || text->empty()) return std::nullopt;
  if (text->find_first_not_of("0123456789") != text->npos) return std::nullopt;
  std::int64_t out = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), out);
  const bool is_whole = error == std::errc() && end == text->data() + text->size();
  return is_whole ? std::optional(out) : std::nullopt;
}

JsonWriter& JsonWriter::Name(std::string_view name) {
  Separate();
  Quote(name);
  out_.push_back(':');
  needs_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::Text(std::string_view text) {
  Separate();
  Quote(text);
  return *this;
}

JsonWriter& JsonWriter::Number(std::int64_t number) {
  Separate();
  out_ += std::to_string(number);
  return *this;
}

JsonWriter& JsonWriter::Flag(bool flag) {
  Separate();
  out_ += flag ? "true" : "false";
  return *this;
}

JsonWriter& JsonWriter::Raw(std::string_view json) {
  Separate();
  out_ += json;
  return *this;
}

std::string JsonWriter::Take() && {
  TRESTLE_CHECK(depth_ == 0);
  return std::move(out_);
}

JsonWriter& JsonWriter::Open(char bracket) {
  Separate();
  out_.push_back(bracket);
  needs_comma_ = false;
  ++depth_;
  return *this;
}

JsonWriter& JsonWriter::Close(char bracket) {
  TRESTLE_CHECK(depth_ > 0);
  --depth_;
  out_.push_back(bracket);
  needs_comma_ = true;
  return *this;
}

void JsonWriter::Separate() {
  if (needs_comma_) out_.push_back(',');
  needs_comma_ = true;
}

void JsonWriter::Quote(std::string_view text) {
  constexpr char32_t kReplacement = 0xFFFD;
  out_.push_back('"');
  while (!text.empty()) {
    const auto taken = TakeCodePoint(text);
    if (!taken) text.remove_prefix(1);
    const char32_t point = taken.value_or(kReplacement);
    if (point == U'"' || point == U'\\' || (point == U'/' && escape_ == JsonEscape::kMeta)) {
      out_.push_back('\\');
      out_.push_back(static_cast<char>(point));
    } else if (point < 0x20 || (point >= 0x80 && escape_ == JsonEscape::kMeta)) {
      EscapeWide(point);
    } else {
      AppendUtf8(out_, point);
    }
  }
  out_.push_back('"');
}

void JsonWriter::EscapeWide(char32_t point) {
  constexpr std::string_view kHex = "0123456789abcdef";
  if (point >= 0x10000) {
    const char32_t above = point - 0x10000;
    EscapeWide(0xD800 + (above >> 10U));
    EscapeWide(0xDC00 + (above & 0x3FFU));
    return;
  }
  out_ += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) {
    out_.push_back(kHex[(point >> static_cast<unsigned>(shift)) & 0x0FU]);
  }
}

}  // namespace trestle
