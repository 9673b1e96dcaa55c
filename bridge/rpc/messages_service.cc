#include "bridge/rpc/convert.h"
#include "bridge/rpc/exchange_stream.h"
#include "bridge/rpc/services.h"
#include "trestle/v1/messages.grpc.pb.h"

namespace trestle {
namespace {

constexpr int kStepsMax = 256;  // messages.proto: TraceResponse.steps

class MessagesService final : public v1::Messages::CallbackService {
 public:
  MessagesService(Gate& gate, Core& core, NativeAdapter& native)
      : gate_(gate), core_(core), native_(native) {}

  grpc::ServerUnaryReactor* Submit(grpc::CallbackServerContext* context,
                                   const v1::SubmitRequest* request,
                                   v1::SubmitResponse* response) override {
    return gate_.Unary(
        context, *request, [this, request, response](const Caller& caller, Done<void> finish) {
          core_.Submit(*caller.account, IdOf<LinkId>(request->link_id()),
                       ToBytes(request->payload()),
                       Answer<SubmitAnswer>(std::move(finish), [response](SubmitAnswer answer) {
                         *response = ProtoOf(answer);
                       }));
        });
  }

  grpc::ServerBidiReactor<v1::ExchangeRequest, v1::ExchangeResponse>* Exchange(
      grpc::CallbackServerContext* context) override {
    const auto stream = std::make_shared<ExchangeStream>(gate_, core_, native_, context);
    stream->Hold();
    gate_.Admit(*context, *v1::ExchangeRequest::descriptor(),
                [stream](Result<Caller> caller) { stream->Admit(caller); });
    return stream.get();
  }

  grpc::ServerUnaryReactor* Trace(grpc::CallbackServerContext* context,
                                  const v1::TraceRequest* request,
                                  v1::TraceResponse* response) override {
    return gate_.Unary(
        context, *request, [this, request, response](const Caller& caller, Done<void> finish) {
          core_.Trace(caller.account, IdOf<EnvelopeId>(request->envelope_id()),
                      Answer<TraceAnswer>(std::move(finish), [response](TraceAnswer answer) {
                        for (const TraceRecord& step : answer.steps) {
                          if (response->steps_size() == kStepsMax) break;
                          *response->add_steps() = StepOf(step);
                        }
                      }));
        });
  }

  grpc::ServerUnaryReactor* ErasureProof(grpc::CallbackServerContext* context,
                                         const v1::ErasureProofRequest* request,
                                         v1::ErasureProofResponse* response) override {
    return gate_.Unary(
        context, *request, [this, request, response](const Caller& caller, Done<void> finish) {
          core_.ErasureProof(
              {caller.account, IdOf<EnvelopeId>(request->envelope_id()), request->last_shard(),
               request->last_size()},
              Answer<ErasureProofAnswer>(std::move(finish), [response](ErasureProofAnswer answer) {
                *response = ProtoOf(answer);
              }));
        });
  }

 private:
  Gate& gate_;
  Core& core_;
  NativeAdapter& native_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeMessagesService(Gate& gate, Core& core, NativeAdapter& native) {
  return std::make_unique<MessagesService>(gate, core, native);
}

}  // namespace trestle
