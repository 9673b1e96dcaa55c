#include "endpoint/content/message_status.h"

#include <algorithm>

#include "endpoint/content/cbor.h"

namespace trestle::content {
namespace {

constexpr std::uint64_t kFieldsOfEach = 2;

Result<StatusOfMessage> ReadStatus(CborReader& in) {
  if (TRESTLE_TRY(in.Array()) != kFieldsOfEach) {
    return Fail(Reason::kMalformed, "a message's status has two fields");
  }
  StatusOfMessage out;
  const ByteView id = TRESTLE_TRY(in.Octets());
  if (id.size() != out.message.bytes.size()) {
    return Fail(Reason::kMalformed, "a message id is 32 octets");
  }
  std::copy(id.begin(), id.end(), out.message.bytes.begin());
  const std::uint64_t status = TRESTLE_TRY(in.Unsigned());
  if (status > 0xFF) return Fail(Reason::kMalformed, "a status is one octet");
  out.status = static_cast<MessageStatus>(status);
  return out;
}

}  // namespace

Result<Bytes> EncodeStatuses(const std::vector<StatusOfMessage>& statuses) {
  if (statuses.empty() || statuses.size() > kStatusesMax) {
    return Fail(Reason::kInvalidArgument, "a report is of 1 to 1024 messages");
  }
  CborWriter out;
  out.Array(statuses.size());
  for (const StatusOfMessage& one : statuses) {
    out.Array(kFieldsOfEach).Octets(one.message.bytes);
    out.Unsigned(static_cast<std::uint64_t>(one.status));
  }
  return out.Take();
}

Result<std::vector<StatusOfMessage>> DecodeStatuses(ByteView cbor) {
  CborReader in(cbor);
  const std::uint64_t count = TRESTLE_TRY(in.Array());
  if (count == 0) return Fail(Reason::kMalformed, "a report of no message");
  if (count > kStatusesMax) return Fail(Reason::kTooLarge, "a report of too many messages");
  std::vector<StatusOfMessage> out;
  for (std::uint64_t i = 0; i < count; ++i) out.push_back(TRESTLE_TRY(ReadStatus(in)));
  TRESTLE_TRY(in.ExpectEnd());
  return out;
}

Result<Message> StatusReport(const std::vector<StatusOfMessage>& statuses) {
  Bytes report = TRESTLE_TRY(EncodeStatuses(statuses));
  return Message::Of(Part::Of(kStatusReport, std::move(report), Disposition::kUnspecified));
}

Result<std::vector<StatusOfMessage>> StatusesOf(const Message& message) {
  const auto* single = std::get_if<SinglePart>(&message.body.body);
  if (single == nullptr || single->content_type != kStatusReport) {
    return Fail(Reason::kNotFound, "the message is no status report");
  }
  return DecodeStatuses(single->content);
}

}  // namespace trestle::content
