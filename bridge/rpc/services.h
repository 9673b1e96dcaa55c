// The services of trestle.v1, made one by one so that each file compiles gRPC's headers for its own
// service only. All borrow what they are given, which outlives the server.
#pragma once

#include <grpcpp/impl/codegen/service_type.h>

#include <memory>

#include "bridge/rpc/gate.h"
#include "bridge/rpc/reload.h"

namespace trestle {

class NativeAdapter;
class RemoteAdapters;

std::unique_ptr<grpc::Service> MakeMessagesService(Gate& gate, Core& core, NativeAdapter& native);
std::unique_ptr<grpc::Service> MakeDirectoryService(Gate& gate, Core& core);
std::unique_ptr<grpc::Service> MakeRoutingService(Gate& gate, Core& core);
std::unique_ptr<grpc::Service> MakeConsentService(Gate& gate, Core& core);
std::unique_ptr<grpc::Service> MakeKeysService(Gate& gate, Core& core);
std::unique_ptr<grpc::Service> MakeRoomsService(Gate& gate, Core& core);
std::unique_ptr<grpc::Service> MakeAdapterHostService(Gate& gate, RemoteAdapters& adapters);
std::unique_ptr<grpc::Service> MakeAdminService(Gate& gate, Core& core, ReloadHook& reload);

}  // namespace trestle
