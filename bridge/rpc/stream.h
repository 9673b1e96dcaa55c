// A two-way stream with a bounded queue of what is to be written, one write in flight, and one end.
// A peer that does not read its messages is cut off when the queue is full; a stream is destroyed
// when gRPC is done with it (OnDone) and nobody else holds it. Push and Close may be called from
// any thread; OnMessage runs on one of gRPC's threads, one message at a time.
#pragma once

#include <grpcpp/support/server_callback.h>

#include <deque>
#include <memory>
#include <mutex>

#include "bridge/rpc/gate.h"
#include "bridge/rpc/status_map.h"

namespace trestle {

template <class In, class Out>
class BoundedStream : public grpc::ServerBidiReactor<In, Out>,
                      public std::enable_shared_from_this<BoundedStream<In, Out>> {
 public:
  // Messages that wait to be written.
  static constexpr std::size_t kQueueMax = 512;

  // At once after it was made: the stream holds itself until OnDone.
  void Hold() { self_ = this->shared_from_this(); }

  // Once the caller is proven: begins to read, or ends. Until then an end waits for this call, so
  // that reading never begins on a stream that gRPC is done with.
  void Begin(const grpc::Status& admitted) {
    admitted.ok() ? this->StartRead(&in_) : Close(admitted);
    {
      const std::lock_guard lock(mutex_);
      held_ = false;
      if (!closing_ || writing_ || finished_) return;
      finished_ = true;
    }
    this->Finish(status_);
  }

  // False when the stream has ended or is cut off by this very message.
  bool Push(Out message) {
    const Out* next = nullptr;
    {
      const std::lock_guard lock(mutex_);
      if (closing_) return false;
      if (queue_.size() < kQueueMax) {
        queue_.push_back(std::move(message));
        if (writing_) return true;
        writing_ = true;
        next = &queue_.front();
      }
    }
    if (next == nullptr) {
      OnOverflow();
      Close(StatusFor(Error{Reason::kBusy, "the client does not read fast enough", Millis{1000}}));
      return false;
    }
    this->StartWrite(next);
    return true;
  }

  // Ends the stream after the write in flight; what waits is dropped. Only the first end counts.
  void Close(grpc::Status status) { End(std::move(status), Rest::kDropped); }
  // Ends it after what waits has been written.
  void CloseAfterFlush(grpc::Status status) { End(std::move(status), Rest::kWritten); }

 protected:
  explicit BoundedStream(Gate& gate) : gate_(gate) {}

  virtual void OnMessage(const In& message) = 0;
  // The client has said its last message and may still listen.
  virtual void OnHalfClose() { CloseAfterFlush(grpc::Status::OK); }
  // The queue is full: the stream is about to be closed, and its end may wait for a write that a
  // client who reads nothing never lets through.
  virtual void OnOverflow() {}
  // Once, when the stream has ended: let go of what points here.
  virtual void OnEnd() = 0;

 private:
  enum class Rest { kWritten, kDropped };

  void End(grpc::Status status, Rest rest) {
    {
      const std::lock_guard lock(mutex_);
      if (rest == Rest::kDropped && !finished_) queue_.resize(writing_ ? 1 : 0);
      if (closing_) return;
      closing_ = true;
      status_ = std::move(status);
      if (writing_ || held_) return;  // OnWriteDone or Begin finishes
      finished_ = true;
    }
    this->Finish(status_);
  }

  void OnReadDone(bool ok) final {
    if (!ok) return OnHalfClose();
    const std::vector<Violation> violations = Validate(in_);
    if (!violations.empty()) return Close(StatusFor(violations));
    bool is_closing = false;
    {
      const std::lock_guard lock(mutex_);
      is_closing = closing_;
    }
    if (!is_closing) OnMessage(in_);
    // Inside a reaction the stream cannot be done yet, so reading on is safe even after Finish.
    this->StartRead(&in_);
  }

  void OnWriteDone(bool ok) final {
    const Out* next = nullptr;
    {
      const std::lock_guard lock(mutex_);
      queue_.pop_front();
      if (!ok) queue_.clear();
      if (!ok && !closing_) {
        closing_ = true;
        status_ = grpc::Status(grpc::StatusCode::CANCELLED, "the client is gone");
      }
      writing_ = !queue_.empty();
      if (!writing_ && (!closing_ || held_)) return;
      finished_ = !writing_;
      if (writing_) next = &queue_.front();
    }
    next != nullptr ? this->StartWrite(next) : this->Finish(status_);
  }

  void OnCancel() final {
    Close(grpc::Status(grpc::StatusCode::CANCELLED, "the client went away"));
  }

  void OnDone() final {
    gate_.Count(status_);
    OnEnd();
    self_.reset();
  }

  Gate& gate_;
  In in_;
  std::mutex mutex_;
  std::deque<Out> queue_;  // the front is being written while writing_
  bool held_ = true;       // Begin was not called yet
  bool writing_ = false;
  bool closing_ = false;   // nothing more is taken
  bool finished_ = false;  // Finish was called
  grpc::Status status_;    // fixed once closing_
  std::shared_ptr<BoundedStream> self_;
};

}  // namespace trestle
