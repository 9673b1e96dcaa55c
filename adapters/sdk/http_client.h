// An HTTP client over libcurl's multi interface: one thread, connections kept, a bounded queue. It
// says of every failure whether the request can have reached the server, because that decides
// whether a retry may double a message.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "bridge/adapter_api/adapter.h"
#include "bridge/base/result.h"

namespace trestle {

struct HttpCall {
  std::string method = "GET";
  std::string url;  // http:// to loopback or https://; anything else is refused
  std::map<std::string, std::string> headers = {};
  std::string body = {};
  Millis timeout = std::chrono::seconds(10);
  std::size_t answer_bytes_max = 1024 * 1024;
};

// Either an HTTP answer (status above 0) or a failure with its certainty.
struct HttpAnswer {
  int status = 0;
  std::map<std::string, std::string> headers = {};  // names in lower case
  std::string body = {};
  Certainty certainty = Certainty::kNotSent;  // of the request's arrival; kSent when answered
};

class HttpClient {
 public:
  static constexpr std::size_t kCallsWaitingMax = 4096;

  static Result<std::unique_ptr<HttpClient>> Create();
  virtual ~HttpClient() = default;  // stops

  // From any thread; returns at once. Done runs on the client's thread, exactly once, also at Stop
  // (kCancelled). kBusy in Done when the queue is full. After Stop there is no thread left: Done
  // then runs inside Send, with kCancelled. A request with a body is sent at most once: unlike
  // libcurl left alone, a broken kept connection is an answer (kMaybeSent), never a silent repeat.
  virtual void Send(HttpCall call, Done<HttpAnswer> done) = 0;
  virtual void Stop() = 0;  // joins the thread; not from a Done
};

}  // namespace trestle
