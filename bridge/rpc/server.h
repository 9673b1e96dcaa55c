// The gRPC server: every service of trestle.v1, server reflection and grpc.health.v1, on a loopback
// address. gRPC's threads live inside; handlers validate, prove the caller, post and return. Owned
// by the wiring, which stops it before the core.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bridge/base/digest.h"
#include "bridge/pipeline/core.h"
#include "bridge/rpc/native_adapter.h"
#include "bridge/rpc/reload.h"
#include "bridge/rpc/remote_adapter.h"

namespace trestle {

struct TlsFiles {
  std::string certificate;  // PEM: the server's own, then those up to the root
  std::string key;          // PEM, readable by nobody but this user and group
};

class RpcServer {
 public:
  // A whole key-package batch (32 of 16 KiB) or a handshake (1 MiB), with what stands around it.
  static constexpr int kMessageBytesMax = 1024 * 1024 + 64 * 1024;
  // What gRPC may hold in buffers for all connections together; above it reading stops.
  static constexpr std::size_t kBufferBytesMax = 256 * 1024 * 1024;
  static constexpr int kStreamsPerConnectionMax = 1024;

  struct Options {
    std::string address = "127.0.0.1";           // a literal one; beyond loopback with TLS only
    std::uint16_t port = 0;                      // 0: the system chooses
    std::optional<Bytes32> operator_token_hash;  // SHA-256; none: operator calls are refused
    std::vector<std::pair<Network, Bytes32>> adapter_token_hashes;
    std::optional<TlsFiles> tls;  // none: plain text
  };
  struct Parts {
    Core& core;
    NativeAdapter& native;
    RemoteAdapters& remote;
    ReloadHook& reload;
    Metrics& metrics;
  };

  // kInvalidArgument beyond loopback without TLS, or when its files are not what they should be;
  // kUnavailable when the port is taken.
  static Result<std::unique_ptr<RpcServer>> Start(Options options, Parts parts);
  virtual ~RpcServer() = default;  // stops

  virtual std::uint16_t port() const = 0;
  // What grpc.health.v1 answers, for "" and each service.
  virtual void SetServing(bool serving) = 0;
  // The same for one name, such as "adapter.sms". Any thread.
  virtual void SetServing(const std::string& name, bool serving) = 0;
  // Takes no new calls, lets those under way finish for `grace`, then cancels them.
  virtual void Stop(Millis grace) = 0;
};

// True for 127.0.0.0/8 and ::1, written as numbers.
bool IsLoopback(const std::string& address);

}  // namespace trestle
