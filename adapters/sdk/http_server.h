// An HTTP/1.1 server on the loopback interface, for webhooks, simulated networks and metrics. One
// thread runs everything (Boost.Beast stays inside the source file). Bounds: header 16 KiB, body by
// option, connections by option, idle time 60 s. Requests above a bound are answered 413, 431 or
// 503 and never buffered.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "bridge/base/result.h"

namespace trestle {

struct HttpRequest {
  std::string method;                          // "GET", "POST", …
  std::string path;                            // before the question mark, percent-decoded
  std::map<std::string, std::string> query;    // percent-decoded; the last of two equal names wins
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;

  std::string QueryOr(const std::string& name, std::string fallback) const;
  std::string HeaderOr(const std::string& lower_case_name, std::string fallback) const;
};

struct HttpResponse {
  int status = 200;  // 0 closes the connection without an answer (simulated networks lose some)
  std::string body = {};
  std::string content_type = "application/json";
  std::map<std::string, std::string> headers = {};
};

class HttpServer {
 public:
  // Answers one request: call it exactly once, from any thread, now or later. Dropping it unused
  // answers 500. After Stop it does nothing.
  using Respond = absl::AnyInvocable<void(HttpResponse) &&>;
  // Runs on the server's thread and must not block.
  using Handler = std::function<void(HttpRequest, Respond)>;

  struct Options {
    std::string address = "127.0.0.1";             // refused when not a loopback address
    std::uint16_t port = 0;                        // 0: the system chooses
    std::size_t body_bytes_max = 3 * 1024 * 1024;  // a WhatsApp webhook has up to 3 MB
    std::size_t connections_max = 256;
  };

  static Result<std::unique_ptr<HttpServer>> Start(Options options, Handler handler);
  virtual ~HttpServer() = default;  // stops

  virtual std::uint16_t port() const = 0;
  // Closes all connections and joins the thread; not from the handler.
  virtual void Stop() = 0;
};

}  // namespace trestle
