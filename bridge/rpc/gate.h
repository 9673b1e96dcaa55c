// The one door in front of every method: it validates the request, proves who calls, and only then
// lets the handler run. What a method asks of its caller is its `access` option in the proto, found
// by the type of its request. Owned by RpcServer; any thread may call. Handlers run on gRPC's
// threads or where the store completes, and must not block on either.
#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "bridge/base/metrics.h"
#include "bridge/pipeline/core.h"
#include "bridge/rpc/validator.h"
#include "trestle/v1/options.pb.h"

namespace trestle {

// Who calls, proven. At most one of the three.
struct Caller {
  std::optional<AccountId> account = {};
  bool is_operator = false;
  std::optional<Network> adapter = {};  // an out-of-process adapter
};

// Tokens are kept as their SHA-256: a leaked core dump authenticates nobody.
struct GateTokens {
  std::optional<Bytes32> operator_hash;  // none: no operator calls are answered
  std::vector<std::pair<Network, Bytes32>> adapter_hashes;
};

class Gate {
 public:
  // Proven account tokens that are remembered, by hash. Tokens are never taken back, so an entry
  // cannot be stale; when full, all are forgotten and proven again.
  static constexpr std::size_t kKnownTokensMax = 16384;

  Gate(Core& core, Metrics& metrics, GateTokens tokens);

  // Runs `serve` for a valid request of an allowed caller; `finish` sends the response as it then
  // stands, or the error. A `finish` that is dropped unused answers UNAVAILABLE.
  using Serve = absl::AnyInvocable<void(const Caller& caller, Done<void> finish) &&>;
  grpc::ServerUnaryReactor* Unary(grpc::CallbackServerContext* context,
                                  const google::protobuf::Message& request, Serve serve);

  // For streams: proves the caller before the first message is read. `request_type` names the
  // method.
  void Admit(const grpc::CallbackServerContext& context,
             const google::protobuf::Descriptor& request_type, Done<Caller> done);

  // Counts a finished call.
  void Count(const grpc::Status& status);

 private:
  void Prove(v1::Access access, std::string token, Done<Caller> done);
  void ProveAccount(std::string token, Done<Caller> done);

  Core& core_;
  Metrics& metrics_;
  const GateTokens tokens_;
  const std::map<const google::protobuf::Descriptor*, v1::Access> access_;
  std::mutex mutex_;
  std::unordered_map<std::string, AccountId> known_;  // by SHA-256 of the token
};

// A Done<T> that lets `fill` write the answer into the response and then finishes.
template <class T, class Fill>
Done<T> Answer(Done<void> finish, Fill fill) {
  return [finish = std::move(finish), fill = std::move(fill)](Result<T> answer) mutable {
    if (!answer) {
      std::move(finish)(tl::unexpected(answer.error()));
      return;
    }
    if constexpr (std::is_void_v<T>) {
      fill();
    } else {
      fill(*std::move(answer));
    }
    std::move(finish)({});
  };
}

}  // namespace trestle
