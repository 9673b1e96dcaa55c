// The services in process, on a real loopback port that the system chooses, over a real core on a
// store in memory. What a client in another language sees is in tests/e2e/python.
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <catch2/catch.hpp>

#include <condition_variable>

#include "bridge/base/digest.h"
#include "bridge/base/system_seams.h"
#include "bridge/policy/limit_table.h"
#include "bridge/rpc/convert.h"
#include "bridge/rpc/exchange_stream.h"
#include "bridge/rpc/gate.h"
#include "bridge/rpc/server.h"
#include "bridge/store/store.h"
#include "trestle/v1/admin.grpc.pb.h"
#include "trestle/v1/directory.grpc.pb.h"
#include "trestle/v1/keys.grpc.pb.h"
#include "trestle/v1/messages.grpc.pb.h"
#include "trestle/v1/routing.grpc.pb.h"

using namespace trestle;

namespace {

// Lets a test wait for a Done.
class Latch {
 public:
  Done<void> done() {
    return [this](Result<void> result) {
      const std::lock_guard lock(mutex_);
      ok_ = result.has_value();
      set_ = true;
      changed_.notify_all();
    };
  }
  bool Wait() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(30), [this] { return set_; }) && ok_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool set_ = false;
  bool ok_ = false;
};

class NoReload final : public ReloadHook {
 public:
  void Reload(Done<ReloadAnswer> done) override {
    // Dropped unused on purpose: the call must end all the same.
    const Done<ReloadAnswer> dropped = std::move(done);
  }
};

// A whole bridge with the native network, and a channel to it.
class Bridge {
 public:
  Bridge() {
    store_ = *Store::Open({.path = ":memory:", .writer = writer_, .metrics = metrics});
    core_ = Core::Create(
        {.store = *store_, .lane = lane_, .clock = clock_, .random = random_, .metrics = metrics});
    core_->AddAdapter(Network::Native(), native_);
    Latch core, native;
    core_->Start(core.done());
    REQUIRE(core.Wait());
    native_.Start(core_->HostFor(Network::Native()), native.done());
    REQUIRE(native.Wait());
    server_ = *Serve("127.0.0.1", 0);
    channel = grpc::CreateChannel("127.0.0.1:" + std::to_string(server_->port()),
                                  grpc::InsecureChannelCredentials());
  }
  ~Bridge() {
    Latch native;
    native_.Stop(native.done());
    native.Wait();
    server_->Stop(Millis{1000});
    core_->Stop();
    lane_.Stop();
    loop_.Stop();
    writer_.Stop();
  }

  Result<std::unique_ptr<RpcServer>> Serve(const std::string& address, std::uint16_t port) {
    RpcServer::Options options;
    options.address = address;
    options.port = port;
    options.operator_token_hash = Sha256(AsBytes("operator"));
    return RpcServer::Start(std::move(options), {*core_, native_, remote_, reload_, metrics});
  }
  std::uint16_t port() const { return server_->port(); }
  RpcServer& server() { return *server_; }

  std::string Enrol() {
    grpc::ClientContext context;
    v1::EnrolResponse response;
    REQUIRE(v1::Directory::NewStub(channel)->Enrol(&context, {}, &response).ok());
    return response.token();
  }
  grpc::Status Count(const std::string& authorization) {
    grpc::ClientContext context;
    if (!authorization.empty()) context.AddMetadata("authorization", authorization);
    v1::CountResponse response;
    return v1::Keys::NewStub(channel)->Count(&context, {}, &response);
  }

  Metrics metrics;
  std::shared_ptr<grpc::Channel> channel;

 private:
  SystemClock clock_;
  SystemRandom random_;
  SerialExecutor loop_{"native", clock_};
  SerialExecutor lane_{"lane", clock_};
  SerialExecutor writer_{"store", clock_};
  std::unique_ptr<Store> store_;
  std::unique_ptr<Core> core_;
  NativeAdapter native_{loop_, clock_};
  RemoteAdapters remote_;
  NoReload reload_;
  std::unique_ptr<RpcServer> server_;
};

}  // namespace

TEST_CASE("Only literal loopback addresses count as loopback") {
  CHECK(IsLoopback("127.0.0.1"));
  CHECK(IsLoopback("127.8.9.10"));
  CHECK(IsLoopback("::1"));
  CHECK(!IsLoopback("0.0.0.0"));
  CHECK(!IsLoopback("::"));
  CHECK(!IsLoopback("localhost"));
  CHECK(!IsLoopback("128.0.0.1"));
  CHECK(!IsLoopback("127.0.0.1.example.org"));
  CHECK(!IsLoopback(""));
}

TEST_CASE("A server beyond loopback does not start, and says why") {
  Bridge bridge;
  const auto server = bridge.Serve("0.0.0.0", 0);
  REQUIRE(!server);
  CHECK(server.error().reason == Reason::kInvalidArgument);
  CHECK(server.error().what.view().find("loopback") != std::string_view::npos);
}

TEST_CASE("Two servers never share a port") {
  Bridge bridge;
  const auto second = bridge.Serve("127.0.0.1", bridge.port());
  REQUIRE(!second);
  CHECK(second.error().reason == Reason::kUnavailable);
}

TEST_CASE("A token is taken in one spelling only") {
  Bridge bridge;
  const std::string token = bridge.Enrol();
  CHECK(bridge.Count("Bearer " + token).ok());
  CHECK(bridge.Count("Bearer " + token + " ").error_code() == grpc::StatusCode::UNAUTHENTICATED);
  CHECK(bridge.Count(token).error_code() == grpc::StatusCode::UNAUTHENTICATED);
  CHECK(bridge.Count("").error_code() == grpc::StatusCode::UNAUTHENTICATED);
  CHECK(bridge.Count("Bearer " + std::string(300, 'x')).error_code() ==
        grpc::StatusCode::UNAUTHENTICATED);
}

TEST_CASE("Two authorization headers authenticate nobody") {
  Bridge bridge;
  const std::string token = bridge.Enrol();
  grpc::ClientContext context;
  context.AddMetadata("authorization", "Bearer " + token);
  context.AddMetadata("authorization", "Bearer " + token);
  v1::CountResponse response;
  CHECK(v1::Keys::NewStub(bridge.channel)->Count(&context, {}, &response).error_code() ==
        grpc::StatusCode::UNAUTHENTICATED);
}

TEST_CASE("A proven token is proven again from memory") {
  Bridge bridge;
  const std::string token = bridge.Enrol();
  bridge.Count("Bearer " + token);
  const auto items = bridge.metrics.Read("trestle_commit_items_total");
  bridge.Count("Bearer " + token);
  CHECK(bridge.metrics.Read("trestle_commit_items_total") == items + 1);  // the count alone
}

TEST_CASE("A bad request is refused before its caller is looked at") {
  Bridge bridge;
  grpc::ClientContext context;
  v1::SubmitResponse response;
  const grpc::Status status =
      v1::Messages::NewStub(bridge.channel)->Submit(&context, {}, &response);
  CHECK(status.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_CASE("A call whose answer is dropped ends as unavailable") {
  Bridge bridge;
  grpc::ClientContext context;
  context.AddMetadata("authorization", "Bearer operator");
  v1::ReloadResponse response;
  CHECK(v1::Admin::NewStub(bridge.channel)->Reload(&context, {}, &response).error_code() ==
        grpc::StatusCode::UNAVAILABLE);
}

TEST_CASE("Finished calls are counted by their status") {
  Bridge bridge;
  bridge.Count("");
  CHECK(bridge.metrics.Read("trestle_rpc_total", "UNAUTHENTICATED") == 1);
}

TEST_CASE("A ciphertext size that is no bucket cannot be explained") {
  Bridge bridge;
  grpc::ClientContext context;
  context.AddMetadata("authorization", "Bearer operator");
  v1::ExplainRequest request;
  request.set_alias("brisk-otter-4821");
  request.set_ciphertext_bytes(300);
  v1::ExplainResponse response;
  const grpc::Status status =
      v1::Routing::NewStub(bridge.channel)->Explain(&context, request, &response);
  CHECK(status.error_message() == "ciphertext_bytes: must be 256 * 2^k, k = 0 to 8");
}

TEST_CASE("A stream that submits more than it waits for is cut off with a reason",
          "[limit:stream_submissions_max]") {
  Bridge bridge;
  const std::string token = bridge.Enrol();
  grpc::ClientContext context;
  context.AddMetadata("authorization", "Bearer " + token);
  auto stream = v1::Messages::NewStub(bridge.channel)->Exchange(&context);
  v1::ExchangeRequest open;
  open.mutable_open();
  REQUIRE(stream->Write(open));
  v1::ExchangeRequest submission;
  submission.mutable_submission()->mutable_request()->set_link_id(std::string(16, 'l'));
  submission.mutable_submission()->mutable_request()->set_payload("p");
  bool writable = true;
  for (int i = 0; i < 100'000 && writable; ++i) writable = stream->Write(submission);
  CHECK(!writable);
  v1::ExchangeResponse response;
  while (stream->Read(&response)) {
  }
  CHECK(stream->Finish().error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
}

TEST_CASE("The bounds of streams are those of the limits table") {
  const auto amount = [](std::string_view row) { return LimitRowOf(row).amount(Limits()); };
  CHECK(amount("native_sessions_max") == NativeAdapter::kSessionsMax);
  CHECK(amount("stream_submissions_max") == std::size_t{ExchangeStream::kSubmissionsMax});
  CHECK(amount("stream_queue_max") == ExchangeStream::kQueueMax);
}
