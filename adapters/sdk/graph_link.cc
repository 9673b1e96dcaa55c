#include "adapters/sdk/graph_link.h"

#include <algorithm>
#include <utility>

#include "bridge/base/event_log.h"

namespace trestle {
namespace {

constexpr Millis kTendWaitMin = std::chrono::seconds(1);
constexpr Millis kTendWaitMax = std::chrono::seconds(30);
constexpr Millis kRenewalPause = std::chrono::minutes(10);
constexpr Millis kDegradedFor = std::chrono::minutes(1);
constexpr int kUsagePercentMax = 95;
constexpr Millis kUsageHold = std::chrono::seconds(30);

Attempt NotSent(Retry retry, Rule rule, std::optional<Millis> retry_after = std::nullopt,
                Trouble trouble = Trouble::kNone) {
  return {Certainty::kNotSent, retry, rule, retry_after, trouble};
}

bool IsSuccess(const Result<HttpAnswer>& answer) { return answer && answer->status == 200; }

// One webhook until its acknowledgement; gives its place back whatever happens.
class OpenWebhook {
 public:
  OpenWebhook(HttpServer::Respond respond, std::shared_ptr<std::atomic<std::size_t>> open)
      : respond_(std::move(respond)), open_(std::move(open)) {}
  OpenWebhook(OpenWebhook&&) noexcept = default;
  OpenWebhook& operator=(OpenWebhook&&) = delete;
  OpenWebhook(const OpenWebhook&) = delete;
  OpenWebhook& operator=(const OpenWebhook&) = delete;
  ~OpenWebhook() {
    if (open_ != nullptr) --*open_;
  }
  void Answer(const Result<void>& result) { std::move(respond_)({.status = result ? 200 : 500}); }

 private:
  HttpServer::Respond respond_;
  std::shared_ptr<std::atomic<std::size_t>> open_;
};

}  // namespace

Result<std::unique_ptr<GraphLink>> GraphLink::Create(Options options, Seams seams,
                                                     Handlers handlers) {
  if (options.app_secret.empty() || options.verify_token.empty()) {
    return Fail(Reason::kInvalidArgument, "the app secret or the verify token is empty");
  }
  if (options.token.empty() && options.tokens.empty()) {
    return Fail(Reason::kInvalidArgument, "there is no access token");
  }
  if (!options.webhook_path.starts_with('/')) {
    return Fail(Reason::kInvalidArgument, "the webhook path does not begin with a slash");
  }
  auto client = TRESTLE_TRY(seams.machine->NewHttpClient());
  return std::unique_ptr<GraphLink>(
      new GraphLink(std::move(options), std::move(seams), std::move(handlers), std::move(client)));
}

GraphLink::GraphLink(Options options, Seams seams, Handlers handlers,
                     std::unique_ptr<HttpClient> client)
    : options_(std::move(options)),
      seams_(std::move(seams)),
      handlers_(std::move(handlers)),
      client_(std::move(client)),
      webhooks_open_(std::make_shared<std::atomic<std::size_t>>(0)),
      identity_rates_(options_.identity_rate),
      person_rates_(options_.person_rate),
      tend_wait_(kTendWaitMin) {}

GraphLink::~GraphLink() { Stop(); }

Result<void> GraphLink::Start() {
  HttpServer::Options options;
  options.port = options_.webhook_port;
  options.body_bytes_max = options_.webhook_bytes_max;
  server_ = TRESTLE_TRY(seams_.machine->NewHttpServer(
      options, [this](HttpRequest request, HttpServer::Respond respond) {
        TakeRequest(std::move(request), std::move(respond));
      }));
  if (options_.subscription.callback_url.empty()) {
    options_.subscription.callback_url =
        "http://127.0.0.1:" + std::to_string(server_->port()) + options_.webhook_path;
  }
  if (!options_.subscribes) hearing_ = Known::kWorks;
  return seams_.loop.Post([this] {
    Tend();
    PlanRenewal();
  });
}

void GraphLink::Stop() {
  stopping_ = true;
  if (server_ != nullptr) server_->Stop();
  client_->Stop();
}

// ---- Hearing ----

void GraphLink::TakeRequest(HttpRequest request, HttpServer::Respond respond) {
  if (request.path != options_.webhook_path) return std::move(respond)({.status = 404});
  if (request.method == "GET") {
    return std::move(respond)(AnswerVerification(request, options_.verify_token));
  }
  if (request.method != "POST") return std::move(respond)({.status = 405});
  if (!HasWebhookSignature(options_.app_secret, request)) {
    Count("webhook_unsigned");
    return std::move(respond)({.status = 401});
  }
  PassOn(std::move(request.body), std::move(respond));
}

void GraphLink::PassOn(std::string body, HttpServer::Respond respond) {
  if (*webhooks_open_ >= kWebhooksOpenMax) {
    Count("webhooks_full");
    return std::move(respond)({.status = 503});
  }
  ++*webhooks_open_;
  auto open = std::make_unique<OpenWebhook>(std::move(respond), webhooks_open_);
  Done<void> acknowledge = [open = std::move(open)](Result<void> result) { open->Answer(result); };
  // A loop that takes no task drops it, and with it the acknowledgement: 500, and it comes again.
  (void)seams_.loop.Post(
      [this, text = std::move(body), acknowledge = std::move(acknowledge)]() mutable {
        handlers_.take_webhook(std::move(text), std::move(acknowledge));
      });
}

// ---- Speaking ----

void GraphLink::Post(Send send, Done<Sent> done) {
  if (const auto refusal = RefusalOf(send)) return std::move(done)(Sent{.attempt = *refusal});
  const Millis wait = WaitOf(send);
  if (wait > Millis{0}) return WaitAndPost(wait, std::move(send), std::move(done));
  PostNow(std::move(send), std::move(done));
}

std::optional<Attempt> GraphLink::RefusalOf(const Send& send) {
  if (stopping_) return NotSent(Retry::kLater, Rule::kAdapterDown);
  if (seams_.clock.wall_now() >= send.expires_at) return NotSent(Retry::kNever, Rule::kExpired);
  if (send.withdrawn && *send.withdrawn) return NotSent(Retry::kNever, Rule::kNoConsent);
  const MonoTime now = seams_.clock.mono_now();
  if (now < held_until_) {
    return NotSent(Retry::kLater, Rule::kAdapterDown, held_until_ - now, Trouble::kThrottled);
  }
  return std::nullopt;
}

Millis GraphLink::WaitOf(const Send& send) {
  const MonoTime now = seams_.clock.mono_now();
  const Millis person_wait = person_rates_.Take(PairKey(send), now);
  if (person_wait > Millis{0}) return person_wait;
  return identity_rates_.Take(send.identity, now);
}

struct GraphLink::Waiting {
  Send send;
  Done<Sent> done;
};

void GraphLink::WaitAndPost(Millis wait, Send send, Done<Sent> done) {
  if (wait > kSendWaitMax || sends_waiting_ >= kSendsWaitingMax) {
    Count("rate_refused");
    return std::move(done)(Sent{
        .attempt = NotSent(Retry::kLater, Rule::kAdapterDown, wait, Trouble::kThrottledPerson)});
  }
  auto waiting = std::make_shared<Waiting>(Waiting{std::move(send), std::move(done)});
  const auto planned = seams_.loop.PostAt(seams_.clock.mono_now() + wait, [this, waiting] {
    --sends_waiting_;
    Post(std::move(waiting->send), std::move(waiting->done));
  });
  if (planned) {
    ++sends_waiting_;
    return;
  }
  std::move(waiting->done)(
      Sent{.attempt = NotSent(Retry::kLater, Rule::kQueueFull, planned.error().retry_after)});
}

void GraphLink::PostNow(Send send, Done<Sent> done) {
  HttpCall call = GraphSendCall(options_.base, send.identity, TokenOf(send.identity),
                                options_.app_secret, std::move(send.body));
  call.timeout = options_.send_timeout;
  auto take = [this, asked = std::move(send),
               done = std::move(done)](Result<HttpAnswer> answer) mutable {
    Sent sent;
    sent.is_success = IsSuccess(answer);
    GraphVerdict verdict;
    if (sent.is_success) {
      sent.attempt = {Certainty::kSent, Retry::kNever, Rule::kNone};
      sent.body = answer->body;
    } else {
      verdict = ClassifyGraphAnswer(options_.errors, answer);
      sent.attempt = verdict.attempt;
    }
    // What the network's mood tells us may be lost when the loop is full or gone; the answer not.
    (void)seams_.loop.Post([this, asked = std::move(asked), verdict, heard = std::move(answer)] {
      TakeAnswer(asked, verdict, heard);
    });
    std::move(done)(std::move(sent));
  };
  client_->Send(std::move(call), std::move(take));
}

void GraphLink::TakeAnswer(const Send& send, const GraphVerdict& verdict,
                           const Result<HttpAnswer>& answer) {
  if (stopping_) return;
  if (IsSuccess(answer)) {
    sending_ = Known::kWorks;
  } else {
    TakeVerdict(send, verdict);
    // No connection at all: so it is for every send.
    const bool is_away = answer && answer->status == 0 && answer->certainty == Certainty::kNotSent;
    if (is_away) {
      Count("unreachable");
      sending_ = Known::kFails;
    }
  }
  if (answer && answer->status > 0) {
    if (const auto usage = ReadGraphUsage(answer->headers)) TakeUsage(*usage);
  }
  UpdateHealth();
}

void GraphLink::TakeVerdict(const Send& send, const GraphVerdict& verdict) {
  const MonoTime now = seams_.clock.mono_now();
  const MonoTime until = now + verdict.attempt.retry_after.value_or(Millis{0});
  switch (verdict.meaning) {
    case GraphClass::kRetry:
      return Count("send_failed");
    case GraphClass::kRefuse:
    case GraphClass::kRefusePerson:
      return Count("send_refused");
    case GraphClass::kBackOffPerson:
      Count("throttled_person");
      return person_rates_.Hold(PairKey(send), until);
    case GraphClass::kBackOff:
    case GraphClass::kBackOffLong:
      Count("throttled");
      degraded_until_ = std::max(degraded_until_, now + kDegradedFor);
      return identity_rates_.Hold(send.identity, until);
    case GraphClass::kStop:
      Count("stopped");
      LogEvent(Severity::kError, "graph_refuses_everything",
               {EventField("retry_after", verdict.attempt.retry_after.value_or(Millis{0}))});
      sending_ = Known::kFails;
      return HoldAll(until);
  }
}

void GraphLink::TakeUsage(const GraphUsage& usage) {
  if (usage.percent < kUsagePercentMax && !usage.regain_after) return;
  Count("usage_high");
  const MonoTime now = seams_.clock.mono_now();
  degraded_until_ = std::max(degraded_until_, now + kDegradedFor);
  HoldAll(now + usage.regain_after.value_or(kUsageHold));
}

void GraphLink::HoldAll(MonoTime until) { held_until_ = std::max(held_until_, until); }

// ---- Being well ----

// Runs whenever something does not work, at growing distances, until everything does.
void GraphLink::Tend() {
  tend_planned_ = false;
  if (stopping_) return;
  if (hearing_ != Known::kWorks) Subscribe();
  if (sending_ != Known::kWorks) Probe();
  UpdateHealth();
}

void GraphLink::PlanTend() {
  const bool is_well = sending_ == Known::kWorks && hearing_ == Known::kWorks;
  const bool is_degraded = seams_.clock.mono_now() < degraded_until_;
  if (is_well && !is_degraded) {
    tend_wait_ = kTendWaitMin;
    return;
  }
  if (tend_planned_ || stopping_) return;
  tend_planned_ =
      seams_.loop.PostAt(seams_.clock.mono_now() + tend_wait_, [this] { Tend(); }).has_value();
  tend_wait_ = std::min(tend_wait_ * 2, kTendWaitMax);
}

void GraphLink::Renew() {
  if (stopping_) return;
  Count("renewed");
  if (options_.subscribes) Subscribe();
  Probe();
}

void GraphLink::Subscribe() {
  GraphBase base = options_.base;
  if (!options_.subscriptions_url.empty()) base.url = options_.subscriptions_url;
  HttpCall call = GraphSubscriptionCall(base, options_.app_id, options_.app_secret,
                                        options_.verify_token, options_.subscription);
  client_->Send(std::move(call), [this](Result<HttpAnswer> answer) {
    (void)seams_.loop.Post([this, is_subscribed = IsSuccess(answer)] {
      hearing_ = is_subscribed ? Known::kWorks : Known::kFails;
      Count(is_subscribed ? "subscribed" : "subscription_failed");
      UpdateHealth();
    });
  });
}

// Meta drops a callback that failed for about an hour; nobody tells us.
void GraphLink::PlanRenewal() {
  if (!options_.subscribes) return;
  (void)seams_.loop.PostAt(seams_.clock.mono_now() + kRenewalPause, [this] {
    if (stopping_) return;
    Subscribe();
    PlanRenewal();
  });
}

void GraphLink::Probe() {
  const Secret& token = TokenOf(options_.probe_node);
  HttpCall call{.url = options_.base.url + "/" + options_.base.version + "/" + options_.probe_node};
  call.url += "?fields=id&appsecret_proof=" + AppSecretProof(options_.app_secret, token);
  call.headers["Authorization"] = "Bearer " + std::string(token.Reveal(Purpose::kWriteToNetwork));
  client_->Send(std::move(call), [this](Result<HttpAnswer> answer) {
    (void)seams_.loop.Post([this, heard = std::move(answer)] { TakeProbe(heard); });
  });
}

void GraphLink::TakeProbe(const Result<HttpAnswer>& answer) {
  if (!answer) return;  // our own stop
  const bool was_failing = sending_ == Known::kFails;
  const bool is_held = seams_.clock.mono_now() < held_until_;
  // After "nothing works until an operator acts", being let in is no proof that sending works.
  const bool is_proof = !(was_failing && is_held);
  sending_ = IsSuccess(answer) && is_proof ? Known::kWorks : Known::kFails;
  // A network that was away may have dropped the callback while nobody answered there.
  if (was_failing && sending_ == Known::kWorks && options_.subscribes) Subscribe();
  UpdateHealth();
}

void GraphLink::UpdateHealth() {
  if (stopping_) return;
  Health now = Health::kHealthy;
  if (seams_.clock.mono_now() < degraded_until_) now = Health::kDegraded;
  if (sending_ == Known::kUnknown || hearing_ == Known::kUnknown) now = Health::kStarting;
  if (hearing_ == Known::kFails) now = Health::kDeaf;
  if (sending_ == Known::kFails) now = Health::kDown;
  PlanTend();
  if (now == health_) return;
  health_ = now;
  LogEvent(Severity::kInfo, "graph_health", {EventField::Enum("health", HealthName(now))});
  handlers_.health_changed(now);
}

void GraphLink::Count(std::string_view event) {
  seams_.metrics.Add("trestle_adapter_events_total", options_.network + "." + std::string(event));
}

const Secret& GraphLink::TokenOf(const std::string& identity) const {
  const auto found = options_.tokens.find(identity);
  return found == options_.tokens.end() ? options_.token : found->second;
}

std::string GraphLink::PairKey(const Send& send) const { return send.identity + " " + send.person; }

}  // namespace trestle
