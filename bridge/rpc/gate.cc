#include "bridge/rpc/gate.h"

#include "bridge/base/digest.h"
#include "bridge/rpc/status_map.h"
#include "trestle/v1/adapters.pb.h"
#include "trestle/v1/admin.pb.h"
#include "trestle/v1/consent.pb.h"
#include "trestle/v1/directory.pb.h"
#include "trestle/v1/keys.pb.h"
#include "trestle/v1/messages.pb.h"
#include "trestle/v1/rooms.pb.h"
#include "trestle/v1/routing.pb.h"

namespace trestle {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FileDescriptor;

constexpr std::size_t kTokenBytesMax = 256;

std::map<const Descriptor*, v1::Access> AccessTable() {
  std::map<const Descriptor*, v1::Access> table;
  const FileDescriptor* files[] = {
      v1::SubmitRequest::descriptor()->file(),          v1::EnrolRequest::descriptor()->file(),
      v1::ExplainRequest::descriptor()->file(),         v1::GrantRequest::descriptor()->file(),
      v1::PublishRequest::descriptor()->file(),         v1::ConnectRequest::descriptor()->file(),
      v1::SubmitHandshakeRequest::descriptor()->file(), v1::DrainRequest::descriptor()->file()};
  for (const FileDescriptor* file : files) {
    for (int s = 0; s < file->service_count(); ++s) {
      for (int m = 0; m < file->service(s)->method_count(); ++m) {
        const auto& method = *file->service(s)->method(m);
        const bool is_new =
            table.emplace(method.input_type(), method.options().GetExtension(v1::access)).second;
        TRESTLE_CHECK(is_new);  // a request type belongs to one method
      }
    }
  }
  return table;
}

// The token of "authorization: Bearer <token>"; empty when there is none, or more than one header.
std::string BearerOf(const grpc::CallbackServerContext& context) {
  const auto& metadata = context.client_metadata();
  if (metadata.count("authorization") != 1) return "";
  const grpc::string_ref value = metadata.find("authorization")->second;
  constexpr std::string_view kScheme = "Bearer ";
  const std::string_view text(value.data(), value.size());
  if (text.size() > kScheme.size() + kTokenBytesMax || !text.starts_with(kScheme)) return "";
  return std::string(text.substr(kScheme.size()));
}

// Finishes a call exactly once, even when its owner forgets.
class Finisher {
 public:
  Finisher(Gate& gate, grpc::ServerUnaryReactor* reactor) : gate_(&gate), reactor_(reactor) {}
  Finisher(Finisher&& other) noexcept
      : gate_(other.gate_), reactor_(std::exchange(other.reactor_, nullptr)) {}
  Finisher(const Finisher&) = delete;
  Finisher& operator=(const Finisher&) = delete;
  Finisher& operator=(Finisher&&) = delete;
  ~Finisher() {
    if (reactor_ != nullptr) {
      Send(StatusFor(Error{Reason::kUnavailable, "the call was given up; try again"}));
    }
  }

  void Send(const grpc::Status& status) {
    gate_->Count(status);
    std::exchange(reactor_, nullptr)->Finish(status);
  }
  void operator()(Result<void> result) {
    Send(result ? grpc::Status::OK : StatusFor(result.error()));
  }

 private:
  Gate* gate_;
  grpc::ServerUnaryReactor* reactor_;
};

}  // namespace

Gate::Gate(Core& core, Metrics& metrics, GateTokens tokens)
    : core_(core), metrics_(metrics), tokens_(std::move(tokens)), access_(AccessTable()) {}

grpc::ServerUnaryReactor* Gate::Unary(grpc::CallbackServerContext* context,
                                      const google::protobuf::Message& request, Serve serve) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  Finisher finisher(*this, reactor);
  const std::vector<Violation> violations = Validate(request);
  if (!violations.empty()) {
    finisher.Send(StatusFor(violations));
    return reactor;
  }
  Prove(access_.at(request.GetDescriptor()), BearerOf(*context),
        [this, finisher = std::move(finisher),
         serve = std::move(serve)](Result<Caller> caller) mutable {
          if (!caller) return finisher(tl::unexpected(caller.error()));
          // Operators and adapters are the bridge's own; everybody else has a rate.
          if (!caller->is_operator && !caller->adapter) {
            const Result<void> may = core_.MayCall(caller->account);
            if (!may) return finisher(tl::unexpected(may.error()));
          }
          std::move(serve)(*caller, std::move(finisher));
        });
  return reactor;
}

void Gate::Admit(const grpc::CallbackServerContext& context, const Descriptor& request_type,
                 Done<Caller> done) {
  Prove(access_.at(&request_type), BearerOf(context), std::move(done));
}

void Gate::Prove(v1::Access access, std::string token, Done<Caller> done) {
  if (access == v1::ACCESS_ANYONE) return std::move(done)(Caller{});
  if (token.empty()) {
    return std::move(done)(
        Fail(Reason::kUnauthenticated, "send metadata \"authorization: Bearer <token>\""));
  }
  const Bytes32 hash = Sha256(AsBytes(token));
  const bool operator_allowed =
      access == v1::ACCESS_OPERATOR || access == v1::ACCESS_ACCOUNT_OR_OPERATOR;
  if (operator_allowed && tokens_.operator_hash &&
      ConstantTimeEqual(hash, *tokens_.operator_hash)) {
    return std::move(done)(Caller{.is_operator = true});
  }
  if (access == v1::ACCESS_OPERATOR) {
    return std::move(done)(Fail(Reason::kUnauthenticated, "this is not the operator's token"));
  }
  if (access == v1::ACCESS_ADAPTER) {
    for (const auto& [network, known] : tokens_.adapter_hashes) {
      if (ConstantTimeEqual(hash, known)) return std::move(done)(Caller{.adapter = network});
    }
    return std::move(done)(Fail(Reason::kUnauthenticated, "no adapter has this token"));
  }
  ProveAccount(std::move(token), std::move(done));
}

void Gate::ProveAccount(std::string token, Done<Caller> done) {
  const std::string key(AsText(Sha256(AsBytes(token))));
  std::optional<AccountId> known;
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = known_.find(key); found != known_.end()) known = found->second;
  }
  if (known) return std::move(done)(Caller{.account = *known});
  core_.Authenticate(Secret(token),
                     [this, key, done = std::move(done)](Result<AccountId> account) mutable {
                       if (!account) return std::move(done)(tl::unexpected(account.error()));
                       {
                         const std::lock_guard lock(mutex_);
                         if (known_.size() >= kKnownTokensMax) known_.clear();
                         known_.emplace(key, *account);
                       }
                       std::move(done)(Caller{.account = *account});
                     });
}

void Gate::Count(const grpc::Status& status) {
  metrics_.Add("trestle_rpc_total", CodeName(status.error_code()));
}

}  // namespace trestle
