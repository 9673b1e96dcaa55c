#include "bridge/rpc/status_map.h"

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace trestle {
namespace {

constexpr char kDomain[] = "trestle";

google::rpc::Status Described(grpc::StatusCode code, std::string message, std::string_view reason) {
  google::rpc::Status status;
  status.set_code(code);
  status.set_message(std::move(message));
  google::rpc::ErrorInfo info;
  info.set_reason(std::string(reason));
  info.set_domain(kDomain);
  status.add_details()->PackFrom(info);
  return status;
}

grpc::Status Packed(const google::rpc::Status& status) {
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), status.message(),
                      status.SerializeAsString());
}

}  // namespace

grpc::StatusCode CodeFor(Reason reason) {
  switch (reason) {
    case Reason::kInvalidArgument:
    case Reason::kMalformed:
    case Reason::kTooLarge:
    case Reason::kCrypto:
      return grpc::StatusCode::INVALID_ARGUMENT;
    case Reason::kUnauthenticated:
      return grpc::StatusCode::UNAUTHENTICATED;
    case Reason::kPermissionDenied:
      return grpc::StatusCode::PERMISSION_DENIED;
    case Reason::kNotFound:
      return grpc::StatusCode::NOT_FOUND;
    case Reason::kAlreadyExists:
      return grpc::StatusCode::ALREADY_EXISTS;
    case Reason::kConflict:
      return grpc::StatusCode::ABORTED;
    case Reason::kExpired:
      return grpc::StatusCode::FAILED_PRECONDITION;
    case Reason::kBusy:
      return grpc::StatusCode::RESOURCE_EXHAUSTED;
    // A daemon that stops, a full disk and a network that is away: another try may succeed.
    case Reason::kUnavailable:
    case Reason::kStorage:
    case Reason::kCancelled:
      return grpc::StatusCode::UNAVAILABLE;
    case Reason::kUnsupported:
      return grpc::StatusCode::UNIMPLEMENTED;
    case Reason::kInternal:
      return grpc::StatusCode::INTERNAL;
  }
  return grpc::StatusCode::INTERNAL;
}

grpc::Status StatusFor(const Error& error) {
  google::rpc::Status status =
      Described(CodeFor(error.reason), std::string(error.what.view()), ReasonName(error.reason));
  if (error.retry_after) {
    const std::int64_t ms = error.retry_after->count();
    google::rpc::RetryInfo retry;
    retry.mutable_retry_delay()->set_seconds(ms / 1000);
    retry.mutable_retry_delay()->set_nanos(static_cast<std::int32_t>(ms % 1000 * 1'000'000));
    status.add_details()->PackFrom(retry);
  }
  return Packed(status);
}

grpc::Status StatusFor(const std::vector<Violation>& violations) {
  const Violation& first = violations.front();
  google::rpc::Status status =
      Described(grpc::StatusCode::INVALID_ARGUMENT, first.field + ": " + first.description,
                ReasonName(Reason::kInvalidArgument));
  google::rpc::BadRequest bad;
  for (const Violation& violation : violations) {
    auto& field = *bad.add_field_violations();
    field.set_field(violation.field);
    field.set_description(violation.description);
  }
  status.add_details()->PackFrom(bad);
  return Packed(status);
}

std::string_view CodeName(grpc::StatusCode code) {
  switch (code) {
    case grpc::StatusCode::OK:
      return "OK";
    case grpc::StatusCode::CANCELLED:
      return "CANCELLED";
    case grpc::StatusCode::UNKNOWN:
      return "UNKNOWN";
    case grpc::StatusCode::INVALID_ARGUMENT:
      return "INVALID_ARGUMENT";
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return "DEADLINE_EXCEEDED";
    case grpc::StatusCode::NOT_FOUND:
      return "NOT_FOUND";
    case grpc::StatusCode::ALREADY_EXISTS:
      return "ALREADY_EXISTS";
    case grpc::StatusCode::PERMISSION_DENIED:
      return "PERMISSION_DENIED";
    case grpc::StatusCode::UNAUTHENTICATED:
      return "UNAUTHENTICATED";
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
      return "RESOURCE_EXHAUSTED";
    case grpc::StatusCode::FAILED_PRECONDITION:
      return "FAILED_PRECONDITION";
    case grpc::StatusCode::ABORTED:
      return "ABORTED";
    case grpc::StatusCode::OUT_OF_RANGE:
      return "OUT_OF_RANGE";
    case grpc::StatusCode::UNIMPLEMENTED:
      return "UNIMPLEMENTED";
    case grpc::StatusCode::INTERNAL:
      return "INTERNAL";
    case grpc::StatusCode::UNAVAILABLE:
      return "UNAVAILABLE";
    case grpc::StatusCode::DATA_LOSS:
      return "DATA_LOSS";
    case grpc::StatusCode::DO_NOT_USE:
      return "UNKNOWN";
  }
  return "UNKNOWN";
}

}  // namespace trestle
