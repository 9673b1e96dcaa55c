#include "bridge/rpc/validator.h"

#include <map>
#include <memory>
#include <mutex>
#include <regex>

#include "trestle/v1/options.pb.h"

namespace trestle {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::OneofDescriptor;
using google::protobuf::Reflection;

// Patterns are compiled once each and kept: there are as many as the protos state.
bool Matches(const std::string& pattern, const std::string& value) {
  static std::mutex mutex;
  static std::map<std::string, std::regex> compiled;
  const std::lock_guard lock(mutex);
  auto found = compiled.find(pattern);
  if (found == compiled.end()) found = compiled.emplace(pattern, std::regex(pattern)).first;
  return std::regex_match(value, found->second);
}

class Walk {
 public:
  std::vector<Violation> Take() { return std::move(violations_); }

  void Check(const Message& message, const std::string& path) {
    const Descriptor& type = *message.GetDescriptor();
    for (int i = 0; i < type.real_oneof_decl_count(); ++i) {
      CheckOneof(message, *type.oneof_decl(i), path);
    }
    for (int i = 0; i < type.field_count(); ++i) {
      const FieldDescriptor& field = *type.field(i);
      const std::string at = path.empty() ? field.name() : path + "." + field.name();
      field.is_repeated() ? CheckRepeated(message, field, at) : CheckSingular(message, field, at);
    }
  }

 private:
  static const v1::FieldSpec& SpecOf(const FieldDescriptor& field) {
    return field.options().GetExtension(v1::spec);
  }

  void Note(const std::string& field, std::string description) {
    if (violations_.size() < kViolationsMax) {
      violations_.push_back({field, std::move(description)});
    }
  }

  void CheckOneof(const Message& message, const OneofDescriptor& oneof, const std::string& path) {
    if (!oneof.options().GetExtension(v1::oneof_required)) return;
    if (message.GetReflection()->HasOneof(message, &oneof)) return;
    Note(path.empty() ? oneof.name() : path + "." + oneof.name(), "one of its members is required");
  }

  void CheckRepeated(const Message& message, const FieldDescriptor& field, const std::string& at) {
    const v1::FieldSpec& spec = SpecOf(field);
    const Reflection& reflection = *message.GetReflection();
    const int count = reflection.FieldSize(message, &field);
    if (spec.required() && count == 0) Note(at, "at least one item is required");
    if (static_cast<unsigned>(count) > spec.max_items()) {
      Note(at,
           "at most " + std::to_string(spec.max_items()) + " items, got " + std::to_string(count));
      return;  // the items of a list that is too long are not looked at
    }
    for (int i = 0; i < count; ++i) {
      const std::string item = at + "[" + std::to_string(i) + "]";
      if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
        Check(reflection.GetRepeatedMessage(message, &field, i), item);
      } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
        std::string scratch;
        CheckText(spec, reflection.GetRepeatedStringReference(message, &field, i, &scratch), item);
      } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_ENUM) {
        CheckEnum(spec, field, reflection.GetRepeatedEnumValue(message, &field, i), item);
      }
    }
  }

  void CheckSingular(const Message& message, const FieldDescriptor& field, const std::string& at) {
    const v1::FieldSpec& spec = SpecOf(field);
    const Reflection& reflection = *message.GetReflection();
    // Without presence of its own, a field at its default counts as not set.
    if (!reflection.HasField(message, &field)) {
      if (spec.required()) Note(at, "is required");
      return;
    }
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_MESSAGE:
        return Check(reflection.GetMessage(message, &field), at);
      case FieldDescriptor::CPPTYPE_STRING: {
        std::string scratch;
        return CheckText(spec, reflection.GetStringReference(message, &field, &scratch), at);
      }
      case FieldDescriptor::CPPTYPE_ENUM:
        return CheckEnum(spec, field, reflection.GetEnumValue(message, &field), at);
      case FieldDescriptor::CPPTYPE_INT32:
        return CheckNumber(spec, reflection.GetInt32(message, &field), at);
      case FieldDescriptor::CPPTYPE_INT64:
        return CheckNumber(spec, reflection.GetInt64(message, &field), at);
      case FieldDescriptor::CPPTYPE_UINT32:
        return CheckNumber(spec, reflection.GetUInt32(message, &field), at);
      case FieldDescriptor::CPPTYPE_UINT64:
        return CheckUnsigned(spec, reflection.GetUInt64(message, &field), at);
      case FieldDescriptor::CPPTYPE_BOOL:
      case FieldDescriptor::CPPTYPE_FLOAT:
      case FieldDescriptor::CPPTYPE_DOUBLE:
        return;
    }
  }

  void CheckText(const v1::FieldSpec& spec, const std::string& value, const std::string& at) {
    const std::string got = ", got " + std::to_string(value.size());
    if (spec.exact_bytes() != 0 && value.size() != spec.exact_bytes()) {
      return Note(at, "exactly " + std::to_string(spec.exact_bytes()) + " octets" + got);
    }
    if (value.size() < spec.min_bytes()) {
      return Note(at, "at least " + std::to_string(spec.min_bytes()) + " octets" + got);
    }
    if (spec.max_bytes() != 0 && value.size() > spec.max_bytes()) {
      return Note(at, "at most " + std::to_string(spec.max_bytes()) + " octets" + got);
    }
    if (!spec.pattern().empty() && !Matches(spec.pattern(), value)) {
      Note(at, "must match " + spec.pattern());
    }
  }

  void CheckEnum(const v1::FieldSpec& spec, const FieldDescriptor& field, int value,
                 const std::string& at) {
    if (!spec.defined_only()) return;
    if (field.enum_type()->FindValueByNumber(value) == nullptr) {
      Note(at, "no such value: " + std::to_string(value));
    }
  }

  void CheckNumber(const v1::FieldSpec& spec, std::int64_t value, const std::string& at) {
    if (!spec.has_range() || (value >= spec.min_value() && value <= spec.max_value())) return;
    Note(at, "from " + std::to_string(spec.min_value()) + " to " +
                 std::to_string(spec.max_value()) + ", got " + std::to_string(value));
  }

  void CheckUnsigned(const v1::FieldSpec& spec, std::uint64_t value, const std::string& at) {
    if (value <= static_cast<std::uint64_t>(INT64_MAX)) {
      return CheckNumber(spec, static_cast<std::int64_t>(value), at);
    }
    if (spec.has_range()) Note(at, "at most " + std::to_string(spec.max_value()));
  }

  std::vector<Violation> violations_;
};

}  // namespace

std::vector<Violation> Validate(const google::protobuf::Message& message) {
  Walk walk;
  walk.Check(message, "");
  return walk.Take();
}

}  // namespace trestle
