#include <algorithm>
#include <deque>

#include "bridge/envelope/mls_framing.h"
#include "bridge/rpc/convert.h"
#include "bridge/rpc/sentences.h"
#include "bridge/rpc/services.h"
#include "bridge/rpc/status_map.h"
#include "trestle/v1/routing.grpc.pb.h"

namespace trestle {
namespace {

constexpr int kCandidatesMax = 32;  // routing.proto: ExplainResponse.candidates
constexpr int kRoutesMax = 2048;    // routing.proto: ListRoutesResponse.routes

// What an application message adds around its ciphertext: MLS framing and our AAD at its longest
// (reference profile: 63 and 124 octets), and the frame's own header.
std::size_t FrameBytesFor(std::size_t ciphertext_bytes) {
  static const std::size_t kFraming = 63 + 124;
  return EncodeFrame(EnvelopeFrame{.payload = Bytes(ciphertext_bytes + kFraming)}).size();
}

Result<std::vector<Network>> NetworksOf(
    const google::protobuf::RepeatedPtrField<std::string>& names) {
  std::vector<Network> networks;
  for (const std::string& name : names) networks.push_back(TRESTLE_TRY(Network::Parse(name)));
  return networks;
}

Result<ExplainQuestion> QuestionOf(const Caller& caller, const v1::ExplainRequest& request) {
  ExplainQuestion question;
  question.account = caller.account;
  if (request.has_link_id()) question.sender_link = IdOf<LinkId>(request.link_id());
  if (request.has_alias()) question.alias = request.alias();
  const std::size_t ciphertext_bytes =
      request.ciphertext_bytes() == 0 ? 256 : request.ciphertext_bytes();
  if (!IsBucket(ciphertext_bytes)) {
    return Fail(Reason::kInvalidArgument, "ciphertext_bytes: must be 256 * 2^k, k = 0 to 8");
  }
  question.frame_bytes = FrameBytesFor(ciphertext_bytes);
  const v1::WhatIf& what_if = request.what_if();
  question.networks_down = TRESTLE_TRY(NetworksOf(what_if.networks_down()));
  question.networks_draining = TRESTLE_TRY(NetworksOf(what_if.networks_draining()));
  if (what_if.has_sms_allowed()) question.sms_allowed = what_if.sms_allowed();
  if (!what_if.region().empty() || !what_if.country().empty()) {
    question.place = StorePlace{"what-if", what_if.region(), what_if.country()};
  }
  if (!what_if.only_network().empty()) {
    question.only_network = TRESTLE_TRY(Network::Parse(what_if.only_network()));
  }
  return question;
}

void FillCandidate(const RouteDecision& decision, std::size_t index, v1::ExplainResponse& out) {
  if (out.candidates_size() == kCandidatesMax) return;
  const CandidateVerdict& verdict = decision.candidates[index];
  v1::Candidate& candidate = *out.add_candidates();
  candidate.set_network(verdict.network.name());
  candidate.set_chosen(decision.chosen == index);
  candidate.set_rule(ProtoOf(verdict.rule));
  candidate.set_measured(Clamped(verdict.measured));
  candidate.set_limit(Clamped(verdict.limit));
  candidate.set_sentence(SentenceFor(verdict, decision));
  candidate.set_units(static_cast<std::uint32_t>(Clamped(verdict.units)));
  candidate.set_price_micros(static_cast<std::uint32_t>(Clamped(verdict.price_micros)));
  candidate.set_currency(verdict.currency);
  candidate.set_down_ms(static_cast<std::uint32_t>(Clamped(verdict.down_for.count())));
}

void Fill(const RouteDecision& decision, std::size_t frame_bytes, v1::ExplainResponse& out) {
  out.set_summary(SummaryOf(decision));
  out.set_assurance(ProtoOf(decision.assurance));
  out.set_frame_bytes(static_cast<std::uint32_t>(frame_bytes));
  out.set_fallback_after_ms(static_cast<std::uint32_t>(Clamped(decision.fallback_after.count())));
  if (decision.store) {
    v1::Store& store = *out.mutable_store();
    store.set_name(decision.place.name);
    store.set_region(decision.place.region);
    store.set_country(decision.place.country);
  }
  if (decision.chosen) {
    out.set_chosen_network(decision.candidates[*decision.chosen].network.name());
    FillCandidate(decision, *decision.chosen, out);
  } else {
    *out.mutable_refusal() = RefusalOf(decision.rule);
  }
  if (decision.waits_for) {
    out.set_waits_for_network(decision.candidates[*decision.waits_for].network.name());
  }
  for (std::size_t i = 0; i < decision.candidates.size(); ++i) {
    if (decision.chosen != i) FillCandidate(decision, i, out);
  }
}

v1::Route RouteOf(const RouteView& view) {
  v1::Route out;
  out.set_link_id(OctetsOf(view.own_link));
  out.set_label(view.label);
  out.set_assurance(ProtoOf(view.decision.assurance));
  if (view.decision.chosen) {
    out.set_network(view.decision.candidates[*view.decision.chosen].network.name());
  } else {
    *out.mutable_refusal() = RefusalOf(view.decision.rule);
  }
  return out;
}

// Writes a watcher's events one after another. The watcher bounds what waits; this holds one batch
// of it at most. Destroyed by OnDone alone; the wake that outlives it finds it gone.
class WatchStream final : public grpc::ServerWriteReactor<v1::WatchResponse>,
                          public std::enable_shared_from_this<WatchStream> {
 public:
  explicit WatchStream(Gate& gate) : gate_(gate) {}

  void Begin(Core& core, Result<Caller> caller) {
    if (!caller) return Close(StatusFor(caller.error()));
    Result<std::shared_ptr<Watcher>> watcher =
        core.Watch(caller->account, [weak = weak_from_this()] {
          if (const auto self = weak.lock()) self->Next();
        });
    if (!watcher) return Close(StatusFor(watcher.error()));
    {
      const std::lock_guard lock(mutex_);
      watcher_ = *std::move(watcher);
    }
    Next();
  }

  void Hold() { self_ = shared_from_this(); }

 private:
  void Next() {
    {
      const std::lock_guard lock(mutex_);
      if (writing_ || closing_ || watcher_ == nullptr) return;
      if (batch_.events.empty()) batch_ = watcher_->Take();
      if (batch_.events.empty()) return;
      out_ = EventOf(batch_.events.front());
      out_.set_lost(static_cast<std::uint32_t>(Clamped(static_cast<std::int64_t>(batch_.dropped))));
      batch_.dropped = 0;
      batch_.events.erase(batch_.events.begin());
      writing_ = true;
    }
    StartWrite(&out_);
  }

  void Close(grpc::Status status) {
    {
      const std::lock_guard lock(mutex_);
      if (closing_) return;
      closing_ = true;
      watcher_.reset();
      status_ = std::move(status);
      if (writing_) return;
    }
    Finish(status_);
  }

  void OnWriteDone(bool ok) override {
    bool finish = false;
    {
      const std::lock_guard lock(mutex_);
      writing_ = false;
      finish = closing_;
    }
    if (finish) return Finish(status_);
    ok ? Next() : Close(grpc::Status(grpc::StatusCode::CANCELLED, "the watcher is gone"));
  }

  void OnCancel() override {
    Close(grpc::Status(grpc::StatusCode::CANCELLED, "the watcher went away"));
  }

  void OnDone() override {
    gate_.Count(status_);
    self_.reset();
  }

  Gate& gate_;
  std::mutex mutex_;
  std::shared_ptr<Watcher> watcher_;
  Watcher::Batch batch_;
  v1::WatchResponse out_;
  bool writing_ = false;
  bool closing_ = false;
  grpc::Status status_;
  std::shared_ptr<WatchStream> self_;
};

class RoutingService final : public v1::Routing::CallbackService {
 public:
  RoutingService(Gate& gate, Core& core) : gate_(gate), core_(core) {}

  grpc::ServerUnaryReactor* Explain(grpc::CallbackServerContext* context,
                                    const v1::ExplainRequest* request,
                                    v1::ExplainResponse* response) override {
    return gate_.Unary(
        context, *request, [this, request, response](const Caller& caller, Done<void> finish) {
          Result<ExplainQuestion> question = QuestionOf(caller, *request);
          if (!question) return std::move(finish)(tl::unexpected(question.error()));
          const std::size_t frame_bytes = question->frame_bytes;
          core_.Explain(*std::move(question),
                        Answer<RouteDecision>(std::move(finish),
                                              [response, frame_bytes](RouteDecision decision) {
                                                Fill(decision, frame_bytes, *response);
                                              }));
        });
  }

  grpc::ServerUnaryReactor* ListRoutes(grpc::CallbackServerContext* context,
                                       const v1::ListRoutesRequest* request,
                                       v1::ListRoutesResponse* response) override {
    return gate_.Unary(
        context, *request, [this, response](const Caller& caller, Done<void> finish) {
          core_.ListRoutes(*caller.account,
                           Answer<std::vector<RouteView>>(
                               std::move(finish), [response](std::vector<RouteView> routes) {
                                 for (const RouteView& route : routes) {
                                   if (response->routes_size() == kRoutesMax) break;
                                   *response->add_routes() = RouteOf(route);
                                 }
                               }));
        });
  }

  grpc::ServerWriteReactor<v1::WatchResponse>* Watch(grpc::CallbackServerContext* context,
                                                     const v1::WatchRequest* request) override {
    const auto stream = std::make_shared<WatchStream>(gate_);
    stream->Hold();
    gate_.Admit(*context, *request->GetDescriptor(),
                [this, stream](Result<Caller> caller) { stream->Begin(core_, std::move(caller)); });
    return stream.get();
  }

 private:
  Gate& gate_;
  Core& core_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeRoutingService(Gate& gate, Core& core) {
  return std::make_unique<RoutingService>(gate, core);
}

}  // namespace trestle
