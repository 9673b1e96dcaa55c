#include "tests/sim/http_net.h"

#include <charconv>

#include "adapters/sdk/http_target.h"

namespace trestle::world {
namespace {

constexpr std::uint64_t kTag = 3;
constexpr Millis kOvertakenBy{3000};
constexpr std::string_view kHere = "http://127.0.0.1:";
constexpr int kBadGateway = 502;

struct Url {
  std::uint16_t port = 0;
  HttpTarget target;
};

// Everything else is refused by the real client before it is sent.
Url ParseUrl(std::string_view url) {
  TRESTLE_CHECK(url.starts_with(kHere));
  url.remove_prefix(kHere.size());
  Url out;
  const auto [end, error] = std::from_chars(url.data(), url.data() + url.size(), out.port);
  TRESTLE_CHECK(error == std::errc());
  auto target = ParseHttpTarget(url.substr(static_cast<std::size_t>(end - url.data())));
  TRESTLE_CHECK(target.has_value());
  out.target = *std::move(target);
  return out;
}

HttpRequest RequestOf(const HttpCall& call, HttpTarget target) {
  HttpRequest out{call.method, std::move(target.path), std::move(target.query), {}, call.body};
  for (const auto& [name, value] : call.headers) {
    std::string lower = name;
    for (char& sign : lower) {
      if (sign >= 'A' && sign <= 'Z') sign = static_cast<char>(sign - 'A' + 'a');
    }
    out.headers[lower] = value;
  }
  return out;
}

HttpAnswer Unanswered(Certainty certainty) { return HttpAnswer{.certainty = certainty}; }

}  // namespace

class HttpNet::Client final : public HttpClient {
 public:
  Client(HttpNet& net, std::shared_ptr<Life> life) : net_(net), life_(std::move(life)) {}
  ~Client() override { Stop(); }

  void Send(HttpCall call, Done<HttpAnswer> done) override {
    auto exchange = std::make_shared<Exchange>();
    exchange->call = std::move(call);
    exchange->done = std::move(done);
    exchange->life = life_;
    exchange->ended = ended_;
    exchange->handing = {net_.queue_.wall_now(), net_.queue_.mono_now()};
    net_.Send(exchange);
  }
  // A program here ends by death alone: nobody is left to be answered.
  void Stop() override { *ended_ = true; }

 private:
  HttpNet& net_;
  const std::shared_ptr<Life> life_;
  const std::shared_ptr<bool> ended_ = std::make_shared<bool>(false);
};

class HttpNet::Server final : public HttpServer {
 public:
  Server(HttpNet& net, std::uint16_t port, std::shared_ptr<Listener> listener)
      : net_(net), port_(port), listener_(std::move(listener)) {
    net_.listeners_[port_] = listener_;
  }
  ~Server() override { Stop(); }

  std::uint16_t port() const override { return port_; }
  void Stop() override {
    const auto found = net_.listeners_.find(port_);
    if (found != net_.listeners_.end() && found->second == listener_) {
      net_.listeners_.erase(found);
    }
  }

 private:
  HttpNet& net_;
  const std::uint16_t port_;
  const std::shared_ptr<Listener> listener_;
};

// Dropped unused it answers 500, as the real server does.
class HttpNet::Answering {
 public:
  Answering(HttpNet& net, ExchangePtr exchange, std::shared_ptr<Life> life)
      : net_(net), exchange_(std::move(exchange)), life_(std::move(life)) {}
  Answering(Answering&&) noexcept = default;
  Answering& operator=(Answering&&) = delete;
  Answering(const Answering&) = delete;
  Answering& operator=(const Answering&) = delete;
  ~Answering() {
    if (exchange_ != nullptr) Answer({.status = 500});
  }
  void Answer(HttpResponse response) {
    const ExchangePtr exchange = std::exchange(exchange_, nullptr);
    if (!life_->dead) net_.Answer(exchange, std::move(response));
  }

 private:
  HttpNet& net_;
  ExchangePtr exchange_;
  std::shared_ptr<Life> life_;
};

class HttpNet::Hardware final : public Machine {
 public:
  Hardware(HttpNet& net, std::shared_ptr<Life> life, std::shared_ptr<Loop> loop)
      : net_(net), life_(std::move(life)), loop_(std::move(loop)) {}

  std::shared_ptr<Loop> NewLoop(const std::string&, const Clock&) override { return loop_; }
  Result<std::unique_ptr<HttpClient>> NewHttpClient() override {
    return std::make_unique<Client>(net_, life_);
  }
  Result<std::unique_ptr<HttpServer>> NewHttpServer(HttpServer::Options options,
                                                    HttpServer::Handler handler) override {
    const auto taken = net_.listeners_.find(options.port);
    if (taken != net_.listeners_.end() && !taken->second->life->dead) {
      return Fail(Reason::kUnavailable, "the port is taken");
    }
    return std::make_unique<Server>(net_, options.port,
                                    std::make_shared<Listener>(life_, std::move(handler)));
  }

 private:
  HttpNet& net_;
  const std::shared_ptr<Life> life_;
  const std::shared_ptr<Loop> loop_;
};

std::shared_ptr<Machine> HttpNet::NewMachine(std::shared_ptr<Life> life,
                                             std::shared_ptr<Loop> loop) {
  return std::make_shared<Hardware>(*this, std::move(life), std::move(loop));
}

void HttpNet::Send(const ExchangePtr& exchange) {
  if (weather_.is_down()) return FinishLater(exchange, Unanswered(Certainty::kNotSent));
  queue_.After(exchange->call.timeout, kTag,
               [this, exchange] { Finish(exchange, Unanswered(Certainty::kMaybeSent)); });
  if (weather_.is_half_open() || chaos_.Hit(Fault::kRequestLost)) return;
  Millis way = weather_.Latency();
  if (chaos_.Hit(Fault::kReorder)) way += kOvertakenBy;
  queue_.After(way, kTag, [this, exchange] { Arrive(exchange); });
}

void HttpNet::Arrive(const ExchangePtr& exchange) {
  Url url = ParseUrl(exchange->call.url);
  const auto found = listeners_.find(url.port);
  const bool is_there = found != listeners_.end() && !found->second->life->dead;
  if (!is_there) return FinishLater(exchange, Unanswered(Certainty::kNotSent));
  const std::shared_ptr<Listener> listener = found->second;
  handing_ = &exchange->handing;
  auto answering = std::make_unique<Answering>(*this, exchange, listener->life);
  listener->handler(RequestOf(exchange->call, std::move(url.target)),
                    [answering = std::move(answering)](HttpResponse response) {
                      answering->Answer(std::move(response));
                    });
  handing_ = nullptr;
}

void HttpNet::Answer(const ExchangePtr& exchange, HttpResponse response) {
  if (queue_.is_traced() && response.status != 200) {
    queue_.Trace("  answered with " + std::to_string(response.status) + " " + response.body);
  }
  if (weather_.is_half_open()) return;
  const bool is_lost = chaos_.Hit(Fault::kAnswerLost);
  if (is_lost && random_.Percent(50)) return;  // silence; else the connection breaks
  if (is_lost || response.status == 0) {
    return FinishLater(exchange, Unanswered(Certainty::kMaybeSent));
  }
  HttpAnswer answer{response.status, {}, std::move(response.body), Certainty::kSent};
  for (auto& [name, value] : response.headers) answer.headers[name] = std::move(value);
  if (chaos_.Hit(Fault::kPartialPage)) {
    exchange->handing.ids.clear();
    Garble(answer);
  }
  FinishLater(exchange, std::move(answer));
}

// A page that is cut, a proxy's own page, or a gateway that has lost patience.
void HttpNet::Garble(HttpAnswer& answer) {
  switch (random_.Below(3)) {
    case 0:
      return answer.body.resize(answer.body.size() / 2);
    case 1:
      answer.body = "<html>Welcome to our hotel</html>";
      return;
    default:
      answer = {kBadGateway, {}, "<html>Bad gateway</html>", Certainty::kSent};
  }
}

void HttpNet::FinishLater(const ExchangePtr& exchange, HttpAnswer answer) {
  queue_.After(weather_.Latency(), kTag,
               [this, exchange, answer = std::move(answer)] { Finish(exchange, answer); });
}

void HttpNet::Finish(const ExchangePtr& exchange, HttpAnswer answer) {
  if (!exchange->done || exchange->life->dead || *exchange->ended) return;
  if (answer.status == 200) {
    for (const std::string& id : exchange->handing.ids) answered_(id);
  }
  std::exchange(exchange->done, nullptr)(std::move(answer));
}

}  // namespace trestle::world
