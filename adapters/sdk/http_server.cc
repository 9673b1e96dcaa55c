// Boost.Beast ends in this file. Everything but a Respond and Stop runs on the server's one thread.
//
//   accepted ─▶ reading ─▶ answering (the handler has it) ─▶ writing ─▶ reading …
//      │           │ bad or too large         │ status 0       │ last answer
//      ▼           ▼                          ▼                ▼
//   refusing ─▶ writing ──────────────────▶ closed ◀──── lingering (reads and drops, 2 s)
#include "adapters/sdk/http_server.h"

#include <pthread.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <thread>
#include <unordered_set>

#include "adapters/sdk/http_target.h"
#include "bridge/base/event_log.h"

namespace trestle {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;
using tcp = asio::ip::tcp;

constexpr std::size_t kHeaderBytesMax = 16 * 1024;
constexpr std::size_t kReadBufferBytesMax = 80 * 1024;  // a header and one read beyond it
constexpr std::size_t kRefusedConnectionsMax = 64;      // being told 503; more are only closed
constexpr auto kIdleMax = std::chrono::seconds(60);
constexpr auto kLingerMax = std::chrono::seconds(2);
constexpr auto kAcceptPause = std::chrono::milliseconds(100);

class Session;

// What sessions, late answers and the server share. An answer that comes after Stop still finds it.
struct Core : std::enable_shared_from_this<Core> {
  asio::io_context io{1};
  HttpServer::Options options;
  HttpServer::Handler handler;
  std::atomic<bool> stopped = false;
  // On the server's thread only:
  std::unordered_set<std::shared_ptr<Session>> sessions;
  std::size_t refused_used = 0;
};

class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(Core* core, tcp::socket socket) : core_(core), stream_(std::move(socket)) {}

  void Read();
  void Refuse();  // the server is full
  void Answer(std::uint64_t turn, HttpResponse response);
  void Close();
  bool is_refused() const { return is_refused_; }

 private:
  void OnHeader(error_code error);
  void ReadBody();
  void OnRequest(error_code error);
  void OnReadError(error_code error);
  void Write(HttpResponse response, bool is_last);
  void Linger();
  void Drain();
  void End();

  Core* const core_;  // outlives: it owns the sessions
  beast::tcp_stream stream_;
  beast::flat_buffer buffer_{kReadBufferBytesMax};
  std::optional<http::request_parser<http::string_body>> parser_;
  std::optional<http::response<http::string_body>> response_;
  std::string interim_;
  std::array<char, 8192> dropped_{};
  std::uint64_t turn_ = 0;  // counts requests, so that an answer finds its own only
  bool is_answering_ = false;
  bool is_head_ = false;
  bool keeps_alive_ = false;
  bool is_refused_ = false;
};

// The one chance to answer. Dropped unused, it answers 500.
class Responder {
 public:
  Responder(std::shared_ptr<Core> core, std::weak_ptr<Session> session, std::uint64_t turn)
      : core_(std::move(core)), session_(std::move(session)), turn_(turn) {}
  Responder(Responder&&) noexcept = default;
  Responder& operator=(Responder&&) = delete;
  Responder(const Responder&) = delete;
  Responder& operator=(const Responder&) = delete;
  ~Responder() {
    if (core_ != nullptr) Post({.status = 500, .body = ""});
  }

  void operator()(HttpResponse response) && { Post(std::move(response)); }

 private:
  void Post(HttpResponse response) {
    const std::shared_ptr<Core> core = std::exchange(core_, nullptr);
    if (core == nullptr || core->stopped) return;
    asio::post(core->io,
               [session = session_, turn = turn_, answer = std::move(response)]() mutable {
                 if (const auto alive = session.lock()) alive->Answer(turn, std::move(answer));
               });
  }

  std::shared_ptr<Core> core_;  // null once used or moved from
  std::weak_ptr<Session> session_;
  std::uint64_t turn_;
};

HttpResponse PlainAnswer(int status, std::string text) {
  return {.status = status, .body = std::move(text), .content_type = "text/plain"};
}

bool IsHeaderSafe(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) == text.npos;
}

std::string LowerCase(std::string_view text) {
  std::string out(text);
  for (char& sign : out) {
    if (sign >= 'A' && sign <= 'Z') sign = static_cast<char>(sign - 'A' + 'a');
  }
  return out;
}

std::string_view View(beast::string_view text) { return {text.data(), text.size()}; }

Result<HttpRequest> RequestOf(http::request<http::string_body> message) {
  HttpTarget target = TRESTLE_TRY(ParseHttpTarget(View(message.target())));
  HttpRequest out;
  out.method = View(message.method_string());
  out.path = std::move(target.path);
  out.query = std::move(target.query);
  for (const auto& field : message) {
    std::string& value = out.headers[LowerCase(View(field.name_string()))];
    if (!value.empty()) value += ", ";
    value += View(field.value());
  }
  out.body = std::move(message.body());
  return out;
}

void Session::Read() {
  parser_.emplace();
  parser_->header_limit(kHeaderBytesMax);
  parser_->body_limit(core_->options.body_bytes_max);
  stream_.expires_after(kIdleMax);
  http::async_read_header(
      stream_, buffer_, *parser_,
      [self = shared_from_this()](error_code error, std::size_t) { self->OnHeader(error); });
}

void Session::OnHeader(error_code error) {
  if (error) return OnReadError(error);
  if (LowerCase(View(parser_->get()[http::field::expect])) != "100-continue") return ReadBody();
  interim_ = "HTTP/1.1 100 Continue\r\n\r\n";
  asio::async_write(stream_, asio::buffer(interim_),
                    [self = shared_from_this()](error_code failed, std::size_t) {
                      failed ? self->End() : self->ReadBody();
                    });
}

void Session::ReadBody() {
  http::async_read(
      stream_, buffer_, *parser_,
      [self = shared_from_this()](error_code error, std::size_t) { self->OnRequest(error); });
}

void Session::OnReadError(error_code error) {
  if (error == http::error::body_limit) return Write(PlainAnswer(413, "too large"), true);
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    return Write(PlainAnswer(431, "header too large"), true);
  }
  // Beast's own category holds what is wrong with the octets; the rest is the connection's end.
  const bool is_bad_request =
      error.category() == http::make_error_code(http::error::bad_method).category() &&
      error != http::error::end_of_stream && error != http::error::partial_message;
  if (is_bad_request) return Write(PlainAnswer(400, "not HTTP"), true);
  End();
}

void Session::OnRequest(error_code error) {
  if (error) return OnReadError(error);
  keeps_alive_ = parser_->get().keep_alive();
  is_head_ = parser_->get().method() == http::verb::head;
  Result<HttpRequest> request = RequestOf(parser_->release());
  if (!request) return Write(PlainAnswer(400, "bad target"), true);
  stream_.expires_never();
  is_answering_ = true;
  core_->handler(*std::move(request),
                 Responder(core_->shared_from_this(), weak_from_this(), ++turn_));
}

void Session::Answer(std::uint64_t turn, HttpResponse response) {
  if (!is_answering_ || turn != turn_) return;
  is_answering_ = false;
  if (response.status == 0) return End();
  Write(std::move(response), !keeps_alive_);
}

void Session::Refuse() {
  is_refused_ = true;
  Write(PlainAnswer(503, "too many connections"), true);
}

void Session::Write(HttpResponse response, bool is_last) {
  const bool is_valid = response.status >= 200 && response.status <= 599;
  response_.emplace(static_cast<http::status>(is_valid ? response.status : 500), 11);
  for (const auto& [name, value] : response.headers) {
    if (IsHeaderSafe(name) && IsHeaderSafe(value)) response_->set(name, value);
  }
  if (IsHeaderSafe(response.content_type)) {
    response_->set(http::field::content_type, response.content_type);
  }
  if (response.status != 204 && response.status != 304)
    response_->body() = std::move(response.body);
  response_->keep_alive(!is_last);
  response_->prepare_payload();
  if (is_head_) response_->body().clear();  // its length stays in the header
  stream_.expires_after(kIdleMax);
  http::async_write(stream_, *response_,
                    [self = shared_from_this(), is_last](error_code error, std::size_t) {
                      if (error) return self->End();
                      is_last ? self->Linger() : self->Read();
                    });
}

// Closing while the peer still sends would reset the connection and could destroy the answer on its
// way: the rest is read and dropped for a moment.
void Session::Linger() {
  error_code ignored;
  stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
  stream_.expires_after(kLingerMax);
  Drain();
}

void Session::Drain() {
  stream_.async_read_some(asio::buffer(dropped_),
                          [self = shared_from_this()](error_code error, std::size_t) {
                            error ? self->End() : self->Drain();
                          });
}

void Session::Close() {
  error_code ignored;
  stream_.socket().close(ignored);
}

void Session::End() {
  Close();
  if (core_->sessions.erase(shared_from_this()) > 0 && is_refused_) --core_->refused_used;
}

class BeastServer final : public HttpServer {
 public:
  explicit BeastServer(std::shared_ptr<Core> core)
      : core_(std::move(core)), acceptor_(core_->io), pause_(core_->io) {}
  ~BeastServer() override { Stop(); }

  Result<void> Listen(const asio::ip::address& address);
  void Run();
  std::uint16_t port() const override { return port_; }
  void Stop() override;

 private:
  void Accept();
  void OnAccepted(tcp::socket socket);
  void CloseAll();

  const std::shared_ptr<Core> core_;
  tcp::acceptor acceptor_;
  asio::steady_timer pause_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

Result<void> BeastServer::Listen(const asio::ip::address& address) {
  const tcp::endpoint endpoint(address, core_->options.port);
  error_code error;
  acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
  if (error) return Fail(Reason::kUnavailable, "the HTTP port cannot be opened");
  port_ = acceptor_.local_endpoint(error).port();
  return {};
}

void BeastServer::Run() {
  Accept();
  thread_ = std::thread([this] {
    while (true) {
      try {
        core_->io.run();
        return;
      } catch (const std::exception&) {
        LogEvent(Severity::kError, "http_server_exception");
      }
    }
  });
  pthread_setname_np(thread_.native_handle(), "http-server");
}

void BeastServer::Accept() {
  acceptor_.async_accept([this](error_code error, tcp::socket socket) {
    if (!acceptor_.is_open()) return;
    if (!error) {
      OnAccepted(std::move(socket));
      return Accept();
    }
    // Out of descriptors, most likely: trying again at once would only spin.
    pause_.expires_after(kAcceptPause);
    pause_.async_wait([this](error_code cancelled) {
      if (!cancelled) Accept();
    });
  });
}

void BeastServer::OnAccepted(tcp::socket socket) {
  const bool is_full =
      core_->sessions.size() - core_->refused_used >= core_->options.connections_max;
  if (is_full && core_->refused_used >= kRefusedConnectionsMax) return;  // closes it
  error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  const auto session = std::make_shared<Session>(core_.get(), std::move(socket));
  core_->sessions.insert(session);
  if (!is_full) return session->Read();
  ++core_->refused_used;
  session->Refuse();
}

void BeastServer::Stop() {
  if (!thread_.joinable()) return;
  core_->stopped = true;
  asio::post(core_->io, [this] { CloseAll(); });
  thread_.join();
  core_->handler = nullptr;  // what it holds need not outlive the server's owner
}

void BeastServer::CloseAll() {
  error_code ignored;
  acceptor_.close(ignored);
  pause_.cancel();
  for (const auto& session : core_->sessions) session->Close();
  core_->sessions.clear();
}

}  // namespace

std::string HttpRequest::QueryOr(const std::string& name, std::string fallback) const {
  const auto found = query.find(name);
  return found == query.end() ? std::move(fallback) : found->second;
}

std::string HttpRequest::HeaderOr(const std::string& lower_case_name, std::string fallback) const {
  const auto found = headers.find(lower_case_name);
  return found == headers.end() ? std::move(fallback) : found->second;
}

Result<std::unique_ptr<HttpServer>> HttpServer::Start(Options options, Handler handler) {
  error_code error;
  const asio::ip::address address = asio::ip::make_address(options.address, error);
  if (error || !address.is_loopback()) {
    return Fail(Reason::kInvalidArgument, "the HTTP server listens on loopback addresses only");
  }
  auto core = std::make_shared<Core>();
  core->options = std::move(options);
  core->handler = std::move(handler);
  auto server = std::make_unique<BeastServer>(std::move(core));
  TRESTLE_TRY(server->Listen(address));
  server->Run();
  return server;
}

}  // namespace trestle
