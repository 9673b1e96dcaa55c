#include "bridge/rpc/server.h"

#include <arpa/inet.h>
#include <grpcpp/ext/health_check_service_server_builder_option.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/resource_quota.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include "bridge/rpc/server_tls.h"
#include "bridge/rpc/services.h"

namespace trestle {
namespace {

class GrpcServer final : public RpcServer {
 public:
  GrpcServer(Options options, const Parts& parts)
      : gate_(parts.core, parts.metrics,
              {std::move(options.operator_token_hash), std::move(options.adapter_token_hashes)}) {
    services_.push_back(MakeMessagesService(gate_, parts.core, parts.native));
    services_.push_back(MakeDirectoryService(gate_, parts.core));
    services_.push_back(MakeRoutingService(gate_, parts.core));
    services_.push_back(MakeConsentService(gate_, parts.core));
    services_.push_back(MakeKeysService(gate_, parts.core));
    services_.push_back(MakeRoomsService(gate_, parts.core));
    services_.push_back(MakeAdapterHostService(gate_, parts.remote));
    services_.push_back(MakeAdminService(gate_, parts.core, parts.reload));
  }
  ~GrpcServer() override { Stop(Millis{0}); }

  Result<void> Listen(const std::string& address, std::uint16_t port,
                      const std::optional<TlsFiles>& tls) {
    std::shared_ptr<grpc::ServerCredentials> credentials = grpc::InsecureServerCredentials();
    if (tls) credentials = TRESTLE_TRY(TlsCredentials(*tls));
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    grpc::ServerBuilder builder;
    const bool is_v6 = address.find(':') != std::string::npos;
    const std::string host = is_v6 ? "[" + address + "]" : address;
    int bound = 0;
    builder.AddListeningPort(host + ":" + std::to_string(port), credentials, &bound);
    // Two daemons on one port would share its connections silently.
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kStreamsPerConnectionMax);
    builder.SetMaxReceiveMessageSize(kMessageBytesMax);
    grpc::ResourceQuota quota("trestle");
    quota.Resize(kBufferBytesMax);
    builder.SetResourceQuota(quota);
    for (const auto& service : services_) builder.RegisterService(service.get());
    server_ = builder.BuildAndStart();
    if (server_ == nullptr || bound == 0) {
      return Fail(Reason::kUnavailable, "the gRPC port cannot be had; is another daemon on it?");
    }
    port_ = static_cast<std::uint16_t>(bound);
    SetServing(false);
    return {};
  }

  std::uint16_t port() const override { return port_; }

  void SetServing(bool serving) override {
    server_->GetHealthCheckService()->SetServingStatus(serving);
  }

  void SetServing(const std::string& name, bool serving) override {
    server_->GetHealthCheckService()->SetServingStatus(name, serving);
  }

  void Stop(Millis grace) override {
    if (server_ == nullptr || stopped_) return;
    stopped_ = true;
    server_->GetHealthCheckService()->Shutdown();
    server_->Shutdown(gpr_time_add(gpr_now(GPR_CLOCK_REALTIME),
                                   gpr_time_from_millis(grace.count(), GPR_TIMESPAN)));
    server_->Wait();
  }

 private:
  Gate gate_;
  std::vector<std::unique_ptr<grpc::Service>> services_;
  std::unique_ptr<grpc::Server> server_;
  std::uint16_t port_ = 0;
  bool stopped_ = false;
};

}  // namespace

bool IsLoopback(const std::string& address) {
  in_addr v4{};
  if (inet_pton(AF_INET, address.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
  in6_addr v6{};
  return inet_pton(AF_INET6, address.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

Result<std::unique_ptr<RpcServer>> RpcServer::Start(Options options, Parts parts) {
  if (!IsLoopback(options.address) && !options.tls) {
    return Fail(Reason::kInvalidArgument,
                "the gRPC address is not a loopback address, which needs `tls`");
  }
  const std::string address = options.address;
  const auto tls = options.tls;
  const std::uint16_t port = options.port;
  auto server = std::make_unique<GrpcServer>(std::move(options), parts);
  TRESTLE_TRY(server->Listen(address, port, tls));
  return server;
}

}  // namespace trestle
