// JSON as the Meta networks and the simulations speak it. Reading builds our own small tree while
// nlohmann's lexer runs, so that depth, number of values and size are refused on the way and a deep
// tree never exists. A read value never fails to be asked: what is absent or of another type reads
// as null, and accessors answer "none". Writing can escape as Meta does in what it signs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "bridge/base/result.h"

namespace trestle {

struct JsonLimits {
  std::size_t bytes_max = 3 * 1024 * 1024;  // a WhatsApp webhook has up to 3 MB
  std::size_t depth_max = 32;
  std::size_t values_max = 200'000;
  std::size_t members_max = 256;  // of one object
};

class Json {
 public:
  using Limits = JsonLimits;
  using Member = std::pair<std::string, Json>;

  // kTooLarge above a limit; kMalformed for anything else that is not one whole JSON text in UTF-8
  // without equal names in an object.
  static Result<Json> Parse(std::string_view text, const Limits& limits = {});

  Json() = default;  // null
  Json(Json&&) noexcept = default;
  Json& operator=(Json&&) noexcept = default;
  Json(const Json&) = delete;
  Json& operator=(const Json&) = delete;
  ~Json() = default;

  bool is_null() const { return std::holds_alternative<std::monostate>(value_); }
  bool is_object() const { return std::holds_alternative<std::vector<Member>>(value_); }
  bool is_array() const { return std::holds_alternative<std::vector<Json>>(value_); }
  bool is_text() const { return std::holds_alternative<std::string>(value_); }
  bool is_number() const;

  const Json& operator[](std::string_view name) const;  // null when there is no such member
  bool Has(std::string_view name) const;
  const std::vector<Json>& items() const;      // empty unless an array
  const std::vector<Member>& members() const;  // empty unless an object
  const Json& First() const;                   // the first item, or null

  std::optional<std::string> text() const;
  std::string TextOr(std::string fallback) const;
  std::optional<std::int64_t> integer() const;  // none for fractions and beyond 64 bits
  std::optional<double> number() const;         // also of an integer
  std::optional<bool> flag() const;
  // An integer, or a text of decimal digits: Meta writes some times either way.
  std::optional<std::int64_t> integer_or_digits() const;

 private:
  friend class JsonBuilder;
  std::variant<std::monostate, bool, std::int64_t, double, std::string, std::vector<Json>,
               std::vector<Member>>
      value_;
};

enum class JsonEscape : std::uint8_t {
  kPlain,  // what must be escaped
  kMeta,   // and non-ASCII as \uXXXX, the slash as \/
};

// Appends values in order and sets the commas itself. Octets that are no UTF-8 become U+FFFD.
class JsonWriter {
 public:
  explicit JsonWriter(JsonEscape escape = JsonEscape::kPlain) : escape_(escape) {}

  JsonWriter& BeginObject() { return Open('{'); }
  JsonWriter& EndObject() { return Close('}'); }
  JsonWriter& BeginArray() { return Open('['); }
  JsonWriter& EndArray() { return Close(']'); }
  JsonWriter& Name(std::string_view name);
  JsonWriter& Text(std::string_view text);
  JsonWriter& Number(std::int64_t number);
  JsonWriter& Flag(bool flag);
  JsonWriter& Raw(std::string_view json);  // a value that is JSON already

  JsonWriter& TextMember(std::string_view name, std::string_view text) {
    return Name(name).Text(text);
  }
  JsonWriter& NumberMember(std::string_view name, std::int64_t number) {
    return Name(name).Number(number);
  }
  JsonWriter& FlagMember(std::string_view name, bool flag) { return Name(name).Flag(flag); }
  JsonWriter& ObjectMember(std::string_view name) { return Name(name).BeginObject(); }
  JsonWriter& ArrayMember(std::string_view name) { return Name(name).BeginArray(); }

  // Everything that was opened must be closed.
  std::string Take() &&;

 private:
  JsonWriter& Open(char bracket);
  JsonWriter& Close(char bracket);
  void Separate();
  void Quote(std::string_view text);
  void EscapeWide(char32_t point);

  const JsonEscape escape_;
  std::string out_;
  std::size_t depth_ = 0;
  bool needs_comma_ = false;
};

}  // namespace trestle
