#include <atomic>

#include "bridge/rpc/convert.h"
#include "bridge/rpc/remote_adapter.h"
#include "bridge/rpc/services.h"
#include "bridge/rpc/stream.h"
#include "trestle/v1/adapters.grpc.pb.h"

namespace trestle {
namespace {

// One adapter process's stream.
//
//   proving ── token ok ──▶ waits for hello ── it agrees with the configuration ──▶ open ──▶ ended
class ConnectStream final : public BoundedStream<v1::ConnectRequest, v1::ConnectResponse>,
                            public RemoteSession {
 public:
  // Offers that wait to be durable; above it they are answered "busy".
  static constexpr int kOffersMax = 256;

  ConnectStream(Gate& gate, RemoteAdapters& adapters) : BoundedStream(gate), adapters_(adapters) {}

  void Admit(const Result<Caller>& caller) {
    if (!caller) return Begin(StatusFor(caller.error()));
    allowed_ = caller->adapter;
    Begin(grpc::Status::OK);
  }

  void Hand(v1::ConnectResponse message) override { Push(std::move(message)); }
  void CutOff(Error why) override { Close(StatusFor(why)); }

 private:
  void OnMessage(const v1::ConnectRequest& message) override {
    if (adapter_ == nullptr && !message.has_hello()) {
      return CutOff(Error{Reason::kInvalidArgument, "hello: must be the first message"});
    }
    switch (message.message_case()) {
      case v1::ConnectRequest::kHello:
        return OnHello(message.hello());
      case v1::ConnectRequest::kAttempt:
        return adapter_->Attempted(message.attempt());
      case v1::ConnectRequest::kOffer:
        return OnOffer(message.offer());
      case v1::ConnectRequest::kReport:
        return adapter_->Report(message.report());
      case v1::ConnectRequest::kHealth:
        return adapter_->ReportHealth(message.health().health());
      case v1::ConnectRequest::kBatch:
        return OnBatch(message.batch());
      case v1::ConnectRequest::MESSAGE_NOT_SET:
        return;  // the validator has refused it
    }
  }

  bool Fold(v1::ConnectResponse& message, v1::ConnectResponse& batch) override {
    if (message.has_deliver()) {
      batch.mutable_batch()->add_deliveries()->Swap(message.mutable_deliver());
      return true;
    }
    if (message.has_offered()) {
      batch.mutable_batch()->add_offered()->Swap(message.mutable_offered());
      return true;
    }
    return false;
  }

  void OnBatch(const v1::ConnectRequestBatch& batch) {
    for (const v1::AttemptResult& attempt : batch.attempts()) adapter_->Attempted(attempt);
    for (const v1::Offer& offer : batch.offers()) OnOffer(offer);
    for (const v1::Report& report : batch.reports()) adapter_->Report(report);
  }

  void OnHello(const v1::Hello& hello) {
    if (adapter_ != nullptr) {
      return CutOff(Error{Reason::kInvalidArgument, "hello: is said once"});
    }
    const Result<Network> network = Network::Parse(hello.network());
    if (!network) return CutOff(network.error());
    if (allowed_ != *network) {
      return CutOff(Error{Reason::kPermissionDenied, "the token is another network's"});
    }
    RemoteAdapter* adapter = adapters_.Find(*network);
    if (adapter == nullptr) {
      return CutOff(Error{Reason::kNotFound, "the network is not configured as remote"});
    }
    const Result<void> agreed = adapter->Agree(hello.capabilities());
    if (!agreed) return CutOff(agreed.error());
    BatchUpTo(hello.batch_max());
    // Said first, so that no delivery overtakes it.
    v1::ConnectResponse connected;
    connected.mutable_connected();
    Push(std::move(connected));
    adapter_ = adapter;
    const Result<void> taken = adapter->Connect(self());
    if (!taken) CutOff(taken.error());
  }

  void OnOffer(const v1::Offer& offer) {
    if (offers_.fetch_add(1) >= kOffersMax) {
      return Answer(offer.tag(), Fail(Reason::kBusy, "too many offers wait", Millis{100}));
    }
    adapter_->Offer(offer, [stream = self(), tag = offer.tag()](const Result<void>& durable) {
      stream->Answer(tag, durable);
    });
  }

  void Answer(std::uint64_t tag, const Result<void>& durable) {
    --offers_;
    v1::ConnectResponse response;
    v1::Offered& offered = *response.mutable_offered();
    offered.set_tag(tag);
    if (!durable) {
      v1::OfferFailure& failure = *offered.mutable_failure();
      failure.set_reason(std::string(ReasonName(durable.error().reason)));
      failure.set_sentence(std::string(durable.error().what.view()));
      const Millis retry = durable.error().retry_after.value_or(Millis{0});
      failure.set_retry_after_ms(static_cast<std::uint32_t>(Clamped(retry.count())));
    }
    Push(std::move(response));
  }

  void OnEnd() override {
    if (adapter_ != nullptr) adapter_->Disconnect(*this);
  }

  std::shared_ptr<ConnectStream> self() {
    return std::static_pointer_cast<ConnectStream>(shared_from_this());
  }

  RemoteAdapters& adapters_;
  std::optional<Network> allowed_;
  RemoteAdapter* adapter_ = nullptr;  // set by hello; reactions only
  std::atomic<int> offers_ = 0;
};

class AdapterHostService final : public v1::AdapterHost::CallbackService {
 public:
  AdapterHostService(Gate& gate, RemoteAdapters& adapters) : gate_(gate), adapters_(adapters) {}

  grpc::ServerBidiReactor<v1::ConnectRequest, v1::ConnectResponse>* Connect(
      grpc::CallbackServerContext* context) override {
    const auto stream = std::make_shared<ConnectStream>(gate_, adapters_);
    stream->Hold();
    gate_.Admit(*context, *v1::ConnectRequest::descriptor(),
                [stream](Result<Caller> caller) { stream->Admit(caller); });
    return stream.get();
  }

 private:
  Gate& gate_;
  RemoteAdapters& adapters_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeAdapterHostService(Gate& gate, RemoteAdapters& adapters) {
  return std::make_unique<AdapterHostService>(gate, adapters);
}

}  // namespace trestle
