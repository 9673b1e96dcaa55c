#include "bridge/rpc/convert.h"
#include "bridge/rpc/services.h"
#include "trestle/v1/admin.grpc.pb.h"

namespace trestle {
namespace {

constexpr int kAdaptersMax = 32;          // admin.proto: ListAdaptersResponse.adapters
constexpr std::size_t kPageDefault = 64;  // admin.proto: DeadLettersRequest.page_size
constexpr std::size_t kSettingsMax = 64;  // admin.proto: ReloadResponse
constexpr std::size_t kSettingBytesMax = 128;

// What a request with a network and a rule means; both may be left out.
template <class Request>
Result<LetterFilter> FilterOf(const Request& request) {
  LetterFilter filter;
  if (!request.network().empty()) filter.network = TRESTLE_TRY(Network::Parse(request.network()));
  if (request.rule() != v1::RULE_UNSPECIFIED) filter.rule = RuleOf(request.rule());
  return filter;
}

class AdminService final : public v1::Admin::CallbackService {
 public:
  AdminService(Gate& gate, Core& core, ReloadHook& reload)
      : gate_(gate), core_(core), reload_(reload) {}

  grpc::ServerUnaryReactor* ListAdapters(grpc::CallbackServerContext* context,
                                         const v1::ListAdaptersRequest* request,
                                         v1::ListAdaptersResponse* response) override {
    return gate_.Unary(context, *request, [this, response](const Caller&, Done<void> finish) {
      core_.ListAdapters(Answer<std::vector<AdapterView>>(
          std::move(finish), [response](std::vector<AdapterView> adapters) {
            for (const AdapterView& adapter : adapters) {
              if (response->adapters_size() == kAdaptersMax) break;
              *response->add_adapters() = ProtoOf(adapter);
            }
          }));
    });
  }

  grpc::ServerUnaryReactor* Drain(grpc::CallbackServerContext* context,
                                  const v1::DrainRequest* request, v1::DrainResponse*) override {
    return gate_.Unary(context, *request, [this, request](const Caller&, Done<void> finish) {
      const Result<Network> network = Network::Parse(request->network());
      std::move(finish)(network ? core_.Drain(*network) : tl::unexpected(network.error()));
    });
  }

  grpc::ServerUnaryReactor* Resume(grpc::CallbackServerContext* context,
                                   const v1::ResumeRequest* request, v1::ResumeResponse*) override {
    return gate_.Unary(context, *request, [this, request](const Caller&, Done<void> finish) {
      const Result<Network> network = Network::Parse(request->network());
      std::move(finish)(network ? core_.Resume(*network) : tl::unexpected(network.error()));
    });
  }

  grpc::ServerUnaryReactor* DeadLetters(grpc::CallbackServerContext* context,
                                        const v1::DeadLettersRequest* request,
                                        v1::DeadLettersResponse* response) override {
    return gate_.Unary(
        context, *request, [this, request, response](const Caller&, Done<void> finish) {
          const std::size_t count = request->page_size() == 0 ? kPageDefault : request->page_size();
          const Result<LetterFilter> filter = FilterOf(*request);
          if (!filter) return std::move(finish)(tl::unexpected(filter.error()));
          core_.DeadLetters(
              *filter, static_cast<std::int64_t>(request->after()), count,
              Answer<DeadLetterPage>(std::move(finish), [response](DeadLetterPage page) {
                for (const DeadLetterView& letter : page.letters) {
                  *response->add_dead_letters() = ProtoOf(letter);
                }
                if (page.next) response->set_next(static_cast<std::uint64_t>(*page.next));
              }));
        });
  }

  grpc::ServerUnaryReactor* Requeue(grpc::CallbackServerContext* context,
                                    const v1::RequeueRequest* request,
                                    v1::RequeueResponse*) override {
    return gate_.Unary(context, *request, [this, request](const Caller&, Done<void> finish) {
      core_.Requeue(static_cast<std::int64_t>(request->id()), std::move(finish));
    });
  }

  grpc::ServerUnaryReactor* Purge(grpc::CallbackServerContext* context,
                                  const v1::PurgeRequest* request, v1::PurgeResponse*) override {
    return gate_.Unary(context, *request, [this, request](const Caller&, Done<void> finish) {
      core_.Purge(static_cast<std::int64_t>(request->id()), std::move(finish));
    });
  }

  grpc::ServerUnaryReactor* RequeueAll(grpc::CallbackServerContext* context,
                                       const v1::RequeueAllRequest* request,
                                       v1::RequeueAllResponse* response) override {
    return gate_.Unary(
        context, *request, [this, request, response](const Caller&, Done<void> finish) {
          const Result<LetterFilter> filter = FilterOf(*request);
          if (!filter) return std::move(finish)(tl::unexpected(filter.error()));
          core_.RequeueAll(*filter,
                           Answer<LetterCount>(std::move(finish), [response](LetterCount count) {
                             response->set_done(static_cast<std::uint32_t>(count.done));
                             response->set_refused(static_cast<std::uint32_t>(count.refused));
                           }));
        });
  }

  grpc::ServerUnaryReactor* PurgeAll(grpc::CallbackServerContext* context,
                                     const v1::PurgeAllRequest* request,
                                     v1::PurgeAllResponse* response) override {
    return gate_.Unary(
        context, *request, [this, request, response](const Caller&, Done<void> finish) {
          const Result<LetterFilter> filter = FilterOf(*request);
          if (!filter) return std::move(finish)(tl::unexpected(filter.error()));
          core_.PurgeAll(*filter,
                         Answer<LetterCount>(std::move(finish), [response](LetterCount count) {
                           response->set_done(static_cast<std::uint32_t>(count.done));
                         }));
        });
  }

  grpc::ServerUnaryReactor* Reload(grpc::CallbackServerContext* context,
                                   const v1::ReloadRequest* request,
                                   v1::ReloadResponse* response) override {
    return gate_.Unary(context, *request, [this, response](const Caller&, Done<void> finish) {
      reload_.Reload(Answer<ReloadAnswer>(std::move(finish), [response](ReloadAnswer answer) {
        for (const std::string& setting : Cut(std::move(answer.applied))) {
          response->add_applied(setting);
        }
        for (const std::string& setting : Cut(std::move(answer.need_restart))) {
          response->add_need_restart(setting);
        }
      }));
    });
  }

 private:
  static std::vector<std::string> Cut(std::vector<std::string> settings) {
    if (settings.size() > kSettingsMax) settings.resize(kSettingsMax);
    for (std::string& setting : settings) {
      if (setting.size() > kSettingBytesMax) setting.resize(kSettingBytesMax);
    }
    return settings;
  }

  Gate& gate_;
  Core& core_;
  ReloadHook& reload_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeAdminService(Gate& gate, Core& core, ReloadHook& reload) {
  return std::make_unique<AdminService>(gate, core, reload);
}

}  // namespace trestle
