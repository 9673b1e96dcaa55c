// Errors as gRPC statuses. Each Reason has one status; the details carry google.rpc.ErrorInfo with
// the reason's name, RetryInfo when coming again later helps, and BadRequest when fields broke
// their limits. Only literals and field names travel.
#pragma once

#include <grpcpp/support/status.h>

#include <vector>

#include "bridge/base/result.h"
#include "bridge/rpc/validator.h"

namespace trestle {

grpc::StatusCode CodeFor(Reason reason);
grpc::Status StatusFor(const Error& error);
// INVALID_ARGUMENT that names the fields; the list is not empty.
grpc::Status StatusFor(const std::vector<Violation>& violations);
// The upper-case name of a code, for metrics and messages: "NOT_FOUND".
std::string_view CodeName(grpc::StatusCode code);

}  // namespace trestle
