// Between the core's words and the API's, one function a word; the only place where the two meet.
// Requests have been validated, so ids have their size and enums their values. Texts and lists are
// cut to the limits that the protos state for answers. Pure; no gRPC here.
#pragma once

#include <google/protobuf/timestamp.pb.h>

#include <string>

#include "bridge/pipeline/answers.h"
#include "trestle/v1/admin.pb.h"
#include "trestle/v1/consent.pb.h"
#include "trestle/v1/directory.pb.h"
#include "trestle/v1/keys.pb.h"
#include "trestle/v1/messages.pb.h"
#include "trestle/v1/routing.pb.h"
#include "trestle/v1/types.pb.h"

namespace trestle {

// `octets` has 16 octets.
template <class IdType>
IdType IdOf(const std::string& octets) {
  const Result<IdType> id = IdType::FromBytes(AsBytes(octets));
  TRESTLE_CHECK(id.has_value());
  return *id;
}
template <class Tag>
std::string OctetsOf(const Id<Tag>& id) {
  return std::string(AsText(id.bytes()));
}
google::protobuf::Timestamp TimestampOf(WallTime at);
std::int32_t Clamped(std::int64_t value);  // to what the field holds

v1::Rule ProtoOf(Rule rule);
Rule RuleOf(v1::Rule rule);
v1::ReceiptLevel ProtoOf(ReceiptLevel level);
v1::Assurance ProtoOf(Assurance assurance);
v1::Health ProtoOf(Health health);
v1::ThreadRole ProtoOf(ThreadRole role);
v1::AliasPolicy ProtoOf(AliasPolicy policy);
AliasPolicy PolicyOf(v1::AliasPolicy policy);  // UNSPECIFIED is kAsk
v1::ContactState ProtoOf(ContactState state);

v1::Capabilities ProtoOf(const Capabilities& capabilities);
Capabilities CapabilitiesOf(const Network& network, const v1::Capabilities& capabilities);
v1::Refusal RefusalOf(Rule rule, std::int64_t measured = 0, std::int64_t limit = 0);
v1::Alias ProtoOf(const AliasView& alias);
v1::Preferences ProtoOf(const Preferences& preferences);
// kInvalidArgument for names that are no networks.
Result<Preferences> PreferencesOf(const v1::Preferences& preferences);
v1::Contact ProtoOf(const ContactView& contact);
v1::ConsentEntry ProtoOf(const ConsentEntryView& entry);
v1::KeyLogEntry ProtoOf(const KeyLogEntry& entry);
v1::SubmitResponse ProtoOf(const SubmitAnswer& answer);
v1::ErasureProofResponse ProtoOf(const ErasureProofAnswer& answer);
v1::TraceStep StepOf(const TraceRecord& record);
v1::WatchResponse EventOf(const TraceRecord& record);
v1::AdapterStatus ProtoOf(const AdapterView& adapter);
v1::DeadLetter ProtoOf(const DeadLetterView& letter);

}  // namespace trestle
