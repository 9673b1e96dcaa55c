#include "bridge/rpc/convert.h"
#include "bridge/rpc/services.h"
#include "trestle/v1/consent.grpc.pb.h"

namespace trestle {
namespace {

constexpr std::size_t kPageDefault = 64;  // consent.proto: HistoryRequest.page_size
constexpr int kContactsMax = 2048;        // consent.proto: ListResponse.contacts

class ConsentService final : public v1::Consent::CallbackService {
 public:
  ConsentService(Gate& gate, Core& core) : gate_(gate), core_(core) {}

  grpc::ServerUnaryReactor* Request(grpc::CallbackServerContext* context,
                                    const v1::ConsentRequestRequest* request,
                                    v1::ConsentRequestResponse* response) override {
    return gate_.Unary(
        context, *request, [this, request, response](const Caller& caller, Done<void> finish) {
          core_.Reach(*caller.account, request->alias(),
                      Answer<ReachAnswer>(std::move(finish), [response](ReachAnswer answer) {
                        response->set_sentence(std::move(answer.text));
                      }));
        });
  }

  grpc::ServerUnaryReactor* Grant(grpc::CallbackServerContext* context,
                                  const v1::GrantRequest* request,
                                  v1::GrantResponse* response) override {
    return Act(context, request, ConsentAction::kGrant, response);
  }
  grpc::ServerUnaryReactor* Refuse(grpc::CallbackServerContext* context,
                                   const v1::RefuseRequest* request,
                                   v1::RefuseResponse* response) override {
    return Act(context, request, ConsentAction::kRefuse, response);
  }
  grpc::ServerUnaryReactor* Revoke(grpc::CallbackServerContext* context,
                                   const v1::RevokeRequest* request,
                                   v1::RevokeResponse* response) override {
    return Act(context, request, ConsentAction::kRevoke, response);
  }
  grpc::ServerUnaryReactor* Block(grpc::CallbackServerContext* context,
                                  const v1::BlockRequest* request,
                                  v1::BlockResponse* response) override {
    return Act(context, request, ConsentAction::kBlock, response);
  }

  grpc::ServerUnaryReactor* AllowEdge(grpc::CallbackServerContext* context,
                                      const v1::AllowEdgeRequest* request,
                                      v1::AllowEdgeResponse* response) override {
    return gate_.Unary(
        context, *request, [this, request, response](const Caller& caller, Done<void> finish) {
          const Millis span =
              request->seconds() == 0 ? kEdgeConsentSpan : std::chrono::seconds(request->seconds());
          core_.AllowEdge(*caller.account, IdOf<LinkId>(request->link_id()), span,
                          SayRefusal(response, std::move(finish)));
        });
  }
  grpc::ServerUnaryReactor* EndEdge(grpc::CallbackServerContext* context,
                                    const v1::EndEdgeRequest* request,
                                    v1::EndEdgeResponse* response) override {
    return gate_.Unary(context, *request,
                       [this, request, response](const Caller& caller, Done<void> finish) {
                         core_.EndEdge(*caller.account, IdOf<LinkId>(request->link_id()),
                                       SayRefusal(response, std::move(finish)));
                       });
  }

  grpc::ServerUnaryReactor* Cancel(grpc::CallbackServerContext* context,
                                   const v1::CancelRequest* request,
                                   v1::CancelResponse* response) override {
    return gate_.Unary(
        context, *request, [this, request, response](const Caller& caller, Done<void> finish) {
          core_.Cancel(*caller.account, request->alias(),
                       Answer<ReachAnswer>(std::move(finish), [response](ReachAnswer answer) {
                         response->set_sentence(std::move(answer.text));
                       }));
        });
  }

  grpc::ServerUnaryReactor* History(grpc::CallbackServerContext* context,
                                    const v1::HistoryRequest* request,
                                    v1::HistoryResponse* response) override {
    return gate_.Unary(
        context, *request, [this, request, response](const Caller& caller, Done<void> finish) {
          const std::size_t count = request->page_size() == 0 ? kPageDefault : request->page_size();
          core_.ConsentHistory(
              *caller.account, static_cast<std::int64_t>(request->after()), count,
              Answer<std::vector<ConsentEntryView>>(
                  std::move(finish), [response](std::vector<ConsentEntryView> entries) {
                    for (const ConsentEntryView& each : entries) {
                      *response->add_entries() = ProtoOf(each);
                    }
                  }));
        });
  }

  grpc::ServerUnaryReactor* List(grpc::CallbackServerContext* context,
                                 const v1::ListRequest* request,
                                 v1::ListResponse* response) override {
    return gate_.Unary(
        context, *request, [this, response](const Caller& caller, Done<void> finish) {
          core_.ListContacts(*caller.account,
                             Answer<std::vector<ContactView>>(
                                 std::move(finish), [response](std::vector<ContactView> contacts) {
                                   for (const ContactView& contact : contacts) {
                                     if (response->contacts_size() == kContactsMax) break;
                                     *response->add_contacts() = ProtoOf(contact);
                                   }
                                 }));
        });
  }

 private:
  // The four actions differ in their names only.
  template <class Request, class Response>
  grpc::ServerUnaryReactor* Act(grpc::CallbackServerContext* context, const Request* request,
                                ConsentAction action, Response* response) {
    return gate_.Unary(context, *request,
                       [this, request, action, response](const Caller& caller, Done<void> finish) {
                         const bool everyone = request->everyone() != v1::EVERYONE_UNSPECIFIED;
                         if (everyone == !request->link_id().empty()) {
                           return std::move(finish)(
                               Fail(Reason::kInvalidArgument, "say either link_id or everyone"));
                         }
                         if (everyone)
                           return OnAll(*caller.account, action, request, response,
                                        std::move(finish));
                         core_.Consent(*caller.account, IdOf<LinkId>(request->link_id()), action,
                                       SayRefusal(response, std::move(finish)));
                       });
  }

  template <class Response>
  static Done<ConsentAnswer> SayRefusal(Response* response, Done<void> finish) {
    return Answer<ConsentAnswer>(std::move(finish), [response](ConsentAnswer answer) {
      if (answer.rule == Rule::kNone) return;
      *response->mutable_refusal() = RefusalOf(answer.rule);
    });
  }

  template <class Request, class Response>
  void OnAll(const AccountId& account, ConsentAction action, const Request* request,
             Response* response, Done<void> finish) {
    core_.ConsentOnAll(account, action, static_cast<Everyone>(request->everyone()),
                       Answer<std::size_t>(std::move(finish), [response](std::size_t contacts) {
                         response->set_contacts(static_cast<std::uint32_t>(contacts));
                       }));
  }

  Gate& gate_;
  Core& core_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeConsentService(Gate& gate, Core& core) {
  return std::make_unique<ConsentService>(gate, core);
}

}  // namespace trestle
