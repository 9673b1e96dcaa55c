// What went wrong, as sentences: a gRPC status with its details, a refusal, an error of the
// endpoint. Says what happened, why (the closed reason), when to try again and what may help. Pure.
#pragma once

#include <grpcpp/support/status.h>

#include <string>

#include "bridge/base/result.h"
#include "trestle/v1/types.pb.h"

namespace trestle::cli {

// Whose token a call carries.
enum class As { kNobody, kAccount, kOperator };

struct CallContext {
  std::string server;  // HOST:PORT, as given
  As as = As::kAccount;
};

// One sentence or more, without a line break at the end.
std::string SentenceFor(const grpc::Status& status, const CallContext& context);
std::string SentenceFor(const v1::Refusal& refusal);
std::string SentenceFor(const Error& error);

}  // namespace trestle::cli
