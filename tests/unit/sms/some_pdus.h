// One PDU of each kind of SMPP 3.4, with every field away from its default, for tests of the codec.
#pragma once

#include <vector>

#include "adapters/sms/codec.h"

namespace trestle::sms {

inline MessageBody SomeMessage() {
  MessageBody body;
  body.service_type = "CMT";
  body.source = {5, 0, "Trestle"};
  body.destination = {1, 1, "447700900123"};
  body.esm_class = 0x40;
  body.protocol_id = 1;
  body.priority_flag = 2;
  body.schedule_delivery_time = "261122182150000+";
  body.validity_period = "000001000000000R";
  body.registered_delivery = 0x11;
  body.replace_if_present_flag = 1;
  body.data_coding = 4;
  body.sm_default_msg_id = 7;
  body.short_message = {0x05, 0x00, 0x03, 0x01, 0x02, 0x01, 0xFF};
  return body;
}

inline MultiBody SomeMulti() {
  MultiBody body;
  body.source = {1, 1, "12345"};
  body.destinations = {{1, {1, 1, "447700900001"}}, {2, {0, 0, "friends"}}};
  body.data_coding = 8;
  body.short_message = {0, 0x41};
  return body;
}

// One PDU of each kind, with every field away from its default.
inline std::vector<Pdu> OneOfEach() {
  const BindBody bind{"trestle", "secret", "VMA", 0x34, {1, 1, "^44"}};
  const Address a{1, 1, "447700900123"};
  const Address b{3, 9, "12345"};
  return {
      {CommandId::kBindReceiver, 0, 1, bind},
      {CommandId::kBindTransmitter, 0, 2, bind},
      {CommandId::kBindTransceiver, 0, 0x7FFFFFFF, bind},
      {CommandId::kBindReceiverResp, 0, 1, BindRespBody{"smsc"}, {MakeTlvU8(0x0210, 0x34)}},
      {CommandId::kBindTransmitterResp, 0, 2, BindRespBody{"smsc"}},
      {CommandId::kBindTransceiverResp, 0x0E, 3},
      {CommandId::kOutbind, 0, 4, OutbindBody{"smsc", "pw"}},
      {CommandId::kUnbind, 0, 5},
      {CommandId::kUnbindResp, 0, 5},
      {CommandId::kEnquireLink, 0, 6},
      {CommandId::kEnquireLinkResp, 0, 6},
      {CommandId::kGenericNack, 3, 0},
      {CommandId::kSubmitSm, 0, 7, SomeMessage(), {MakeTlvU16(0x0204, 513)}},
      {CommandId::kSubmitSmResp, 0, 7, MessageIdBody{"0A1b2C"}},
      {CommandId::kSubmitSmResp, 0x58, 7},
      {CommandId::kDeliverSm, 0, 8, SomeMessage(), {Tlv{0x1400, {1, 2, 3}}, Tlv{0x130C, {}}}},
      {CommandId::kDeliverSmResp, 0, 8, MessageIdBody{}},
      {CommandId::kDeliverSmResp, 0, 8},
      {CommandId::kDataSm, 0, 9, DataBody{"", a, b, 3, 1, 8}, {Tlv{0x0424, Bytes(300, 0x41)}}},
      {CommandId::kDataSmResp, 0, 9, MessageIdBody{"77"}, {MakeTlvU8(0x0425, 1)}},
      {CommandId::kQuerySm, 0, 10, QueryBody{"77", a}},
      {CommandId::kQuerySmResp, 0, 10, QueryRespBody{"77", "261122182150000+", 2, 9}},
      {CommandId::kCancelSm, 0, 11, CancelBody{"CMT", "77", a, b}},
      {CommandId::kCancelSmResp, 0, 11},
      {CommandId::kReplaceSm, 0, 12, ReplaceBody{"77", a, "", "000001000000000R", 1, 2, {0x68}}},
      {CommandId::kReplaceSmResp, 0x13, 12},
      {CommandId::kSubmitMulti, 0, 13, SomeMulti()},
      {CommandId::kSubmitMultiResp, 0, 13, MultiRespBody{"78", {{a, 0x0B}}}},
      {CommandId::kAlertNotification, 0, 14, AlertBody{a, b}, {MakeTlvU8(0x0422, 0)}},
  };
}

}  // namespace trestle::sms
