#include "cli/errors.h"

#include <optional>

#include "cli/text.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace trestle::cli {
namespace {

constexpr int kViolationsShownMax = 8;

// What the bridge put into "grpc-status-details-bin"; empty when something else answered.
struct Details {
  std::string reason;
  std::optional<std::int64_t> retry_ms;
  google::rpc::BadRequest bad_request;
};

Details DetailsOf(const grpc::Status& status) {
  Details out;
  google::rpc::Status described;
  if (!described.ParseFromString(status.error_details())) return out;
  for (const google::protobuf::Any& detail : described.details()) {
    google::rpc::ErrorInfo info;
    google::rpc::RetryInfo retry;
    if (detail.UnpackTo(&info)) out.reason = info.reason();
    if (detail.UnpackTo(&retry)) out.retry_ms = MillisOf(retry.retry_delay());
    if (detail.Is<google::rpc::BadRequest>()) detail.UnpackTo(&out.bad_request);
  }
  return out;
}

// A status that no bridge made: gRPC's own, or another server's.
std::string SentenceOfTransport(const grpc::Status& status, const CallContext& context) {
  const std::string server = Printable(context.server);
  switch (status.error_code()) {
    case grpc::StatusCode::UNAVAILABLE:
      return "no bridge answers at " + server +
             ". Is trestled running? --server HOST:PORT chooses another one.";
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return "the bridge at " + server + " did not answer in time. What was asked may have been " +
             "done: asking again is safe.";
    case grpc::StatusCode::UNIMPLEMENTED:
      return "what answers at " + server +
             " does not know this call: another program, or another " + "version of the bridge.";
    default:
      return "the call to " + server + " failed: " + Printable(status.error_message());
  }
}

std::string Hint(const grpc::Status& status, const CallContext& context) {
  if (status.error_code() != grpc::StatusCode::UNAUTHENTICATED) return "";
  return context.as == As::kOperator
             ? " The token in --operator-token-file is not the one of this bridge."
             : " This home's token is not known to this bridge: another --server or --home may be "
               "meant, or `trestle enrol` with a new --home.";
}

}  // namespace

std::string SentenceFor(const grpc::Status& status, const CallContext& context) {
  const Details details = DetailsOf(status);
  if (details.reason.empty()) return SentenceOfTransport(status, context);
  std::string out = Printable(status.error_message()) + " (" + Printable(details.reason) + ").";
  const auto& violations = details.bad_request.field_violations();
  for (int i = 1; i < violations.size() && i < kViolationsShownMax; ++i) {
    out += " " + Printable(violations[i].field()) + ": " + Printable(violations[i].description()) +
           ".";
  }
  if (details.retry_ms) out += " Try again in " + SpanText(*details.retry_ms) + ".";
  return out + Hint(status, context);
}

std::string SentenceFor(const v1::Refusal& refusal) {
  return "refused (" + RuleWord(refusal.rule()) + "): " + Printable(refusal.sentence());
}

std::string SentenceFor(const Error& error) {
  std::string out =
      std::string(error.what.view()) + " (" + std::string(ReasonName(error.reason)) + ").";
  if (error.retry_after) out += " Try again in " + SpanText(error.retry_after->count()) + ".";
  return out;
}

}  // namespace trestle::cli
