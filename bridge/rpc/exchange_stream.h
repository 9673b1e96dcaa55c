// One native client's stream: receives deliveries from the native adapter, acknowledges them, and
// submits. Made by Messages.Exchange; see messages.proto for what its two sides may say.
//
//   proving ── token ok ──▶ waits for open ── threads known ──▶ open ──▶ ended
#pragma once

#include <atomic>
#include <memory>

#include "bridge/rpc/native_adapter.h"
#include "bridge/rpc/stream.h"
#include "trestle/v1/messages.pb.h"

namespace trestle {

class ExchangeStream final : public BoundedStream<v1::ExchangeRequest, v1::ExchangeResponse>,
                             public NativeSession {
 public:
  static constexpr int kSubmissionsMax = 256;  // messages.proto: that wait for their answers

  // A client that does not read at all cannot be told why its stream ends; it gets so long to read.
  static constexpr Millis kLastWordAgeMax = std::chrono::seconds(5);

  ExchangeStream(Gate& gate, Core& core, NativeAdapter& native,
                 grpc::CallbackServerContext* context)
      : BoundedStream(gate), core_(core), native_(native), context_(context) {}

  // Once, on any thread.
  void Admit(const Result<Caller>& caller);

  void Hand(v1::Inbound inbound) override;
  void CutOff(Error why) override;

 private:
  void OnMessage(const v1::ExchangeRequest& message) override;
  bool Fold(v1::ExchangeResponse& message, v1::ExchangeResponse& batch) override;
  void OnHalfClose() override;
  void OnOverflow() override;
  void OnEnd() override;

  void OnOpen(const v1::Open& open);
  void OnBatch(const v1::ExchangeRequestBatch& batch);
  void OnThreads(Result<PresenceAnswer> threads);
  void OnAck(const v1::Ack& ack);
  void OnSubmission(const v1::Submission& submission);
  void Answer(std::uint64_t tag, const Result<SubmitAnswer>& answer);
  void Answered();
  void LookForMore(Rouse rouse);
  void OnWaiting(const Result<PresenceAnswer>& waiting);
  void Looked();
  std::shared_ptr<ExchangeStream> self();

  Core& core_;
  NativeAdapter& native_;
  std::recursive_mutex context_mutex_;    // cancelling may end the stream on the same thread
  grpc::CallbackServerContext* context_;  // null once the stream has ended
  AccountId account_;
  std::atomic<bool> asked_to_open_ = false;
  std::atomic<bool> open_ = false;
  std::atomic<bool> half_closed_ = false;
  std::atomic<bool> ended_ = false;
  std::atomic<int> owed_ = 0;  // answers to open and to submissions
  std::atomic<Millis> look_pause_ = Millis{50};
  // A question about what waits is under way, or was answered a moment ago; what is asked meanwhile
  // waits for the end of that moment, so that a busy client costs no question for each delivery.
  std::atomic<bool> looking_ = false;
  std::atomic<bool> look_again_ = false;
  std::atomic<bool> rouse_again_ = false;
  std::atomic<bool> caught_up_ = false;  // said, and nothing was handed since
};

}  // namespace trestle
