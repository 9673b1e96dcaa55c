#include "bridge/daemon/wiring.h"

#include <unistd.h>

#include <future>

#include "bridge/base/digest.h"
#include "bridge/base/event_log.h"
#include "bridge/base/private_file.h"
#include "bridge/config/flat_settings.h"

namespace trestle {
namespace {

// The main thread's way to wait for a Done; nothing else in the daemon waits like this.
class Waiter {
 public:
  Done<void> done() {
    return [promise = promise_](Result<void> result) { promise->set_value(std::move(result)); };
  }
  Result<void> Wait(Millis patience = Wiring::kPatience) {
    if (future_.wait_for(patience) != std::future_status::ready) {
      return Fail(Reason::kUnavailable, "it did not answer within 30 seconds");
    }
    return future_.get();
  }

 private:
  std::shared_ptr<std::promise<Result<void>>> promise_ =
      std::make_shared<std::promise<Result<void>>>();
  std::future<Result<void>> future_ = promise_->get_future();
};

static_assert(kStoresMax == Store::kPlacedMax + 1);

// The setting that a store came from. Without `stores` there is one, below data_dir.
std::string NameOfStore(const Config& config, StoreIndex index) {
  const bool is_default =
      config.stores.size() == 1 && config.stores.front().path == config.data_dir + "/core";
  return is_default ? "data_dir" : "stores[" + std::to_string(index) + "]";
}

StoreFileOptions FileOf(const StoreConfig& store, const Config& config) {
  StoreFileOptions file{.name = store.place.name, .path = store.path + "/store.db"};
  file.keys.path = config.storage_keys.path + "/" + store.place.name + ".keys";
  if (config.storage_keys.master_key) {
    file.keys.master = config.storage_keys.master_key->Duplicate(Purpose::kSealForStore);
  }
  file.keys.rotate_every = config.storage_keys.rotate_every;
  file.keys.forget = config.forget_waiting;
  file.log_key_path = store.path + "/erasure_log.key";
  return file;
}

Bytes32 HashOf(const Secret& token) {
  return Sha256(AsBytes(token.Reveal(Purpose::kAuthenticate)));
}

void AnswerMetrics(const Metrics& metrics, const HttpRequest& request,
                   HttpServer::Respond respond) {
  if (request.method != "GET") return std::move(respond)({.status = 405, .body = ""});
  if (request.path == "/healthz") {
    return std::move(respond)({.body = "ok\n", .content_type = "text/plain"});
  }
  if (request.path == "/metrics") {
    return std::move(respond)(
        {.body = metrics.Expose(), .content_type = "text/plain; version=0.0.4"});
  }
  std::move(respond)({.status = 404, .body = "see /metrics\n", .content_type = "text/plain"});
}

}  // namespace

Result<std::unique_ptr<Wiring>> Wiring::Start(Config config, std::string config_path,
                                              std::string& failed) {
  std::unique_ptr<Wiring> wiring(new Wiring());
  TRESTLE_TRY(wiring->StartParts(std::move(config), std::move(config_path), failed));
  return wiring;
}

Result<void> Wiring::CheckStores(const Config& config, std::string& failed) {
  for (std::size_t i = 0; i < config.stores.size(); ++i) {
    failed = NameOfStore(config, i);
    TRESTLE_TRY(CheckStoreFile(FileOf(config.stores[i], config).path));
  }
  return {};
}

Result<void> Wiring::StartParts(Config config, std::string config_path, std::string& failed) {
  failed = "data_dir";
  TRESTLE_TRY(MakePrivateFolder(config.data_dir));
  for (std::size_t i = 0; i < config.stores.size(); ++i) {
    failed = NameOfStore(config, i);
    TRESTLE_TRY(MakePrivateFolder(config.stores[i].path));
  }
  failed = "storage_keys";
  TRESTLE_TRY(MakePrivateFolder(config.storage_keys.path));
  TRESTLE_TRY(StartCore(config, failed));
  std::string network;
  auto networks = Networks::Make(config, {loop_, clock_, random_, metrics_}, network);
  failed = "adapters." + network;
  networks_ = TRESTLE_TRY(std::move(networks));
  TRESTLE_TRY(StartAdapters(failed));
  reloader_ = std::make_unique<Reloader>(config_path, FlatSettings(config_path), control_);
  TRESTLE_TRY(StartServers(config, failed));
  LogEvent(Severity::kInfo, "started",
           {{"grpc_port", std::uint32_t{rpc_->port()}},
            {"networks", static_cast<std::uint64_t>(networks_->all().size())}});
  return {};
}

Result<void> Wiring::OpenStore(const Config& config, std::string& failed) {
  StoreFileOptions home = FileOf(config.stores.front(), config);
  Store::Options options{.path = home.path,
                         .writer = writer_,
                         .metrics = metrics_,
                         .completions = &lane_,
                         .queue_items_max = config.limits.store_items_max,
                         .queue_bytes_max = config.limits.store_bytes_max,
                         .repeatable_pause = Store::kRepeatablePause,
                         .directory_cache_max = config.limits.directory_cache_max};
  options.keys = std::move(home.keys);
  options.log_key_path = home.log_key_path;
  for (std::size_t i = 1; i < config.stores.size(); ++i) {
    options.placed.push_back(FileOf(config.stores[i], config));
  }
  options.opens = [&](StoreIndex store) { failed = NameOfStore(config, store); };
  options.damaged = [this] {
    const std::lock_guard lock(health_mutex_);
    is_damaged_ = true;
    if (shows_health_) rpc_->SetServing(false);
  };
  options.clock = &clock_;
  options.random = &random_;
  store_ = TRESTLE_TRY(Store::Open(std::move(options)));
  return {};
}

Result<void> Wiring::StartCore(const Config& config, std::string& failed) {
  drain_patience_ = config.limits.drain_patience;
  TRESTLE_TRY(OpenStore(config, failed));
  ResidencyPolicy residency{.stores = {}, .operators = config.residency};
  for (const StoreConfig& store : config.stores) residency.stores.push_back(store.place);
  core_ = Core::Create({.store = *store_,
                        .lane = lane_,
                        .clock = clock_,
                        .random = random_,
                        .metrics = metrics_,
                        .limits = config.limits,
                        .residency = std::move(residency),
                        .health_changed = [this](const Network& network, Health health) {
                          ShowHealth(network, health);
                        }});
  return {};
}

Result<void> Wiring::StartAdapters(std::string& failed) {
  for (const auto& [network, adapter] : networks_->all()) core_->AddAdapter(network, *adapter);
  failed = "the core";
  Waiter core;
  core_->Start(core.done());
  TRESTLE_TRY(core.Wait());
  for (const auto& [network, adapter] : networks_->all()) {
    failed = "adapters." + network.name();
    Waiter waiter;
    started_.push_back(adapter);
    adapter->Start(core_->HostFor(network), waiter.done());
    TRESTLE_TRY(waiter.Wait());
  }
  return {};
}

Result<void> Wiring::StartServers(const Config& config, std::string& failed) {
  RpcServer::Options options{
      .address = config.grpc.address,
      .port = config.grpc.port,
      .operator_token_hash = std::nullopt,
      .adapter_token_hashes = {},
      .tls = std::nullopt,
  };
  if (config.operator_token) options.operator_token_hash = HashOf(*config.operator_token);
  for (const RemoteConfig& each : config.remote) {
    options.adapter_token_hashes.emplace_back(each.network, HashOf(each.token));
  }
  if (config.tls) options.tls = TlsFiles{config.tls->certificate, config.tls->key};
  failed = config.tls ? "tls" : "listen";
  rpc_ = TRESTLE_TRY(
      RpcServer::Start(std::move(options),
                       {*core_, networks_->native(), networks_->remote(), *reloader_, metrics_}));
  failed = "metrics";
  metrics_server_ = TRESTLE_TRY(HttpServer::Start(
      {.address = config.metrics.address, .port = config.metrics.port, .body_bytes_max = 1024},
      [this](const HttpRequest& request, HttpServer::Respond respond) {
        AnswerMetrics(metrics_, request, std::move(respond));
      }));
  {
    const std::lock_guard lock(health_mutex_);
    shows_health_ = true;
    rpc_->SetServing(!is_damaged_);
    for (const auto& [network, health] : health_) SetServing(network, health);
  }
  return {};
}

// grpc.health.v1 has one name for each adapter, such as "adapter.sms".
void Wiring::ShowHealth(const Network& network, Health health) {
  const std::lock_guard lock(health_mutex_);
  health_[network] = health;
  if (shows_health_) SetServing(network, health);
}

void Wiring::SetServing(const Network& network, Health health) {
  const bool serving = health == Health::kHealthy || health == Health::kDegraded;
  rpc_->SetServing("adapter." + network.name(), serving);
}

void Wiring::Reload() {
  reloader_->Reload([](const Result<ReloadAnswer>&) {});
}

std::string Wiring::ready_json() const {
  std::string webhooks;
  for (const auto& [network, port] : networks_->webhook_ports()) {
    webhooks.append(webhooks.empty() ? "" : ",");
    webhooks.append("\"" + network + "\":" + std::to_string(port));
  }
  return "{\"pid\":" + std::to_string(getpid()) + ",\"grpc_port\":" + std::to_string(rpc_->port()) +
         ",\"metrics_port\":" + std::to_string(metrics_server_->port()) + ",\"webhook_ports\":{" +
         webhooks + "}}\n";
}

// What is under way settles first; then networks, so that nothing new comes in; then calls; then
// the core and what it stands on.
Wiring::~Wiring() {
  LogEvent(Severity::kInfo, "stopping");
  if (rpc_ != nullptr) rpc_->SetServing(false);
  {
    const std::lock_guard lock(health_mutex_);
    shows_health_ = false;
  }
  Quiesce();
  StopAdapters();
  if (rpc_ != nullptr) rpc_->Stop(kGrace);
  if (metrics_server_ != nullptr) metrics_server_->Stop();
  control_.Stop();
  if (core_ != nullptr) core_->Stop();
  lane_.Stop();
  loop_.Stop();
  writer_.Stop();
  store_.reset();
  LogEvent(Severity::kInfo, "stopped");
  FlushEventLog();
}

// What is under way settles, as far as its networks answer in time; the rest is in doubt and comes
// again with the next start.
void Wiring::Quiesce() {
  if (core_ == nullptr || started_.empty()) return;
  Waiter waiter;
  core_->Quiesce(waiter.done());
  if (!waiter.Wait(drain_patience_))
    LogEvent(Severity::kWarning, "stopped_with_deliveries_under_way");
}

void Wiring::StopAdapters() {
  for (Adapter* adapter : started_) {
    Waiter waiter;
    adapter->Stop(waiter.done());
    if (!waiter.Wait()) LogEvent(Severity::kWarning, "adapter_did_not_stop");
  }
}

}  // namespace trestle
