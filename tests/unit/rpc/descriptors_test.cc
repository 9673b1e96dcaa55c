// Walks every descriptor of trestle.v1: a field or method that does not state what the house asks
// of it fails here, with its name.
#include <google/protobuf/descriptor.h>
#include <catch2/catch.hpp>

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "trestle/v1/adapters.pb.h"
#include "trestle/v1/admin.pb.h"
#include "trestle/v1/consent.pb.h"
#include "trestle/v1/directory.pb.h"
#include "trestle/v1/keys.pb.h"
#include "trestle/v1/messages.pb.h"
#include "trestle/v1/options.pb.h"
#include "trestle/v1/rooms.pb.h"
#include "trestle/v1/routing.pb.h"
#include "trestle/v1/types.pb.h"

using namespace trestle;
using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;
using google::protobuf::MethodDescriptor;

namespace {

const std::vector<const FileDescriptor*>& Files() {
  static const std::vector<const FileDescriptor*> files = {
      v1::Refusal::descriptor()->file(),
      v1::SubmitRequest::descriptor()->file(),
      v1::EnrolRequest::descriptor()->file(),
      v1::ExplainRequest::descriptor()->file(),
      v1::GrantRequest::descriptor()->file(),
      v1::PublishRequest::descriptor()->file(),
      v1::SubmitHandshakeRequest::descriptor()->file(),
      v1::ConnectRequest::descriptor()->file(),
      v1::DrainRequest::descriptor()->file()};
  return files;
}

const v1::FieldSpec& SpecOf(const FieldDescriptor& field) {
  return field.options().GetExtension(v1::spec);
}

bool IsMessage(const FieldDescriptor& field) {
  return field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
}

bool IsOurs(const FieldDescriptor& field) {
  return IsMessage(field) && field.message_type()->file()->package() == "trestle.v1";
}

// The full names of fields for which `broken` holds.
std::vector<std::string> Fields(const std::function<bool(const FieldDescriptor&)>& broken) {
  std::vector<std::string> names;
  for (const FileDescriptor* file : Files()) {
    for (int m = 0; m < file->message_type_count(); ++m) {
      const Descriptor& type = *file->message_type(m);
      for (int f = 0; f < type.field_count(); ++f) {
        if (broken(*type.field(f))) names.push_back(type.field(f)->full_name());
      }
    }
  }
  return names;
}

std::vector<const MethodDescriptor*> Methods() {
  std::vector<const MethodDescriptor*> methods;
  for (const FileDescriptor* file : Files()) {
    for (int s = 0; s < file->service_count(); ++s) {
      for (int m = 0; m < file->service(s)->method_count(); ++m) {
        methods.push_back(file->service(s)->method(m));
      }
    }
  }
  return methods;
}

bool Reaches(const Descriptor& from, const Descriptor& target, int depth) {
  if (depth > 16) return true;
  for (int f = 0; f < from.field_count(); ++f) {
    if (!IsOurs(*from.field(f))) continue;
    const Descriptor& type = *from.field(f)->message_type();
    if (&type == &target || Reaches(type, target, depth + 1)) return true;
  }
  return false;
}

const std::vector<std::string> kNone;

}  // namespace

TEST_CASE("Every field states a privacy class") {
  CHECK(Fields([](const FieldDescriptor& field) {
          return SpecOf(field).privacy() == v1::PRIVACY_CLASS_UNSPECIFIED;
        }) == kNone);
}

TEST_CASE("Composite is the class of our own messages and of nothing else") {
  CHECK(Fields([](const FieldDescriptor& field) {
          return (SpecOf(field).privacy() == v1::PRIVACY_CLASS_COMPOSITE) != IsOurs(field);
        }) == kNone);
}

TEST_CASE("Every string and bytes field states its largest or its exact size") {
  CHECK(Fields([](const FieldDescriptor& field) {
          return field.cpp_type() == FieldDescriptor::CPPTYPE_STRING &&
                 (SpecOf(field).max_bytes() == 0) == (SpecOf(field).exact_bytes() == 0);
        }) == kNone);
}

TEST_CASE("Every repeated field states how many items it may have, and no other field does") {
  CHECK(Fields([](const FieldDescriptor& field) {
          return (SpecOf(field).max_items() != 0) != field.is_repeated();
        }) == kNone);
}

TEST_CASE("Every enum field takes defined values only") {
  CHECK(Fields([](const FieldDescriptor& field) {
          return field.cpp_type() == FieldDescriptor::CPPTYPE_ENUM && !SpecOf(field).defined_only();
        }) == kNone);
}

TEST_CASE("Patterns stand on short strings only") {
  CHECK(Fields([](const FieldDescriptor& field) {
          return !SpecOf(field).pattern().empty() &&
                 (field.type() != FieldDescriptor::TYPE_STRING || SpecOf(field).max_bytes() > 256);
        }) == kNone);
}

TEST_CASE("Ranges stand on numbers and are not empty") {
  CHECK(Fields([](const FieldDescriptor& field) {
          const v1::FieldSpec& spec = SpecOf(field);
          return spec.has_range() && (field.cpp_type() > FieldDescriptor::CPPTYPE_UINT64 ||
                                      spec.min_value() > spec.max_value());
        }) == kNone);
}

TEST_CASE("Opaque values are bytes, so that nothing decodes them on the way") {
  CHECK(Fields([](const FieldDescriptor& field) {
          return SpecOf(field).privacy() == v1::PRIVACY_CLASS_OPAQUE &&
                 field.type() != FieldDescriptor::TYPE_BYTES;
        }) == kNone);
}

TEST_CASE("Secrets are few and known by name") {
  CHECK(Fields([](const FieldDescriptor& field) {
          return SpecOf(field).privacy() == v1::PRIVACY_CLASS_SECRET;
        }) == std::vector<std::string>{"trestle.v1.EnrolRequest.join_code",
                                       "trestle.v1.EnrolResponse.token",
                                       "trestle.v1.CreateJoinCodeResponse.code"});
}

TEST_CASE("No field is private to an adapter: the API has no place for a native address") {
  CHECK(Fields([](const FieldDescriptor& field) {
          return SpecOf(field).privacy() == v1::PRIVACY_CLASS_ADAPTER_PRIVATE;
        }) == kNone);
}

TEST_CASE("No message contains itself, so that validation ends") {
  std::vector<std::string> recursive;
  for (const FileDescriptor* file : Files()) {
    for (int m = 0; m < file->message_type_count(); ++m) {
      const Descriptor& type = *file->message_type(m);
      if (Reaches(type, type, 0)) recursive.push_back(type.full_name());
    }
  }
  CHECK(recursive == kNone);
}

TEST_CASE("Every method states what its caller must prove, and only Enrol asks for nothing") {
  std::vector<std::string> open;
  for (const MethodDescriptor* method : Methods()) {
    const v1::Access access = method->options().GetExtension(v1::access);
    CHECK(access != v1::ACCESS_UNSPECIFIED);
    if (access == v1::ACCESS_ANYONE) open.push_back(method->full_name());
  }
  CHECK(open == std::vector<std::string>{"trestle.v1.Directory.Enrol"});
}

TEST_CASE("Every method has a request type of its own, by which the gate knows it") {
  std::set<const Descriptor*> types;
  for (const MethodDescriptor* method : Methods()) types.insert(method->input_type());
  CHECK(types.size() == Methods().size());
}

TEST_CASE("The eight services are there with their methods") {
  std::set<std::string> names;
  for (const MethodDescriptor* method : Methods()) names.insert(method->full_name());
  for (const char* name : {"Messages.Submit",
                           "Messages.Exchange",
                           "Messages.Trace",
                           "Directory.Enrol",
                           "Directory.CreateAlias",
                           "Directory.ListAliases",
                           "Directory.RevokeAlias",
                           "Directory.Reach",
                           "Directory.SetPreferences",
                           "Directory.GetPreferences",
                           "Directory.CreateJoinCode",
                           "Routing.Explain",
                           "Routing.ListRoutes",
                           "Routing.Watch",
                           "Consent.Request",
                           "Consent.AllowEdge",
                           "Consent.EndEdge",
                           "Consent.Grant",
                           "Consent.Revoke",
                           "Consent.Block",
                           "Consent.List",
                           "Keys.Publish",
                           "Keys.Claim",
                           "Keys.Count",
                           "Rooms.SubmitHandshake",
                           "AdapterHost.Connect",
                           "Admin.ListAdapters",
                           "Admin.Drain",
                           "Admin.Resume",
                           "Admin.DeadLetters",
                           "Admin.Requeue",
                           "Admin.Purge",
                           "Admin.Reload"}) {
    CHECK(names.contains("trestle.v1." + std::string(name)));
  }
}
