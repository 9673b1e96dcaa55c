#include "adapters/sms/values.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace trestle::sms {
namespace {

struct CommandRow {
  CommandId id;
  std::string_view name;
};

constexpr std::array kCommands = {
    CommandRow{CommandId::kBindReceiver, "bind_receiver"},
    CommandRow{CommandId::kBindTransmitter, "bind_transmitter"},
    CommandRow{CommandId::kQuerySm, "query_sm"},
    CommandRow{CommandId::kSubmitSm, "submit_sm"},
    CommandRow{CommandId::kDeliverSm, "deliver_sm"},
    CommandRow{CommandId::kUnbind, "unbind"},
    CommandRow{CommandId::kReplaceSm, "replace_sm"},
    CommandRow{CommandId::kCancelSm, "cancel_sm"},
    CommandRow{CommandId::kBindTransceiver, "bind_transceiver"},
    CommandRow{CommandId::kOutbind, "outbind"},
    CommandRow{CommandId::kEnquireLink, "enquire_link"},
    CommandRow{CommandId::kSubmitMulti, "submit_multi"},
    CommandRow{CommandId::kAlertNotification, "alert_notification"},
    CommandRow{CommandId::kDataSm, "data_sm"},
    CommandRow{CommandId::kGenericNack, "generic_nack"},
    CommandRow{CommandId::kBindReceiverResp, "bind_receiver_resp"},
    CommandRow{CommandId::kBindTransmitterResp, "bind_transmitter_resp"},
    CommandRow{CommandId::kQuerySmResp, "query_sm_resp"},
    CommandRow{CommandId::kSubmitSmResp, "submit_sm_resp"},
    CommandRow{CommandId::kDeliverSmResp, "deliver_sm_resp"},
    CommandRow{CommandId::kUnbindResp, "unbind_resp"},
    CommandRow{CommandId::kReplaceSmResp, "replace_sm_resp"},
    CommandRow{CommandId::kCancelSmResp, "cancel_sm_resp"},
    CommandRow{CommandId::kBindTransceiverResp, "bind_transceiver_resp"},
    CommandRow{CommandId::kEnquireLinkResp, "enquire_link_resp"},
    CommandRow{CommandId::kSubmitMultiResp, "submit_multi_resp"},
    CommandRow{CommandId::kDataSmResp, "data_sm_resp"},
};

struct StatusRow {
  CommandStatus code;
  std::string_view name;
  StatusClass what;
};

using enum StatusClass;
// SMPP 3.4, Section 5.1.3, with the class an SMS client of the field gives each.
constexpr std::array kStatuses = {
    StatusRow{0x00, "ROK", kOk},
    StatusRow{0x01, "RINVMSGLEN", kPermanent},
    StatusRow{0x02, "RINVCMDLEN", kPermanent},
    StatusRow{0x03, "RINVCMDID", kPermanent},
    StatusRow{0x04, "RINVBNDSTS", kLink},
    StatusRow{0x05, "RALYBND", kLink},
    StatusRow{0x06, "RINVPRTFLG", kPermanent},
    StatusRow{0x07, "RINVREGDLVFLG", kPermanent},
    StatusRow{0x08, "RSYSERR", kRetry},
    StatusRow{0x0A, "RINVSRCADR", kPermanent},
    StatusRow{0x0B, "RINVDSTADR", kPermanent},
    StatusRow{0x0C, "RINVMSGID", kPermanent},
    StatusRow{0x0D, "RBINDFAIL", kLink},
    StatusRow{0x0E, "RINVPASWD", kLink},
    StatusRow{0x0F, "RINVSYSID", kLink},
    StatusRow{0x11, "RCANCELFAIL", kPermanent},
    StatusRow{0x13, "RREPLACEFAIL", kPermanent},
    StatusRow{0x14, "RMSGQFUL", kSlowDown},
    StatusRow{0x15, "RINVSERTYP", kPermanent},
    StatusRow{0x33, "RINVNUMDESTS", kPermanent},
    StatusRow{0x34, "RINVDLNAME", kPermanent},
    StatusRow{0x40, "RINVDESTFLAG", kPermanent},
    StatusRow{0x42, "RINVSUBREP", kPermanent},
    StatusRow{0x43, "RINVESMCLASS", kPermanent},
    StatusRow{0x44, "RCNTSUBDL", kPermanent},
    StatusRow{0x45, "RSUBMITFAIL", kRetry},
    StatusRow{0x48, "RINVSRCTON", kPermanent},
    StatusRow{0x49, "RINVSRCNPI", kPermanent},
    StatusRow{0x50, "RINVDSTTON", kPermanent},
    StatusRow{0x51, "RINVDSTNPI", kPermanent},
    StatusRow{0x53, "RINVSYSTYP", kLink},
    StatusRow{0x54, "RINVREPFLAG", kPermanent},
    StatusRow{0x55, "RINVNUMMSGS", kPermanent},
    StatusRow{0x58, "RTHROTTLED", kSlowDown},
    StatusRow{0x61, "RINVSCHED", kPermanent},
    StatusRow{0x62, "RINVEXPIRY", kPermanent},
    StatusRow{0x63, "RINVDFTMSGID", kPermanent},
    StatusRow{0x64, "RX_T_APPN", kRetry},
    StatusRow{0x65, "RX_P_APPN", kPermanent},
    StatusRow{0x66, "RX_R_APPN", kPermanent},
    StatusRow{0x67, "RQUERYFAIL", kPermanent},
    StatusRow{0xC0, "RINVOPTPARSTREAM", kPermanent},
    StatusRow{0xC1, "ROPTPARNOTALLWD", kPermanent},
    StatusRow{0xC2, "RINVPARLEN", kPermanent},
    StatusRow{0xC3, "RMISSINGOPTPARAM", kPermanent},
    StatusRow{0xC4, "RINVOPTPARAMVAL", kPermanent},
    StatusRow{0xFE, "RDELIVERYFAILURE", kRetry},
    StatusRow{0xFF, "RUNKNOWNERR", kRetry},
};

// SMPP 3.4, Section 5.3.1.
constexpr std::array kTags = {
    TagRow{0x0005, "dest_addr_subunit", 1, 1},
    TagRow{0x0006, "dest_network_type", 1, 1},
    TagRow{0x0007, "dest_bearer_type", 1, 1},
    TagRow{0x0008, "dest_telematics_id", 2, 2},
    TagRow{0x000D, "source_addr_subunit", 1, 1},
    TagRow{0x000E, "source_network_type", 1, 1},
    TagRow{0x000F, "source_bearer_type", 1, 1},
    TagRow{0x0010, "source_telematics_id", 1, 1},
    TagRow{0x0017, "qos_time_to_live", 4, 4},
    TagRow{0x0019, "payload_type", 1, 1},
    TagRow{0x001D, "additional_status_info_text", 1, 256, TagForm::kText},
    TagRow{0x001E, "receipted_message_id", 1, 65, TagForm::kText},
    TagRow{0x0030, "ms_msg_wait_facilities", 1, 1},
    TagRow{0x0201, "privacy_indicator", 1, 1},
    TagRow{0x0202, "source_subaddress", 2, 23, TagForm::kOctets},
    TagRow{0x0203, "dest_subaddress", 2, 23, TagForm::kOctets},
    TagRow{0x0204, "user_message_reference", 2, 2},
    TagRow{0x0205, "user_response_code", 1, 1},
    TagRow{0x020A, "source_port", 2, 2},
    TagRow{0x020B, "destination_port", 2, 2},
    TagRow{0x020C, "sar_msg_ref_num", 2, 2},
    TagRow{0x020D, "language_indicator", 1, 1},
    TagRow{0x020E, "sar_total_segments", 1, 1},
    TagRow{0x020F, "sar_segment_seqnum", 1, 1},
    TagRow{0x0210, "sc_interface_version", 1, 1},
    TagRow{0x0302, "callback_num_pres_ind", 1, 1},
    TagRow{0x0303, "callback_num_atag", 0, 65, TagForm::kOctets},
    TagRow{0x0304, "number_of_messages", 1, 1},
    TagRow{0x0381, "callback_num", 4, 19, TagForm::kOctets},
    TagRow{0x0420, "dpf_result", 1, 1},
    TagRow{0x0421, "set_dpf", 1, 1},
    TagRow{0x0422, "ms_availability_status", 1, 1},
    TagRow{0x0423, "network_error_code", 3, 3, TagForm::kOctets},
    TagRow{0x0424, "message_payload", 0, 0xFFFF, TagForm::kOctets},
    TagRow{0x0425, "delivery_failure_reason", 1, 1},
    TagRow{0x0426, "more_messages_to_send", 1, 1},
    TagRow{0x0427, "message_state", 1, 1},
    TagRow{0x0501, "ussd_service_op", 1, 1},
    TagRow{0x1201, "display_time", 1, 1},
    TagRow{0x1203, "sms_signal", 2, 2},
    TagRow{0x1204, "ms_validity", 1, 1},
    TagRow{0x130C, "alert_on_message_delivery", 0, 0, TagForm::kOctets},
    TagRow{0x1380, "its_reply_type", 1, 1},
    TagRow{0x1383, "its_session_info", 2, 2, TagForm::kOctets},
};

struct StateRow {
  MessageState state;
  std::string_view word;
};

constexpr std::array kStates = {
    StateRow{MessageState::kEnroute, "ENROUTE"},
    StateRow{MessageState::kDelivered, "DELIVRD"},
    StateRow{MessageState::kExpired, "EXPIRED"},
    StateRow{MessageState::kDeleted, "DELETED"},
    StateRow{MessageState::kUndeliverable, "UNDELIV"},
    StateRow{MessageState::kAccepted, "ACCEPTD"},
    StateRow{MessageState::kUnknown, "UNKNOWN"},
    StateRow{MessageState::kRejected, "REJECTD"},
};

bool EqualAnyCase(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return std::toupper(static_cast<unsigned char>(x)) ==
           std::toupper(static_cast<unsigned char>(y));
  });
}

}  // namespace

bool IsKnownCommand(std::uint32_t command_id) {
  return !CommandName(static_cast<CommandId>(command_id)).empty();
}

std::string_view CommandName(CommandId command) {
  for (const CommandRow& row : kCommands) {
    if (row.id == command) return row.name;
  }
  return "";
}

std::optional<CommandId> CommandNamed(std::string_view name) {
  for (const CommandRow& row : kCommands) {
    if (row.name == name) return row.id;
  }
  return std::nullopt;
}

StatusClass ClassOf(CommandStatus code) {
  for (const StatusRow& row : kStatuses) {
    if (row.code == code) return row.what;
  }
  return kRetry;
}

std::string_view StatusName(CommandStatus code) {
  for (const StatusRow& row : kStatuses) {
    if (row.code == code) return row.name;
  }
  return "";
}

const TagRow* FindTag(std::uint16_t tag) {
  for (const TagRow& row : kTags) {
    if (row.tag == tag) return &row;
  }
  return nullptr;
}

const TagRow* FindTag(std::string_view name) {
  for (const TagRow& row : kTags) {
    if (row.name == name) return &row;
  }
  return nullptr;
}

std::string_view StateWord(MessageState state) {
  for (const StateRow& row : kStates) {
    if (row.state == state) return row.word;
  }
  return "UNKNOWN";
}

std::optional<MessageState> StateOfWord(std::string_view word) {
  for (const StateRow& row : kStates) {
    if (EqualAnyCase(row.word, word)) return row.state;
  }
  return std::nullopt;
}

}  // namespace trestle::sms
