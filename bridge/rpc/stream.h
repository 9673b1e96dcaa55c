// A two-way stream with a bounded queue of what is to be written, one write in flight, and one end.
// What has come together while a write was in flight goes in one message, if the peer asked for
// that; nothing ever waits for company. A peer that does not read its messages is cut off when the
// queue is full; a stream is destroyed when gRPC is done with it (OnDone) and nobody else holds it.
// Push and Close may be called from any thread; OnMessage runs on one of gRPC's threads, one
// message at a time.
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
  // A batch that has come to this size is closed; nothing that is folded is larger than a message.
  static constexpr std::size_t kBatchBytesMax = 512 * 1024;

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
    bool is_full = false;
    {
      const std::lock_guard lock(mutex_);
      if (closing_) return false;
      is_full = queue_.size() >= kQueueMax;
      if (!is_full) {
        queue_.push_back(std::move(message));
        if (writing_) return true;
        writing_ = true;
        TakeNext();
      }
    }
    if (is_full) {
      OnOverflow();
      Close(StatusFor(Error{Reason::kBusy, "the client does not read fast enough", Millis{1000}}));
      return false;
    }
    this->StartWrite(&out_);
    return true;
  }

  // Ends the stream after the write in flight; what waits is dropped. Only the first end counts.
  void Close(grpc::Status status) { End(std::move(status), Rest::kDropped); }
  // Ends it after what waits has been written.
  void CloseAfterFlush(grpc::Status status) { End(std::move(status), Rest::kWritten); }

 protected:
  explicit BoundedStream(Gate& gate) : gate_(gate) {}

  // From OnMessage: the peer takes up to so many in one message; below 2: each comes alone.
  void BatchUpTo(std::size_t items) {
    const std::lock_guard lock(mutex_);
    batch_max_ = items;
  }

  // Moves what `message` says into the batch that `batch` is, or is to become; false when it is of
  // a kind that always comes alone, and then changes nothing.
  virtual bool Fold(Out& message, Out& batch) = 0;
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
      if (rest == Rest::kDropped) queue_.clear();
      if (closing_) return;
      closing_ = true;
      status_ = std::move(status);
      if (writing_ || held_) return;  // OnWriteDone or Begin finishes
      finished_ = true;
    }
    this->Finish(status_);
  }

  // Takes out of the queue what is to be written next; mutex_ is held, and no write is in flight.
  void TakeNext() {
    out_.Clear();
    std::size_t items = 0;
    std::size_t bytes = 0;
    const bool has_company = batch_max_ > 1 && queue_.size() > 1;
    while (has_company && !queue_.empty() && items < batch_max_ && bytes < kBatchBytesMax) {
      bytes += queue_.front().ByteSizeLong();
      if (!Fold(queue_.front(), out_)) break;
      queue_.pop_front();
      ++items;
    }
    if (items > 0) return;
    out_ = std::move(queue_.front());
    queue_.pop_front();
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
    bool has_more = false;
    {
      const std::lock_guard lock(mutex_);
      if (!ok) queue_.clear();
      if (!ok && !closing_) {
        closing_ = true;
        status_ = grpc::Status(grpc::StatusCode::CANCELLED, "the client is gone");
      }
      has_more = !queue_.empty();
      writing_ = has_more;
      if (!has_more && (!closing_ || held_)) return;
      finished_ = !has_more;
      if (has_more) TakeNext();
    }
    has_more ? this->StartWrite(&out_) : this->Finish(status_);
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
  std::deque<Out> queue_;
  Out out_;  // being written while writing_
  std::size_t batch_max_ = 0;
  bool held_ = true;  // Begin was not called yet
  bool writing_ = false;
  bool closing_ = false;   // nothing more is taken
  bool finished_ = false;  // Finish was called
  grpc::Status status_;    // fixed once closing_
  std::shared_ptr<BoundedStream> self_;
};

}  // namespace trestle
