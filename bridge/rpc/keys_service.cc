#include "bridge/rpc/convert.h"
#include "bridge/rpc/services.h"
#include "trestle/v1/keys.grpc.pb.h"
#include "trestle/v1/rooms.grpc.pb.h"

namespace trestle {
namespace {

constexpr std::size_t kPageDefault = 64;  // keys.proto: LogRequest.page_size

v1::KeyMaterialCode CodeOf(Rule rule) {
  if (rule == Rule::kNone) return v1::KEY_MATERIAL_CODE_SUCCESS;
  return rule == Rule::kKeysExhausted ? v1::KEY_MATERIAL_CODE_EXHAUSTED
                                      : v1::KEY_MATERIAL_CODE_NO_CONSENT;
}

class KeysService final : public v1::Keys::CallbackService {
 public:
  KeysService(Gate& gate, Core& core) : gate_(gate), core_(core) {}

  grpc::ServerUnaryReactor* Publish(grpc::CallbackServerContext* context,
                                    const v1::PublishRequest* request,
                                    v1::PublishResponse* response) override {
    return gate_.Unary(
        context, *request, [this, request, response](const Caller& caller, Done<void> finish) {
          std::vector<Bytes> packages;
          for (const std::string& package : request->key_packages()) {
            packages.push_back(ToBytes(package));
          }
          core_.PublishKeys(
              *caller.account, std::move(packages),
              Answer<PublishKeysAnswer>(std::move(finish), [response](PublishKeysAnswer answer) {
                response->set_stored(static_cast<std::uint32_t>(answer.stored));
                response->set_refused(static_cast<std::uint32_t>(answer.refused));
                response->set_count(static_cast<std::uint32_t>(answer.held));
              }));
        });
  }

  grpc::ServerUnaryReactor* Claim(grpc::CallbackServerContext* context,
                                  const v1::ClaimRequest* request,
                                  v1::ClaimResponse* response) override {
    return gate_.Unary(
        context, *request, [this, request, response](const Caller& caller, Done<void> finish) {
          core_.ClaimKeys(
              *caller.account, IdOf<LinkId>(request->link_id()),
              Answer<ClaimKeysAnswer>(std::move(finish), [response](ClaimKeysAnswer answer) {
                response->set_code(CodeOf(answer.rule));
                if (answer.rule != Rule::kNone) {
                  *response->mutable_refusal() = RefusalOf(answer.rule);
                  return;
                }
                response->set_key_package(std::string(AsText(answer.key_package)));
              }));
        });
  }

  grpc::ServerUnaryReactor* Log(grpc::CallbackServerContext* context, const v1::LogRequest* request,
                                v1::LogResponse* response) override {
    return gate_.Unary(
        context, *request, [this, request, response](const Caller& caller, Done<void> finish) {
          const std::size_t count = request->page_size() == 0 ? kPageDefault : request->page_size();
          core_.KeyLog(*caller.account, request->after(), count,
                       Answer<std::vector<KeyLogEntry>>(
                           std::move(finish), [response](std::vector<KeyLogEntry> entries) {
                             for (const KeyLogEntry& each : entries) {
                               *response->add_entries() = ProtoOf(each);
                             }
                           }));
        });
  }

  grpc::ServerUnaryReactor* Count(grpc::CallbackServerContext* context,
                                  const v1::CountRequest* request,
                                  v1::CountResponse* response) override {
    return gate_.Unary(
        context, *request, [this, response](const Caller& caller, Done<void> finish) {
          core_.CountKeys(*caller.account,
                          Answer<std::size_t>(std::move(finish), [response](std::size_t count) {
                            response->set_count(static_cast<std::uint32_t>(count));
                          }));
        });
  }

 private:
  Gate& gate_;
  Core& core_;
};

class RoomsService final : public v1::Rooms::CallbackService {
 public:
  RoomsService(Gate& gate, Core& core) : gate_(gate), core_(core) {}

  grpc::ServerUnaryReactor* SubmitHandshake(grpc::CallbackServerContext* context,
                                            const v1::SubmitHandshakeRequest* request,
                                            v1::SubmitHandshakeResponse* response) override {
    return gate_.Unary(
        context, *request, [this, request, response](const Caller& caller, Done<void> finish) {
          core_.SubmitHandshake(
              *caller.account, IdOf<LinkId>(request->link_id()), ToBytes(request->payload()),
              Answer<SubmitAnswer>(std::move(finish), [response](SubmitAnswer answer) {
                v1::SubmitResponse submitted = ProtoOf(answer);
                response->set_envelope_id(submitted.envelope_id());
                response->set_seq(submitted.seq());
                response->set_duplicate(submitted.duplicate());
                response->set_known_epoch(submitted.known_epoch());
                if (submitted.has_accepted_at()) {
                  *response->mutable_accepted_at() = submitted.accepted_at();
                }
                if (submitted.has_refusal()) *response->mutable_refusal() = submitted.refusal();
              }));
        });
  }

 private:
  Gate& gate_;
  Core& core_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeKeysService(Gate& gate, Core& core) {
  return std::make_unique<KeysService>(gate, core);
}

std::unique_ptr<grpc::Service> MakeRoomsService(Gate& gate, Core& core) {
  return std::make_unique<RoomsService>(gate, core);
}

}  // namespace trestle
