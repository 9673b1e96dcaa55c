#include "edge/program.h"

#include <cstdlib>
#include <future>

#include "adapters/sms/factory.h"
#include "adapters/sms/options_from.h"
#include "bridge/base/private_file.h"

namespace trestle::edge {
namespace {

constexpr auto kPatience = std::chrono::seconds(10);

// From the environment or systemd's credentials before a file of our own, as the daemon's adapters.
KeySource KeySourceOfEdge() {
  KeySource out{.variable = "TRESTLE_EDGE_KEY"};
  const char* folder = std::getenv("CREDENTIALS_DIRECTORY");
  if (folder != nullptr) out.credential = std::string(folder) + "/edge_key";
  return out;
}

std::string TargetOf(const ListenAt& at) {
  const bool is_v6 = at.address.find(':') != std::string::npos;
  return (is_v6 ? "[" + at.address + "]" : at.address) + ":" + std::to_string(at.port);
}

void AnswerMetrics(const Metrics& metrics, const HttpRequest& request,
                   HttpServer::Respond respond) {
  const bool is_right = request.method == "GET" && request.path == "/metrics";
  if (!is_right) return std::move(respond)({.status = 404, .body = "see /metrics\n"});
  std::move(respond)({.body = metrics.Expose(), .content_type = "text/plain; version=0.0.4"});
}

}  // namespace

Capabilities CapabilitiesOf(const Network& network) {
  Capabilities out;
  out.network = network;
  out.unit_kind = UnitKind::kBinary;
  // A frame comes whole; what it takes as SMS is known only once it is opened.
  out.chunk_bytes = kFrameBytesMax;
  out.units_max = 1;
  out.reports_delivered = true;
  out.needs_sms_consent = true;
  out.opens_messages = true;
  return out;
}

Result<std::unique_ptr<Program>> Program::Start(EdgeConfig config, std::string& failed) {
  failed = "sms";
  SmsOptions sms = SmsOptionsFrom(config.sms);
  TRESTLE_TRY(CheckSmsOptions(sms));
  std::unique_ptr<Program> program(new Program(std::move(config), std::move(sms)));
  TRESTLE_TRY(program->StartParts(failed));
  return program;
}

Program::Program(EdgeConfig config, SmsOptions sms)
    : config_(std::move(config)), sms_(std::move(sms)), loop_("edge", clock_) {}

Result<void> Program::StartParts(std::string& failed) {
  failed = "data_dir";
  TRESTLE_TRY(MakePrivateFolder(config_.data_dir));
  failed = "sms";
  auto tls = TRESTLE_TRY(sms::ClientTlsOf(sms_));
  session_ = std::make_unique<sms::SmsSession>(
      loop_, sms_, std::move(tls), clock_, random_, metrics_,
      sms::SmsSession::Events{
          [this](NativeMessage message, Done<void> kept) {
            desk_->TakeMessage(std::move(message), std::move(kept));
          },
          [this](const std::string& id, sms::MessageState state) { desk_->TakeReceipt(id, state); },
          [](const NativeAddress&, const std::optional<NativeAddress>&, const std::string&,
             ByteView) {},
          // The desk's journal has written what it was told when it returns.
          [](Done<void> kept) { std::move(kept)({}); },
          [this](Health health) { bridge_->ReportHealth(health); },
          [](std::string_view text) {
            const auto word = ParseServiceWord(text);
            return word && word->verb == ServiceVerb::kStop;
          }});
  failed = "bridge";
  bridge_ = BridgeStream::Create(
      {TargetOf(config_.server), config_.network, CapabilitiesOf(config_.network),
       std::move(config_.token), config_.ca_file},
      {loop_, clock_, metrics_},
      {[this] { desk_->Connected(); }, [this] { desk_->Disconnected(); },
       [this](const Delivery& delivery) { desk_->Deliver(delivery); },
       [this](std::int64_t number, bool is_durable, std::optional<Millis> retry_after) {
         desk_->Offered(number, is_durable, retry_after);
       }});
  failed = "data_dir";
  Desk::Options desk;
  desk.folder = config_.data_dir;
  desk.keys = KeySourceOfEdge();
  desk.service_number = sms_.service_number;
  desk.ghosts = GhostPoolOf(sms_);
  desk.text_rules.alphabet = sms_.default_alphabet;
  desk_ = TRESTLE_TRY(
      Desk::Create(std::move(desk), {loop_, clock_, random_, metrics_}, *session_, *bridge_));
  failed = "metrics";
  metrics_server_ = TRESTLE_TRY(HttpServer::Start(
      {.address = config_.metrics.address, .port = config_.metrics.port, .body_bytes_max = 1024},
      [this](const HttpRequest& request, HttpServer::Respond respond) {
        AnswerMetrics(metrics_, request, std::move(respond));
      }));
  failed = "the loop";
  return loop_.Post([this] {
    desk_->Start();
    session_->Start();
    bridge_->Start();
  });
}

Program::~Program() {
  if (metrics_server_ != nullptr) metrics_server_->Stop();
  if (bridge_ != nullptr) bridge_->Stop();
  if (session_ != nullptr) {
    auto stopped = std::make_shared<std::promise<void>>();
    std::future<void> quiet = stopped->get_future();
    const auto posted = loop_.Post(
        [this, stopped] { session_->Stop([stopped](Result<void>) { stopped->set_value(); }); });
    if (posted) static_cast<void>(quiet.wait_for(kPatience));
  }
  loop_.Stop();
}

}  // namespace trestle::edge
