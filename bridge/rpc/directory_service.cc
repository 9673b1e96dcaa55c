#include <algorithm>

#include "bridge/rpc/convert.h"
#include "bridge/rpc/services.h"
#include "trestle/v1/directory.grpc.pb.h"

namespace trestle {
namespace {

constexpr std::size_t kAliasesMax = 256;  // directory.proto: ListAliasesResponse.aliases

class DirectoryService final : public v1::Directory::CallbackService {
 public:
  DirectoryService(Gate& gate, Core& core) : gate_(gate), core_(core) {}

  grpc::ServerUnaryReactor* Enrol(grpc::CallbackServerContext* context,
                                  const v1::EnrolRequest* request,
                                  v1::EnrolResponse* response) override {
    return gate_.Unary(
        context, *request, [this, request, response](const Caller&, Done<void> finish) {
          core_.EnrolNative(
              request->join_code(),
              trestle::Answer<EnrolAnswer>(std::move(finish), [response](EnrolAnswer answer) {
                response->set_account_id(OctetsOf(answer.account));
                response->set_enrolment_id(OctetsOf(answer.enrolment));
                response->set_token(std::string(answer.token.Reveal(Purpose::kHandToOwner)));
              }));
        });
  }

  grpc::ServerUnaryReactor* CreateAlias(grpc::CallbackServerContext* context,
                                        const v1::CreateAliasRequest* request,
                                        v1::CreateAliasResponse* response) override {
    return gate_.Unary(
        context, *request, [this, request, response](const Caller& caller, Done<void> finish) {
          CreateAliasRequest wanted{.label = request->label(),
                                    .policy = PolicyOf(request->policy())};
          wanted.listing = request->listing();
          if (request->uses_max() != 0) wanted.uses_max = request->uses_max();
          if (request->ttl_s() != 0) wanted.ttl = std::chrono::seconds(request->ttl_s());
          core_.CreateAlias(
              *caller.account, std::move(wanted),
              trestle::Answer<AliasView>(std::move(finish), [response](AliasView alias) {
                *response->mutable_alias() = ProtoOf(alias);
              }));
        });
  }

  grpc::ServerUnaryReactor* ListAliases(grpc::CallbackServerContext* context,
                                        const v1::ListAliasesRequest* request,
                                        v1::ListAliasesResponse* response) override {
    return gate_.Unary(
        context, *request, [this, response](const Caller& caller, Done<void> finish) {
          core_.ListAliases(*caller.account,
                            trestle::Answer<std::vector<AliasView>>(
                                std::move(finish), [response](std::vector<AliasView> aliases) {
                                  FillNewest(aliases, *response);
                                }));
        });
  }

  grpc::ServerUnaryReactor* RevokeAlias(grpc::CallbackServerContext* context,
                                        const v1::RevokeAliasRequest* request,
                                        v1::RevokeAliasResponse*) override {
    return gate_.Unary(context, *request, [this, request](const Caller& caller, Done<void> finish) {
      const AccountId account = *caller.account;
      WithOwn(account, request->name(), std::move(finish),
              [this, account](const AliasId& alias, Done<void> then) {
                core_.RevokeAlias(account, alias, std::move(then));
              });
    });
  }

  grpc::ServerUnaryReactor* RotateAlias(grpc::CallbackServerContext* context,
                                        const v1::RotateAliasRequest* request,
                                        v1::RotateAliasResponse* response) override {
    return gate_.Unary(
        context, *request, [this, request, response](const Caller& caller, Done<void> finish) {
          const AccountId account = *caller.account;
          WithOwn(account, request->name(), std::move(finish),
                  [this, account, response](const AliasId& alias, Done<void> then) {
                    core_.RotateAlias(account, alias, AliasInto(*response, std::move(then)));
                  });
        });
  }

  grpc::ServerUnaryReactor* RestoreAlias(grpc::CallbackServerContext* context,
                                         const v1::RestoreAliasRequest* request,
                                         v1::RestoreAliasResponse* response) override {
    return gate_.Unary(
        context, *request, [this, request, response](const Caller& caller, Done<void> finish) {
          const AccountId account = *caller.account;
          WithOwn(account, request->name(), std::move(finish),
                  [this, account, response](const AliasId& alias, Done<void> then) {
                    core_.RestoreAlias(account, alias, AliasInto(*response, std::move(then)));
                  });
        });
  }

  grpc::ServerUnaryReactor* CloseListing(grpc::CallbackServerContext* context,
                                         const v1::CloseListingRequest* request,
                                         v1::CloseListingResponse* response) override {
    return gate_.Unary(
        context, *request, [this, request, response](const Caller& caller, Done<void> finish) {
          core_.CloseListing(
              *caller.account, request->listing(),
              trestle::Answer<std::size_t>(std::move(finish), [response](std::size_t aliases) {
                response->set_aliases(static_cast<std::uint32_t>(aliases));
              }));
        });
  }

  grpc::ServerUnaryReactor* Reach(grpc::CallbackServerContext* context,
                                  const v1::ReachRequest* request,
                                  v1::ReachResponse* response) override {
    return gate_.Unary(
        context, *request, [this, request, response](const Caller& caller, Done<void> finish) {
          core_.Reach(
              *caller.account, request->alias(),
              trestle::Answer<ReachAnswer>(std::move(finish), [response](ReachAnswer answer) {
                response->set_sentence(std::move(answer.text));
              }));
        });
  }

  grpc::ServerUnaryReactor* SetPreferences(grpc::CallbackServerContext* context,
                                           const v1::SetPreferencesRequest* request,
                                           v1::SetPreferencesResponse*) override {
    return gate_.Unary(context, *request, [this, request](const Caller& caller, Done<void> finish) {
      Result<Preferences> preferences = PreferencesOf(request->preferences());
      if (!preferences) return std::move(finish)(tl::unexpected(preferences.error()));
      core_.SetPreferences(*caller.account, *std::move(preferences), std::move(finish));
    });
  }

  grpc::ServerUnaryReactor* GetPreferences(grpc::CallbackServerContext* context,
                                           const v1::GetPreferencesRequest* request,
                                           v1::GetPreferencesResponse* response) override {
    return gate_.Unary(
        context, *request, [this, response](const Caller& caller, Done<void> finish) {
          core_.GetPreferences(
              *caller.account,
              trestle::Answer<Preferences>(std::move(finish), [response](Preferences preferences) {
                *response->mutable_preferences() = ProtoOf(preferences);
              }));
        });
  }

  grpc::ServerUnaryReactor* CreateJoinCode(grpc::CallbackServerContext* context,
                                           const v1::CreateJoinCodeRequest* request,
                                           v1::CreateJoinCodeResponse* response) override {
    return gate_.Unary(
        context, *request, [this, response](const Caller& caller, Done<void> finish) {
          core_.JoinCode(
              *caller.account,
              trestle::Answer<JoinCodeAnswer>(std::move(finish), [response](JoinCodeAnswer answer) {
                response->set_code(std::move(answer.code));
                *response->mutable_expires_at() = TimestampOf(answer.expires_at);
              }));
        });
  }

 private:
  // Runs `act` with the account's own alias of that name.
  template <class Act>
  void WithOwn(const AccountId& account, const std::string& name, Done<void> finish, Act act) {
    core_.ListAliases(
        account, [name, finish = std::move(finish), act = std::move(act)](auto aliases) mutable {
          if (!aliases) return std::move(finish)(tl::unexpected(aliases.error()));
          const auto found = std::find_if(aliases->begin(), aliases->end(),
                                          [&](const AliasView& a) { return a.name == name; });
          if (found == aliases->end()) {
            return std::move(finish)(Fail(Reason::kNotFound, "the account has no such alias"));
          }
          act(found->id, std::move(finish));
        });
  }

  template <class Response>
  static Done<AliasView> AliasInto(Response& response, Done<void> finish) {
    return trestle::Answer<AliasView>(std::move(finish), [&response](AliasView alias) {
      *response.mutable_alias() = ProtoOf(alias);
    });
  }

  static void FillNewest(const std::vector<AliasView>& aliases, v1::ListAliasesResponse& response) {
    const std::size_t skip = aliases.size() > kAliasesMax ? aliases.size() - kAliasesMax : 0;
    for (std::size_t i = skip; i < aliases.size(); ++i) {
      *response.add_aliases() = ProtoOf(aliases[i]);
    }
  }

  Gate& gate_;
  Core& core_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeDirectoryService(Gate& gate, Core& core) {
  return std::make_unique<DirectoryService>(gate, core);
}

}  // namespace trestle
