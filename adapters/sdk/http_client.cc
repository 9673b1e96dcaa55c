// libcurl ends in this file. One thread owns the multi handle and all transfers; callers only touch
// the queue of waiting calls.
#include "adapters/sdk/http_client.h"

#include <curl/curl.h>
#include <pthread.h>

#include <atomic>
#include <deque>
#include <mutex>
#include <thread>
#include <unordered_map>

#include "bridge/base/system_seams.h"

namespace trestle {
namespace {

constexpr std::size_t kTransfersMax = 256;  // on the wire at once; the others wait
constexpr long kConnectionsPerHostMax = 64;
constexpr long kConnectionsMax = 256;
constexpr std::size_t kAnswerHeaderBytesMax = 64 * 1024;
constexpr int kPollMs = 1000;  // an upper bound only: work wakes the thread

bool IsLineSafe(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) == text.npos;
}

bool IsLoopbackHost(std::string_view host) {
  return host == "localhost" || host == "[::1]" || host.starts_with("127.");
}

// kInvalidArgument unless https, or http to this machine.
Result<void> CheckUrl(const std::string& url) {
  const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> parsed(curl_url(), &curl_url_cleanup);
  if (parsed == nullptr || curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) {
    return Fail(Reason::kInvalidArgument, "not a URL");
  }
  const auto part = [&parsed](CURLUPart which) {
    char* text = nullptr;
    std::string out;
    if (curl_url_get(parsed.get(), which, &text, 0) == CURLUE_OK) out = text;
    curl_free(text);
    return out;
  };
  const std::string scheme = part(CURLUPART_SCHEME);
  const std::string host = part(CURLUPART_HOST);
  // "127.evil.example" begins like an address and is a name.
  const bool is_address = host.find_first_not_of("0123456789.") == host.npos;
  const bool is_here = IsLoopbackHost(host) && (!host.starts_with("127.") || is_address);
  if (scheme == "https" || (scheme == "http" && is_here)) return {};
  return Fail(Reason::kInvalidArgument, "only https, or http to loopback");
}

Result<void> CheckCall(const HttpCall& call) {
  if (call.method.empty() ||
      call.method.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") != call.method.npos) {
    return Fail(Reason::kInvalidArgument, "not an HTTP method");
  }
  if (!IsLineSafe(call.url)) return Fail(Reason::kInvalidArgument, "not a URL");
  for (const auto& [name, value] : call.headers) {
    if (name.empty() || !IsLineSafe(name) || !IsLineSafe(value) || name.find(':') != name.npos) {
      return Fail(Reason::kInvalidArgument, "a header with line breaks");
    }
  }
  return CheckUrl(call.url);
}

// One call with its curl handle. Never moves: curl holds pointers into it.
class Transfer {
 public:
  Transfer(HttpCall call, Done<HttpAnswer> done, MonoTime now)
      : call_(std::move(call)), done_(std::move(done)), queued_at_(now) {}
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;
  ~Transfer() {
    curl_easy_cleanup(easy_);
    curl_slist_free_all(headers_);
  }

  Result<void> Prepare();
  void Finish(CURLcode code);
  void Refuse(tl::unexpected<Error> error) { std::move(done_)(std::move(error)); }
  void GiveUpWaiting() { std::move(done_)(HttpAnswer{}); }
  bool waited_too_long(MonoTime now) const { return now - queued_at_ >= call_.timeout; }
  CURL* easy() const { return easy_; }

 private:
  static std::size_t OnSend(char* out, std::size_t size, std::size_t count, void* self);
  static std::size_t OnBody(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t OnHeader(char* data, std::size_t size, std::size_t count, void* self);
  void SetBody();
  Result<void> SetHeaders();
  Certainty CertaintyOf(CURLcode code) const;

  const HttpCall call_;
  Done<HttpAnswer> done_;
  const MonoTime queued_at_;
  CURL* easy_ = nullptr;
  curl_slist* headers_ = nullptr;
  std::size_t sent_ = 0;
  std::size_t header_bytes_ = 0;
  HttpAnswer answer_;
};

Result<void> Transfer::Prepare() {
  TRESTLE_TRY(CheckCall(call_));
  easy_ = curl_easy_init();
  if (easy_ == nullptr) return Fail(Reason::kInternal, "libcurl gives no handle");
  const auto timeout_ms = static_cast<long>(std::max<std::int64_t>(1, call_.timeout.count()));
  curl_easy_setopt(easy_, CURLOPT_URL, call_.url.c_str());
  curl_easy_setopt(easy_, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy_, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy_, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy_, CURLOPT_PRIVATE, this);
  curl_easy_setopt(easy_, CURLOPT_TIMEOUT_MS, timeout_ms);
  curl_easy_setopt(easy_, CURLOPT_CONNECTTIMEOUT_MS, timeout_ms);
  // Version 1.1 is what our tests run against, also for what happens when a connection breaks.
  curl_easy_setopt(easy_, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
  if (call_.url.starts_with("http:")) curl_easy_setopt(easy_, CURLOPT_PROXY, "");
  curl_easy_setopt(easy_, CURLOPT_WRITEFUNCTION, &Transfer::OnBody);
  curl_easy_setopt(easy_, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(easy_, CURLOPT_HEADERFUNCTION, &Transfer::OnHeader);
  curl_easy_setopt(easy_, CURLOPT_HEADERDATA, this);
  SetBody();
  return SetHeaders();
}

// When a kept connection dies without an answer, libcurl would quietly send the request once more,
// and the server may have acted on the first. It cannot do that with a body that it has to ask for
// and cannot rewind; a request without a body gets a connection of its own instead.
void Transfer::SetBody() {
  if (call_.method == "GET") return;
  if (call_.method == "HEAD") {
    curl_easy_setopt(easy_, CURLOPT_NOBODY, 1L);
    return;
  }
  curl_easy_setopt(easy_, CURLOPT_POST, 1L);
  curl_easy_setopt(easy_, CURLOPT_CUSTOMREQUEST, call_.method.c_str());
  curl_easy_setopt(easy_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(call_.body.size()));
  curl_easy_setopt(easy_, CURLOPT_READFUNCTION, &Transfer::OnSend);
  curl_easy_setopt(easy_, CURLOPT_READDATA, this);
  if (call_.body.empty()) curl_easy_setopt(easy_, CURLOPT_FRESH_CONNECT, 1L);
}

Result<void> Transfer::SetHeaders() {
  std::vector<std::string> lines = {"Expect:"};  // no waiting for "100 Continue"
  bool has_type = false;
  for (const auto& [name, value] : call_.headers) {
    lines.push_back(value.empty() ? name + ";" : name + ": " + value);
    has_type = has_type || curl_strequal(name.c_str(), "content-type") != 0;
  }
  if (!has_type) lines.emplace_back("Content-Type: application/json");
  for (const std::string& line : lines) {
    curl_slist* longer = curl_slist_append(headers_, line.c_str());
    if (longer == nullptr) return Fail(Reason::kInternal, "libcurl keeps no header");
    headers_ = longer;
  }
  curl_easy_setopt(easy_, CURLOPT_HTTPHEADER, headers_);
  return {};
}

std::size_t Transfer::OnSend(char* out, std::size_t size, std::size_t count, void* self) {
  auto* transfer = static_cast<Transfer*>(self);
  const std::string& body = transfer->call_.body;
  const std::size_t taken = std::min(size * count, body.size() - transfer->sent_);
  body.copy(out, taken, transfer->sent_);
  transfer->sent_ += taken;
  return taken;
}

std::size_t Transfer::OnBody(char* data, std::size_t size, std::size_t count, void* self) {
  auto* transfer = static_cast<Transfer*>(self);
  const std::size_t added = size * count;
  std::string& body = transfer->answer_.body;
  if (added > transfer->call_.answer_bytes_max - body.size()) return 0;  // ends the transfer
  body.append(data, added);
  return added;
}

std::size_t Transfer::OnHeader(char* data, std::size_t size, std::size_t count, void* self) {
  auto* transfer = static_cast<Transfer*>(self);
  std::string_view line(data, size * count);
  transfer->header_bytes_ += line.size();
  if (transfer->header_bytes_ > kAnswerHeaderBytesMax) return 0;
  auto& headers = transfer->answer_.headers;
  if (line.starts_with("HTTP/")) headers.clear();  // the one before was interim
  const std::size_t colon = line.find(':');
  if (colon == line.npos) return size * count;
  std::string name(line.substr(0, colon));
  for (char& sign : name) {
    if (sign >= 'A' && sign <= 'Z') sign = static_cast<char>(sign - 'A' + 'a');
  }
  line.remove_prefix(colon + 1);
  const std::size_t first = line.find_first_not_of(" \t\r\n");
  const std::size_t last = line.find_last_not_of(" \t\r\n");
  headers[name] = first == line.npos ? "" : std::string(line.substr(first, last - first + 1));
  return size * count;
}

void Transfer::Finish(CURLcode code) {
  long status = 0;
  curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
  if (code == CURLE_OK && status > 0) {
    answer_.status = static_cast<int>(status);
    answer_.certainty = Certainty::kSent;
    return std::move(done_)(std::move(answer_));
  }
  std::move(done_)(HttpAnswer{.certainty = CertaintyOf(code)});
}

// A server acts on a request only after it has begun to come in.
Certainty Transfer::CertaintyOf(CURLcode code) const {
  if (code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_CONNECT) {
    return Certainty::kNotSent;
  }
  long request_bytes = 0;
  curl_easy_getinfo(easy_, CURLINFO_REQUEST_SIZE, &request_bytes);
  return request_bytes == 0 && sent_ == 0 ? Certainty::kNotSent : Certainty::kMaybeSent;
}

class CurlClient final : public HttpClient {
 public:
  explicit CurlClient(CURLM* multi) : multi_(multi) {
    curl_multi_setopt(multi_, CURLMOPT_MAX_HOST_CONNECTIONS, kConnectionsPerHostMax);
    curl_multi_setopt(multi_, CURLMOPT_MAX_TOTAL_CONNECTIONS, kConnectionsMax);
    thread_ = std::thread([this] { Run(); });
    pthread_setname_np(thread_.native_handle(), "http-client");
  }
  ~CurlClient() override {
    Stop();
    curl_multi_cleanup(multi_);
  }

  void Send(HttpCall call, Done<HttpAnswer> done) override;
  void Stop() override;

 private:
  using TransferPtr = std::unique_ptr<Transfer>;

  void Run();
  void Begin(TransferPtr transfer);
  bool FinishEnded();  // true when any did
  void CancelAll();

  const SystemClock clock_;  // sockets live in the system's time, whatever time a test plays
  CURLM* const multi_;
  std::mutex mutex_;
  std::deque<TransferPtr> waiting_;  // at most kCallsWaitingMax
  // Calls above the bound, for the thread to answer: it does nothing else while there are any.
  std::deque<Done<HttpAnswer>> refused_;
  bool stopping_ = false;
  std::mutex stop_mutex_;
  std::unordered_map<CURL*, TransferPtr> running_;  // on the thread only
  std::thread thread_;
};

void CurlClient::Send(HttpCall call, Done<HttpAnswer> done) {
  {
    const std::lock_guard lock(mutex_);
    if (!stopping_) {
      if (waiting_.size() < kCallsWaitingMax) {
        waiting_.push_back(
            std::make_unique<Transfer>(std::move(call), std::move(done), clock_.mono_now()));
      } else {
        refused_.push_back(std::move(done));
      }
      curl_multi_wakeup(multi_);
      return;
    }
  }
  std::move(done)(Fail(Reason::kCancelled, "the HTTP client has stopped"));
}

void CurlClient::Stop() {
  const std::lock_guard one_at_a_time(stop_mutex_);
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  curl_multi_wakeup(multi_);
  if (thread_.joinable()) thread_.join();
}

void CurlClient::Run() {
  while (true) {
    std::deque<TransferPtr> begun;
    std::deque<Done<HttpAnswer>> refused;
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) break;
      refused.swap(refused_);
      while (!waiting_.empty() && running_.size() + begun.size() < kTransfersMax) {
        begun.push_back(std::move(waiting_.front()));
        waiting_.pop_front();
      }
    }
    for (auto& done : refused) {
      std::move(done)(Fail(Reason::kBusy, "too many HTTP calls wait", Millis{100}));
    }
    for (auto& transfer : begun) Begin(std::move(transfer));
    int still_running = 0;
    curl_multi_perform(multi_, &still_running);
    const bool any_ended = FinishEnded();
    // What began or ended may have made room for calls that wait, so look again before sleeping.
    if (!any_ended && begun.empty()) curl_multi_poll(multi_, nullptr, 0, kPollMs, nullptr);
  }
  CancelAll();
}

void CurlClient::Begin(TransferPtr transfer) {
  if (transfer->waited_too_long(clock_.mono_now())) return transfer->GiveUpWaiting();
  if (const auto prepared = transfer->Prepare(); !prepared) {
    return transfer->Refuse(tl::unexpected<Error>(prepared.error()));
  }
  CURL* const easy = transfer->easy();
  if (curl_multi_add_handle(multi_, easy) != CURLM_OK) {
    return transfer->Refuse(Fail(Reason::kInternal, "libcurl takes no transfer"));
  }
  running_.emplace(easy, std::move(transfer));
}

bool CurlClient::FinishEnded() {
  bool any = false;
  int left = 0;
  while (CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const CURLcode code = message->data.result;
    auto node = running_.extract(message->easy_handle);
    TRESTLE_CHECK(!node.empty());
    curl_multi_remove_handle(multi_, node.key());  // ends the life of `message`
    node.mapped()->Finish(code);
    any = true;
  }
  return any;
}

void CurlClient::CancelAll() {
  std::deque<TransferPtr> left;
  std::deque<Done<HttpAnswer>> refused;
  {
    const std::lock_guard lock(mutex_);
    left.swap(waiting_);
    refused.swap(refused_);
  }
  for (auto& [easy, transfer] : running_) {
    curl_multi_remove_handle(multi_, easy);
    left.push_back(std::move(transfer));
  }
  running_.clear();
  for (auto& transfer : left) transfer->Refuse(Fail(Reason::kCancelled, "the HTTP client stops"));
  for (auto& done : refused) std::move(done)(Fail(Reason::kCancelled, "the HTTP client stops"));
}

}  // namespace

Result<std::unique_ptr<HttpClient>> HttpClient::Create() {
  static const CURLcode global = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (global != CURLE_OK) return Fail(Reason::kInternal, "libcurl does not start");
  CURLM* multi = curl_multi_init();
  if (multi == nullptr) return Fail(Reason::kInternal, "libcurl gives no multi handle");
  return std::make_unique<CurlClient>(multi);
}

}  // namespace trestle
