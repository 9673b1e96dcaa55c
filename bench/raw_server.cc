// trestle-bench-raw [--tls CERTIFICATE KEY]: what gRPC itself can do here. Serves Messages.Exchange
// from the daemon's own protos and answers each submission as it came, alone or in its batch:
// nothing is looked at, kept, or passed on. Prints its port, and serves until its input ends.
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <cstdio>
#include <deque>
#include <fstream>
#include <iterator>
#include <mutex>
#include <string>

#include "trestle/v1/messages.grpc.pb.h"

namespace trestle::bench {
namespace {

class Stream final : public grpc::ServerBidiReactor<v1::ExchangeRequest, v1::ExchangeResponse> {
 public:
  Stream() { StartRead(&in_); }

 private:
  void OnReadDone(bool ok) override {
    if (!ok) {
      bool is_idle = false;
      {
        const std::lock_guard lock(mutex_);
        ending_ = true;
        is_idle = queue_.empty();
      }
      if (is_idle) Finish(grpc::Status::OK);
      return;
    }
    v1::ExchangeResponse out;
    if (in_.has_open()) out.mutable_opened()->set_enrolment_id(std::string(16, '\0'));
    if (in_.has_submission()) Answer(in_.submission(), *out.mutable_submitted());
    if (in_.has_batch()) {
      for (const v1::Submission& each : in_.batch().submissions()) {
        Answer(each, *out.mutable_batch()->add_submitted());
      }
    }
    Say(std::move(out));
    StartRead(&in_);
  }

  static void Answer(const v1::Submission& submission, v1::Submitted& out) {
    out.set_tag(submission.tag());
    v1::SubmitResponse& response = *out.mutable_response();
    response.set_envelope_id(submission.request().link_id());
    response.set_seq(1);
    response.mutable_accepted_at()->set_seconds(1);
  }

  void Say(v1::ExchangeResponse message) {
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(message));
    if (queue_.size() == 1) StartWrite(&queue_.front());
  }

  void OnWriteDone(bool ok) override {
    bool is_last = false;
    {
      const std::lock_guard lock(mutex_);
      queue_.pop_front();
      if (!ok) queue_.clear();
      is_last = queue_.empty() && ending_;
      if (!queue_.empty()) StartWrite(&queue_.front());
    }
    if (is_last) Finish(grpc::Status::OK);
  }

  void OnDone() override { delete this; }

  v1::ExchangeRequest in_;
  std::mutex mutex_;
  std::deque<v1::ExchangeResponse> queue_;
  bool ending_ = false;
};

class Service final : public v1::Messages::CallbackService {
  grpc::ServerBidiReactor<v1::ExchangeRequest, v1::ExchangeResponse>* Exchange(
      grpc::CallbackServerContext*) override {
    return new Stream();  // deletes itself when gRPC is done with it
  }
};

std::string Read(const char* path) {
  std::ifstream file(path);
  return {(std::istreambuf_iterator<char>(file)), {}};
}

int Main(int argc, char** argv) {
  std::shared_ptr<grpc::ServerCredentials> credentials = grpc::InsecureServerCredentials();
  if (argc == 4) {
    grpc::SslServerCredentialsOptions tls;
    tls.pem_key_cert_pairs.push_back({Read(argv[3]), Read(argv[2])});
    credentials = grpc::SslServerCredentials(tls);
  }
  Service service;
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", credentials, &port);
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) return 1;
  std::printf("%d\n", port);
  std::fflush(stdout);
  while (std::getchar() != EOF) {
  }
  server->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(1));
  return 0;
}

}  // namespace
}  // namespace trestle::bench

int main(int argc, char** argv) { return trestle::bench::Main(argc, argv); }
