#include "edge/bridge_stream.h"

#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <fstream>
#include <iterator>
#include <mutex>

#include "bridge/base/event_log.h"
#include "trestle/v1/adapters.grpc.pb.h"

namespace trestle::edge {
namespace {

constexpr int kMessageBytesMax = 1024 * 1024 + 64 * 1024;  // a frame and what stands around it

template <class Tag>
std::string OctetsOf(const Id<Tag>& id) {
  return std::string(AsText(id.bytes()));
}

Result<ThreadRef> ThreadOf(const v1::Thread& thread) {
  if (thread.has_link_id()) {
    return ThreadRef(TRESTLE_TRY(LinkId::FromBytes(AsBytes(thread.link_id()))));
  }
  return ThreadRef(TRESTLE_TRY(EnrolmentId::FromBytes(AsBytes(thread.enrolment_id()))));
}

v1::Capabilities ProtoOf(const Capabilities& capabilities) {
  v1::Capabilities out;
  out.set_unit_kind(capabilities.unit_kind == UnitKind::kText ? v1::UNIT_KIND_TEXT
                                                              : v1::UNIT_KIND_BINARY);
  out.set_chunk_bytes(static_cast<std::uint32_t>(capabilities.chunk_bytes));
  out.set_units_max(static_cast<std::uint32_t>(capabilities.units_max));
  out.set_takes_idempotency_keys(capabilities.takes_idempotency_keys);
  out.set_reports_delivered(capabilities.reports_delivered);
  out.set_reports_read(capabilities.reports_read);
  out.set_needs_sms_consent(capabilities.needs_sms_consent);
  out.set_opens_messages(capabilities.opens_messages);
  return out;
}

Result<Delivery> DeliveryOf(const v1::Deliver& message) {
  Delivery out;
  out.id = TRESTLE_TRY(DeliveryId::FromBytes(AsBytes(message.delivery_id())));
  out.to = TRESTLE_TRY(ThreadOf(message.to()));
  if (message.has_frame()) {
    out.body = TRESTLE_TRY(DecodeFrame(AsBytes(message.frame())));
  } else {
    out.body = ServiceReply{message.service_text()};
  }
  if (!message.offers_link().empty()) {
    out.offers_link = TRESTLE_TRY(LinkId::FromBytes(AsBytes(message.offers_link())));
  }
  out.expires_at =
      WallTime{message.expires_at().seconds() * 1000 + message.expires_at().nanos() / 1'000'000};
  return out;
}

// A file that cannot be read trusts nobody: no connection comes about, and the log says so.
std::shared_ptr<grpc::ChannelCredentials> CredentialsFor(const std::string& ca_file) {
  if (ca_file.empty()) return grpc::InsecureChannelCredentials();
  std::ifstream file(ca_file, std::ios::binary);
  grpc::SslCredentialsOptions options;
  options.pem_root_certs.assign(std::istreambuf_iterator<char>(file), {});
  if (options.pem_root_certs.empty()) options.pem_root_certs = "none";
  return grpc::SslCredentials(options);
}

// One connection. Lives until gRPC is done with it; tells its owner through two callbacks, which
// run on gRPC's threads.
class Connection final : public grpc::ClientBidiReactor<v1::ConnectRequest, v1::ConnectResponse> {
 public:
  struct Events {
    std::function<void(v1::ConnectResponse)> heard;
    std::function<void(const grpc::Status&)> ended;
  };
  Connection(v1::AdapterHost::Stub& stub, const std::string& token, Events events)
      : events_(std::move(events)) {
    context_.AddMetadata("authorization", "Bearer " + token);
    stub.async()->Connect(&context_, this);
  }

  void Begin(std::shared_ptr<Connection> self) {
    self_ = std::move(self);
    StartRead(&incoming_);
    StartCall();
  }
  void Say(v1::ConnectRequest message) {
    const std::lock_guard lock(mutex_);
    if (is_ended_) return;
    queue_.push_back(std::move(message));
    if (queue_.size() == 1) StartWrite(&queue_.front());
  }
  void Cut() { context_.TryCancel(); }

 private:
  void OnReadDone(bool ok) override {
    if (!ok) return;
    events_.heard(incoming_);
    StartRead(&incoming_);
  }
  void OnWriteDone(bool ok) override {
    const std::lock_guard lock(mutex_);
    is_ended_ = is_ended_ || !ok;
    queue_.pop_front();
    if (!is_ended_ && !queue_.empty()) StartWrite(&queue_.front());
  }
  void OnDone(const grpc::Status& status) override {
    const std::shared_ptr<Connection> self = std::move(self_);  // to the end of this call
    events_.ended(status);
  }

  const Events events_;
  std::shared_ptr<Connection> self_;  // until gRPC is done with it
  grpc::ClientContext context_;
  v1::ConnectResponse incoming_;
  std::mutex mutex_;
  std::deque<v1::ConnectRequest> queue_;  // as many as the desk's own bounds allow
  bool is_ended_ = false;
};

class GrpcBridgeStream final : public BridgeStream {
 public:
  GrpcBridgeStream(Options options, Seams seams, Listener listener)
      : options_(std::move(options)), seams_(seams), listener_(std::move(listener)) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);  // the token goes to the bridge alone
    arguments.SetMaxReceiveMessageSize(kMessageBytesMax);
    stub_ = v1::AdapterHost::NewStub(
        grpc::CreateCustomChannel(options_.server, CredentialsFor(options_.ca_file), arguments));
  }

  void Start() override { Connect(); }
  void Stop() override;
  void ReportHealth(Health health) override {
    health_ = health;
    if (is_agreed_) SayHealth();
  }

  void Offer(const KeptOffer& offer) override;
  void Answer(const DeliveryId& delivery, const Attempt& attempt) override;
  void Report(const DeliveryReport& report) override;

 private:
  void Connect();
  void Hear(std::uint64_t serial, const v1::ConnectResponse& message);
  void Ended(std::uint64_t serial, const std::string& why);
  void TakeDelivery(const v1::Deliver& message);
  void SayHealth();
  void Say(v1::ConnectRequest message);
  template <class Run>
  void PostToLoop(Run run) {
    // A loop that takes nothing more is stopping, and so is this.
    static_cast<void>(seams_.loop.Post(std::move(run)));
  }

  const Options options_;
  const Seams seams_;
  const Listener listener_;
  std::unique_ptr<v1::AdapterHost::Stub> stub_;
  // On the loop, but for Stop.
  std::mutex mutex_;
  std::condition_variable gone_;
  std::shared_ptr<Connection> connection_;
  bool stopping_ = false;
  bool is_done_ = true;  // gRPC has no connection of ours
  std::uint64_t serial_ = 0;
  bool is_agreed_ = false;
  int failures_ = 0;
  Health health_ = Health::kStarting;
};

void GrpcBridgeStream::Connect() {
  const std::lock_guard lock(mutex_);
  if (stopping_) return;
  const std::uint64_t serial = ++serial_;
  is_done_ = false;
  connection_ = std::make_shared<Connection>(
      *stub_, std::string(options_.token.Reveal(Purpose::kAuthenticate)),
      Connection::Events{
          [this, serial](v1::ConnectResponse message) {
            PostToLoop([this, serial, message = std::move(message)] { Hear(serial, message); });
          },
          [this, serial](const grpc::Status& status) {
            PostToLoop([this, serial, why = status.error_message()] { Ended(serial, why); });
            const std::lock_guard inner(mutex_);
            is_done_ = true;
            gone_.notify_all();
          }});
  v1::ConnectRequest hello;
  hello.mutable_hello()->set_network(options_.network.name());
  *hello.mutable_hello()->mutable_capabilities() = ProtoOf(options_.capabilities);
  connection_->Begin(connection_);
  connection_->Say(std::move(hello));
}

void GrpcBridgeStream::Hear(std::uint64_t serial, const v1::ConnectResponse& message) {
  if (serial != serial_) return;
  switch (message.message_case()) {
    case v1::ConnectResponse::kConnected:
      is_agreed_ = true;
      failures_ = 0;
      seams_.metrics.Set("trestle_edge_connected", "", 1);
      LogEvent(Severity::kInfo, "bridge_connected", {});
      SayHealth();
      return listener_.on_connected();
    case v1::ConnectResponse::kDeliver:
      return TakeDelivery(message.deliver());
    case v1::ConnectResponse::kOffered: {
      const v1::Offered& offered = message.offered();
      std::optional<Millis> retry;
      if (offered.failure().retry_after_ms() != 0) {
        retry = Millis{offered.failure().retry_after_ms()};
      }
      return listener_.on_offered(static_cast<std::int64_t>(offered.tag()), !offered.has_failure(),
                                  retry);
    }
    case v1::ConnectResponse::kBatch:  // was not asked for
    case v1::ConnectResponse::MESSAGE_NOT_SET:
      return;
  }
}

void GrpcBridgeStream::TakeDelivery(const v1::Deliver& message) {
  Result<Delivery> delivery = DeliveryOf(message);
  if (delivery) return listener_.on_delivery(*std::move(delivery));
  seams_.metrics.Add("trestle_edge_events_total", "delivery_malformed");
  const auto id = DeliveryId::FromBytes(AsBytes(message.delivery_id()));
  if (id) Answer(*id, {.retry = Retry::kNever, .rule = Rule::kMalformed});
}

void GrpcBridgeStream::Ended(std::uint64_t serial, const std::string& why) {
  {
    const std::lock_guard lock(mutex_);
    if (serial != serial_ || connection_ == nullptr) return;
    connection_.reset();
    if (stopping_) return;
  }
  is_agreed_ = false;
  seams_.metrics.Set("trestle_edge_connected", "", 0);
  seams_.metrics.Add("trestle_edge_events_total", "bridge_lost");
  // The bridge's own sentence: made of literals.
  LogEvent(Severity::kWarning, "bridge_lost",
           {EventField("sentence_bytes", static_cast<std::uint64_t>(why.size()))});
  listener_.on_disconnected();
  const int doublings = std::min(failures_++, 16);
  const Millis wait = std::min(kReconnectMin * (std::int64_t{1} << doublings), kReconnectMax);
  const auto planned = seams_.loop.PostAt(seams_.clock.mono_now() + wait, [this] { Connect(); });
  if (!planned) seams_.metrics.Add("trestle_impossible_total", "edge_reconnect_not_planned");
}

void GrpcBridgeStream::Stop() {
  std::unique_lock lock(mutex_);
  stopping_ = true;
  if (connection_ != nullptr) connection_->Cut();
  gone_.wait(lock, [this] { return is_done_; });
}

void GrpcBridgeStream::Say(v1::ConnectRequest message) {
  const std::lock_guard lock(mutex_);
  if (connection_ != nullptr && is_agreed_) connection_->Say(std::move(message));
}

void GrpcBridgeStream::SayHealth() {
  v1::ConnectRequest out;
  // The API counts from UNSPECIFIED.
  out.mutable_health()->set_health(static_cast<v1::Health>(static_cast<int>(health_) + 1));
  Say(std::move(out));
}

void GrpcBridgeStream::Offer(const KeptOffer& offer) {
  v1::ConnectRequest message;
  v1::Offer& out = *message.mutable_offer();
  out.set_tag(static_cast<std::uint64_t>(offer.number));
  out.set_key(std::string(AsText(offer.key)));
  if (const auto* link = std::get_if<LinkId>(&offer.from)) {
    out.mutable_from()->set_link_id(OctetsOf(*link));
  } else {
    out.mutable_from()->set_enrolment_id(OctetsOf(std::get<EnrolmentId>(offer.from)));
  }
  if (const auto* frame = std::get_if<Bytes>(&offer.body)) {
    out.set_frame(std::string(AsText(*frame)));
  } else {
    out.set_service_word(std::get<std::string>(offer.body));
  }
  Say(std::move(message));
}

void GrpcBridgeStream::Answer(const DeliveryId& delivery, const Attempt& attempt) {
  v1::ConnectRequest message;
  v1::AttemptResult& out = *message.mutable_attempt();
  out.set_delivery_id(OctetsOf(delivery));
  out.set_certainty(static_cast<v1::Certainty>(static_cast<int>(attempt.certainty) + 1));
  out.set_permanent(attempt.retry == Retry::kNever && attempt.certainty != Certainty::kSent);
  out.set_rule(static_cast<v1::Rule>(attempt.rule));
  if (attempt.retry_after) {
    constexpr std::int64_t kMost = 86'400'000;
    out.set_retry_after_ms(static_cast<std::uint32_t>(
        std::clamp<std::int64_t>(attempt.retry_after->count(), 0, kMost)));
  }
  Say(std::move(message));
}

void GrpcBridgeStream::Report(const DeliveryReport& report) {
  v1::ConnectRequest message;
  v1::Report& out = *message.mutable_report();
  out.set_delivery_id(OctetsOf(report.id));
  out.set_level(static_cast<v1::ReceiptLevel>(report.level));
  out.set_rule(static_cast<v1::Rule>(report.rule));
  Say(std::move(message));
}

}  // namespace

std::unique_ptr<BridgeStream> BridgeStream::Create(Options options, Seams seams,
                                                   Listener listener) {
  return std::make_unique<GrpcBridgeStream>(std::move(options), seams, std::move(listener));
}

}  // namespace trestle::edge
