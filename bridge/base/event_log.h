// The daemon's log: one JSON object a line, made of ids, enums, numbers and literals. There is no
// overload for strings or for Sensitive values, so content and addresses cannot be logged: it does
// not compile. Any thread may log; a line is written whole.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "bridge/base/ids.h"
#include "bridge/base/result.h"

namespace trestle {

enum class Severity : std::uint8_t { kDebug, kInfo, kWarning, kError };

class EventField {
 public:
  EventField(StaticText name, StaticText value) : name_(name), value_(Quoted(value.view())) {}
  EventField(StaticText name, std::int64_t value) : name_(name), value_(std::to_string(value)) {}
  EventField(StaticText name, std::uint64_t value) : name_(name), value_(std::to_string(value)) {}
  EventField(StaticText name, int value) : name_(name), value_(std::to_string(value)) {}
  EventField(StaticText name, std::uint32_t value) : name_(name), value_(std::to_string(value)) {}
  EventField(StaticText name, bool value) : name_(name), value_(value ? "true" : "false") {}
  EventField(StaticText name, Millis value) : name_(name), value_(std::to_string(value.count())) {}
  EventField(StaticText name, Reason value) : name_(name), value_(Quoted(ReasonName(value))) {}
  template <class Tag>
  EventField(StaticText name, const Id<Tag>& id) : name_(name), value_(Quoted(id.hex())) {}
  // For values of closed enums, whose Name functions return literals.
  static EventField Enum(StaticText name, std::string_view literal) {
    EventField field(name, 0);
    field.value_ = Quoted(literal);
    return field;
  }

  std::string_view name() const { return name_.view(); }
  std::string_view value() const { return value_; }

 private:
  static std::string Quoted(std::string_view literal);

  StaticText name_;
  std::string value_;
};

// Where lines go. Logging before OpenEventLog is dropped; `path` empty means standard error.
Result<void> OpenEventLog(const std::string& path, Severity least);
void LogEvent(Severity severity, StaticText event, std::initializer_list<EventField> fields = {});
void FlushEventLog();
// Changes what is written from now on; any thread.
void SetEventLogLevel(Severity least);

}  // namespace trestle
