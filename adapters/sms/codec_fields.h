// The order and size of every field of every PDU body, written once: the decoder, the encoder and
// the JSON printer all walk a body through VisitFields with a visitor of their own. Internal to the
// codec.
#pragma once

#include "adapters/sms/codec.h"

namespace trestle::sms::fields {

// Sizes of C-octet strings include their NUL (SMPP 3.4, Section 4).
inline constexpr std::size_t kSystemIdMax = 16;
inline constexpr std::size_t kPasswordMax = 9;
inline constexpr std::size_t kSystemTypeMax = 13;
inline constexpr std::size_t kRangeMax = 41;
inline constexpr std::size_t kServiceTypeMax = 6;
inline constexpr std::size_t kAddressMax = 21;
inline constexpr std::size_t kLongAddressMax = 65;
inline constexpr std::size_t kTimeMax = 17;
inline constexpr std::size_t kMessageIdMax = 65;
inline constexpr std::size_t kListNameMax = 21;

template <class V, class A>
void VisitAddress(V& v, const char* name, A& address, std::size_t max) {
  v.Begin(name);
  v.U8("ton", address.ton);
  v.U8("npi", address.npi);
  v.Text("text", address.text, max);
  v.End();
}

template <class V>
void VisitFields(V&, const EmptyBody&) {}

template <class V, class B>
requires std::is_same_v<std::remove_const_t<B>, BindBody>
void VisitFields(V& v, B& b) {
  v.Text("system_id", b.system_id, kSystemIdMax);
  v.Text("password", b.password, kPasswordMax);
  v.Text("system_type", b.system_type, kSystemTypeMax);
  v.U8("interface_version", b.interface_version);
  VisitAddress(v, "address_range", b.range, kRangeMax);
}

template <class V, class B>
requires std::is_same_v<std::remove_const_t<B>, BindRespBody>
void VisitFields(V& v, B& b) { v.Text("system_id", b.system_id, kSystemIdMax); }

template <class V, class B>
requires std::is_same_v<std::remove_const_t<B>, OutbindBody>
void VisitFields(V& v, B& b) {
  v.Text("system_id", b.system_id, kSystemIdMax);
  v.Text("password", b.password, kPasswordMax);
}

// What follows the destination in submit_sm, deliver_sm and submit_multi alike.
template <class V, class B>
void VisitMessageTail(V& v, B& b) {
  v.U8("esm_class", b.esm_class);
  v.U8("protocol_id", b.protocol_id);
  v.U8("priority_flag", b.priority_flag);
  v.Text("schedule_delivery_time", b.schedule_delivery_time, kTimeMax);
  v.Text("validity_period", b.validity_period, kTimeMax);
  v.U8("registered_delivery", b.registered_delivery);
  v.U8("replace_if_present_flag", b.replace_if_present_flag);
  v.U8("data_coding", b.data_coding);
  v.U8("sm_default_msg_id", b.sm_default_msg_id);
  v.Counted("short_message", b.short_message);
}

template <class V, class B>
requires std::is_same_v<std::remove_const_t<B>, MessageBody>
void VisitFields(V& v, B& b) {
  v.Text("service_type", b.service_type, kServiceTypeMax);
  VisitAddress(v, "source", b.source, kAddressMax);
  VisitAddress(v, "destination", b.destination, kAddressMax);
  VisitMessageTail(v, b);
}

template <class V, class B>
requires std::is_same_v<std::remove_const_t<B>, MessageIdBody>
void VisitFields(V& v, B& b) { v.Text("message_id", b.message_id, kMessageIdMax); }

template <class V, class B>
requires std::is_same_v<std::remove_const_t<B>, DataBody>
void VisitFields(V& v, B& b) {
  v.Text("service_type", b.service_type, kServiceTypeMax);
  VisitAddress(v, "source", b.source, kLongAddressMax);
  VisitAddress(v, "destination", b.destination, kLongAddressMax);
  v.U8("esm_class", b.esm_class);
  v.U8("registered_delivery", b.registered_delivery);
  v.U8("data_coding", b.data_coding);
}

template <class V, class B>
requires std::is_same_v<std::remove_const_t<B>, QueryBody>
void VisitFields(V& v, B& b) {
  v.Text("message_id", b.message_id, kMessageIdMax);
  VisitAddress(v, "source", b.source, kAddressMax);
}

template <class V, class B>
requires std::is_same_v<std::remove_const_t<B>, QueryRespBody>
void VisitFields(V& v, B& b) {
  v.Text("message_id", b.message_id, kMessageIdMax);
  v.Text("final_date", b.final_date, kTimeMax);
  v.U8("message_state", b.message_state);
  v.U8("error_code", b.error_code);
}

template <class V, class B>
requires std::is_same_v<std::remove_const_t<B>, CancelBody>
void VisitFields(V& v, B& b) {
  v.Text("service_type", b.service_type, kServiceTypeMax);
  v.Text("message_id", b.message_id, kMessageIdMax);
  VisitAddress(v, "source", b.source, kAddressMax);
  VisitAddress(v, "destination", b.destination, kAddressMax);
}

template <class V, class B>
requires std::is_same_v<std::remove_const_t<B>, ReplaceBody>
void VisitFields(V& v, B& b) {
  v.Text("message_id", b.message_id, kMessageIdMax);
  VisitAddress(v, "source", b.source, kAddressMax);
  v.Text("schedule_delivery_time", b.schedule_delivery_time, kTimeMax);
  v.Text("validity_period", b.validity_period, kTimeMax);
  v.U8("registered_delivery", b.registered_delivery);
  v.U8("sm_default_msg_id", b.sm_default_msg_id);
  v.Counted("short_message", b.short_message);
}

template <class V, class B>
requires std::is_same_v<std::remove_const_t<B>, MultiBody>
void VisitFields(V& v, B& b) {
  v.Text("service_type", b.service_type, kServiceTypeMax);
  VisitAddress(v, "source", b.source, kAddressMax);
  v.List("destinations", b.destinations, [](auto& visitor, auto& row) {
    visitor.U8("dest_flag", row.dest_flag);
    if (row.dest_flag == 1) {
      VisitAddress(visitor, "address", row.address, kAddressMax);
    } else if (row.dest_flag == 2) {
      visitor.Text("list", row.address.text, kListNameMax);
    } else {
      visitor.Refuse(0x40);  // RINVDESTFLAG: what follows has no known form
    }
  });
  VisitMessageTail(v, b);
}

template <class V, class B>
requires std::is_same_v<std::remove_const_t<B>, MultiRespBody>
void VisitFields(V& v, B& b) {
  v.Text("message_id", b.message_id, kMessageIdMax);
  v.List("unsuccessful", b.unsuccessful, [](auto& visitor, auto& row) {
    VisitAddress(visitor, "address", row.address, kAddressMax);
    visitor.U32("error", row.error);
  });
}

template <class V, class B>
requires std::is_same_v<std::remove_const_t<B>, AlertBody>
void VisitFields(V& v, B& b) {
  VisitAddress(v, "source", b.source, kLongAddressMax);
  VisitAddress(v, "esme", b.esme, kLongAddressMax);
}

}  // namespace trestle::sms::fields
