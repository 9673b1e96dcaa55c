#include "bridge/rpc/convert.h"

#include <algorithm>
#include <limits>

#include "bridge/rpc/sentences.h"

namespace trestle {
namespace {

constexpr std::int32_t kLinksMax = 8;  // consent.proto: Contact.links

google::protobuf::Duration DurationOf(Millis span) {
  google::protobuf::Duration out;
  out.set_seconds(span.count() / 1000);
  out.set_nanos(static_cast<std::int32_t>(span.count() % 1000 * 1'000'000));
  return out;
}

template <class Number>
std::uint32_t Unsigned(Number value) {
  return static_cast<std::uint32_t>(Clamped(static_cast<std::int64_t>(value)));
}

}  // namespace

google::protobuf::Timestamp TimestampOf(WallTime at) {
  google::protobuf::Timestamp out;
  out.set_seconds(at.ms / 1000);
  out.set_nanos(static_cast<std::int32_t>(at.ms % 1000 * 1'000'000));
  return out;
}

std::int32_t Clamped(std::int64_t value) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();
  return static_cast<std::int32_t>(std::clamp(value, -kMost, kMost));
}

// The numbers of these enums are the same on both sides; convert_test.cc compares them all.
v1::Rule ProtoOf(Rule rule) { return static_cast<v1::Rule>(rule); }
Rule RuleOf(v1::Rule rule) { return static_cast<Rule>(rule); }
v1::ReceiptLevel ProtoOf(ReceiptLevel level) { return static_cast<v1::ReceiptLevel>(level); }
v1::Assurance ProtoOf(Assurance assurance) { return static_cast<v1::Assurance>(assurance); }
v1::ThreadRole ProtoOf(ThreadRole role) { return static_cast<v1::ThreadRole>(role); }
v1::AliasPolicy ProtoOf(AliasPolicy policy) { return static_cast<v1::AliasPolicy>(policy); }
v1::ContactState ProtoOf(ContactState state) { return static_cast<v1::ContactState>(state); }

v1::Health ProtoOf(Health health) {
  switch (health) {
    case Health::kStarting:
      return v1::HEALTH_STARTING;
    case Health::kHealthy:
      return v1::HEALTH_HEALTHY;
    case Health::kDegraded:
      return v1::HEALTH_DEGRADED;
    case Health::kDeaf:
      return v1::HEALTH_DEAF;
    case Health::kDown:
      return v1::HEALTH_DOWN;
  }
  return v1::HEALTH_UNSPECIFIED;
}

AliasPolicy PolicyOf(v1::AliasPolicy policy) {
  return policy == v1::ALIAS_POLICY_UNSPECIFIED ? AliasPolicy::kAsk
                                                : static_cast<AliasPolicy>(policy);
}

v1::Capabilities ProtoOf(const Capabilities& capabilities) {
  v1::Capabilities out;
  out.set_unit_kind(capabilities.unit_kind == UnitKind::kText ? v1::UNIT_KIND_TEXT
                                                              : v1::UNIT_KIND_BINARY);
  out.set_chunk_bytes(Unsigned(capabilities.chunk_bytes));
  out.set_units_max(Unsigned(capabilities.units_max));
  out.set_takes_idempotency_keys(capabilities.takes_idempotency_keys);
  out.set_reports_delivered(capabilities.reports_delivered);
  out.set_reports_read(capabilities.reports_read);
  out.set_needs_sms_consent(capabilities.needs_sms_consent);
  out.set_opens_messages(capabilities.opens_messages);
  return out;
}

Capabilities CapabilitiesOf(const Network& network, const v1::Capabilities& capabilities) {
  return Capabilities{.network = network,
                      .unit_kind = capabilities.unit_kind() == v1::UNIT_KIND_TEXT
                                       ? UnitKind::kText
                                       : UnitKind::kBinary,
                      .chunk_bytes = capabilities.chunk_bytes(),
                      .units_max = capabilities.units_max(),
                      .takes_idempotency_keys = capabilities.takes_idempotency_keys(),
                      .reports_delivered = capabilities.reports_delivered(),
                      .reports_read = capabilities.reports_read(),
                      .needs_sms_consent = capabilities.needs_sms_consent(),
                      .opens_messages = capabilities.opens_messages()};
}

v1::Refusal RefusalOf(Rule rule, std::int64_t measured, std::int64_t limit) {
  v1::Refusal out;
  out.set_rule(ProtoOf(rule));
  out.set_sentence(SentenceFor(rule, measured, limit));
  out.set_measured(Clamped(measured));
  out.set_limit(Clamped(limit));
  return out;
}

v1::Alias ProtoOf(const AliasView& alias) {
  v1::Alias out;
  out.set_alias_id(OctetsOf(alias.id));
  out.set_name(alias.name);
  out.set_label(alias.label);
  out.set_policy(ProtoOf(alias.policy));
  *out.mutable_created_at() = TimestampOf(alias.created_at);
  if (alias.expires_at) *out.mutable_expires_at() = TimestampOf(*alias.expires_at);
  if (alias.revoked_at) *out.mutable_revoked_at() = TimestampOf(*alias.revoked_at);
  out.set_uses(Unsigned(alias.uses));
  out.set_uses_max(Unsigned(alias.uses_max.value_or(0)));
  out.set_listing(alias.listing);
  if (alias.restorable_until) {
    *out.mutable_restorable_until() = TimestampOf(*alias.restorable_until);
  }
  return out;
}

v1::Preferences ProtoOf(const Preferences& preferences) {
  v1::Preferences out;
  for (const Network& network : preferences.order) out.add_network_order(network.name());
  for (const Network& network : preferences.refused) out.add_refused_networks(network.name());
  out.set_sms_allowed(preferences.sms_allowed);
  for (const std::string& place : preferences.residency.accepted) out.add_accepted_places(place);
  for (const std::string& place : preferences.residency.refused) out.add_refused_places(place);
  out.set_shows_repeats(preferences.shows_repeats);
  return out;
}

Result<Preferences> PreferencesOf(const v1::Preferences& preferences) {
  Preferences out;
  for (const std::string& name : preferences.network_order()) {
    out.order.push_back(TRESTLE_TRY(Network::Parse(name)));
  }
  for (const std::string& name : preferences.refused_networks()) {
    out.refused.push_back(TRESTLE_TRY(Network::Parse(name)));
  }
  out.sms_allowed = preferences.sms_allowed();
  const auto& accepted = preferences.accepted_places();
  const auto& refused = preferences.refused_places();
  out.residency.accepted.assign(accepted.begin(), accepted.end());
  out.residency.refused.assign(refused.begin(), refused.end());
  out.shows_repeats = preferences.shows_repeats();
  return out;
}

v1::Contact ProtoOf(const ContactView& contact) {
  v1::Contact out;
  out.set_contact_id(OctetsOf(contact.id));
  out.set_state(ProtoOf(contact.state));
  out.set_role(ProtoOf(contact.side));
  out.set_label(contact.label);
  out.set_waits_for_keys(contact.waits_for_keys);
  *out.mutable_created_at() = TimestampOf(contact.created_at);
  for (const LinkView& link : contact.links) {
    if (out.links_size() == kLinksMax) break;
    v1::ContactLink& view = *out.add_links();
    view.set_link_id(OctetsOf(link.id));
    view.set_network(link.network.name());
    view.set_bound(link.bound);
  }
  if (contact.edge) {
    v1::ContactEdge& edge = *out.mutable_edge();
    if (contact.edge->own_until) *edge.mutable_own_until() = TimestampOf(*contact.edge->own_until);
    if (contact.edge->peer_until) {
      *edge.mutable_peer_until() = TimestampOf(*contact.edge->peer_until);
    }
  }
  return out;
}

v1::ConsentEntry ProtoOf(const ConsentEntryView& entry) {
  v1::ConsentEntry out;
  out.set_number(static_cast<std::uint64_t>(entry.number));
  *out.mutable_at() = TimestampOf(entry.at);
  out.set_entry(std::string(ConsentEntryName(entry.entry)));
  out.set_origin(std::string(ConsentOriginName(entry.origin)));
  out.set_network(entry.network.name());
  if (entry.contact) out.set_contact_id(OctetsOf(*entry.contact));
  if (entry.until) *out.mutable_until() = TimestampOf(*entry.until);
  return out;
}

v1::KeyLogEntry ProtoOf(const KeyLogEntry& entry) {
  v1::KeyLogEntry out;
  out.set_number(entry.number);
  out.set_at_ms(static_cast<std::uint64_t>(entry.at.ms));
  out.set_kind(static_cast<v1::KeyLogKind>(entry.kind));
  out.set_key_package_ref(std::string(AsText(entry.ref)));
  out.set_contact_id(OctetsOf(entry.contact));
  out.set_hash(std::string(AsText(entry.hash)));
  return out;
}

v1::SubmitResponse ProtoOf(const SubmitAnswer& answer) {
  v1::SubmitResponse out;
  if (!answer.envelope_id.is_none()) out.set_envelope_id(OctetsOf(answer.envelope_id));
  if (answer.rule != Rule::kNone) {
    *out.mutable_refusal() = RefusalOf(answer.rule, answer.measured, answer.limit);
    out.set_known_epoch(answer.known_epoch);
    return out;
  }
  out.set_seq(answer.seq);
  *out.mutable_accepted_at() = TimestampOf(answer.accepted_at);
  out.set_duplicate(answer.duplicate);
  return out;
}

namespace {

std::string TextOf(ByteView octets) { return std::string(AsText(octets)); }

void Fill(const ErasureHead& head, v1::ErasureHead& out) {
  out.set_shard(head.shard);
  out.set_size(head.size);
  out.set_root(TextOf(head.root));
  out.set_previous(TextOf(head.previous));
}

}  // namespace

v1::ErasureProofResponse ProtoOf(const ErasureProofAnswer& answer) {
  v1::ErasureProofResponse out;
  out.set_erased(answer.note.has_value());
  if (answer.note) {
    out.set_shard(answer.note->shard);
    out.set_index(answer.note->index);
  }
  out.set_leaf(TextOf(answer.leaf));
  for (const Bytes32& each : answer.path) out.add_path(TextOf(each));
  Fill(answer.head, *out.mutable_head());
  out.set_signature(TextOf(answer.signature));
  out.set_public_key(TextOf(answer.public_key));
  for (const ErasureHead& each : answer.closed_heads) Fill(each, *out.add_closed_heads());
  for (const Bytes32& each : answer.consistency) out.add_consistency(TextOf(each));
  out.set_consistency_gone(answer.consistency_gone);
  out.set_store(answer.store);
  return out;
}

v1::TraceStep StepOf(const TraceRecord& record) {
  v1::TraceStep out;
  *out.mutable_at() = TimestampOf(record.at);
  out.set_room(std::string(RoomOf(record.step)));
  out.set_step(std::string(StepName(record.step)));
  out.set_outcome(std::string(OutcomeName(record.outcome)));
  out.set_rule(ProtoOf(record.rule));
  if (record.to_network) {
    out.set_network(record.to_network->name());
  } else if (record.from_network) {
    out.set_network(record.from_network->name());
  }
  out.set_size_bytes(Unsigned(record.size_bytes));
  out.set_attempt(Unsigned(record.attempt));
  return out;
}

v1::WatchResponse EventOf(const TraceRecord& record) {
  v1::WatchResponse out;
  *out.mutable_at() = TimestampOf(record.at);
  out.set_room(std::string(RoomOf(record.step)));
  out.set_step(std::string(StepName(record.step)));
  out.set_outcome(std::string(OutcomeName(record.outcome)));
  out.set_rule(ProtoOf(record.rule));
  if (record.envelope_id) out.set_envelope_id(OctetsOf(*record.envelope_id));
  if (record.contact) out.set_contact_id(OctetsOf(*record.contact));
  if (record.from_network) out.set_from_network(record.from_network->name());
  if (record.to_network) out.set_to_network(record.to_network->name());
  out.set_size_bytes(Unsigned(record.size_bytes));
  out.set_attempt(Unsigned(record.attempt));
  out.set_latency_ms(Unsigned(record.latency.count()));
  return out;
}

v1::AdapterStatus ProtoOf(const AdapterView& adapter) {
  v1::AdapterStatus out;
  out.set_network(adapter.network.name());
  *out.mutable_capabilities() = ProtoOf(adapter.capabilities);
  out.set_health(ProtoOf(adapter.health));
  out.set_draining(adapter.draining);
  out.set_waiting_rows(Unsigned(adapter.rows_waiting));
  out.set_in_flight(Unsigned(adapter.rows_in_flight));
  if (adapter.oldest_waiting_age) {
    *out.mutable_oldest_waiting() = DurationOf(*adapter.oldest_waiting_age);
  }
  if (adapter.last_inbound_age) {
    *out.mutable_last_inbound_age() = DurationOf(*adapter.last_inbound_age);
  }
  out.set_reported(ProtoOf(adapter.reported));
  out.set_flow(ProtoOf(adapter.flow));
  if (adapter.down_for > Millis{0}) *out.mutable_down_for() = DurationOf(adapter.down_for);
  if (adapter.canary) *out.mutable_canary() = DurationOf(*adapter.canary);
  out.set_canary_misses(Unsigned(adapter.canary_misses));
  out.set_restarts(Unsigned(adapter.restarts));
  return out;
}

v1::DeadLetter ProtoOf(const DeadLetterView& letter) {
  v1::DeadLetter out;
  out.set_id(static_cast<std::uint64_t>(letter.id));
  out.set_delivery_id(OctetsOf(letter.delivery_id));
  if (letter.envelope_id) out.set_envelope_id(OctetsOf(*letter.envelope_id));
  out.set_network(letter.network.name());
  out.set_kind(std::string(OutboxKindName(letter.kind)));
  out.set_rule(ProtoOf(letter.rule));
  out.set_attempts(Unsigned(letter.attempts));
  out.set_size_bytes(Unsigned(letter.size_bytes));
  *out.mutable_at() = TimestampOf(letter.failed_at);
  *out.mutable_expires_at() = TimestampOf(letter.expires_at);
  return out;
}

}  // namespace trestle
