// A two-way stream as the load's clients use it: one write in flight, and when that is done,
// whatever has come together goes next. Lives until gRPC is done with it.
#pragma once

#include <grpcpp/client_context.h>
#include <grpcpp/support/client_callback.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>

namespace trestle::bench {

template <class Out, class In>
class ClientStream : public grpc::ClientBidiReactor<Out, In> {
 public:
  // After the call was made on `context()`.
  void Begin() {
    this->StartRead(&in_);
    this->StartCall();
  }
  // Ends the stream and waits until gRPC is done with it; not from a reaction.
  grpc::Status End() {
    context_.TryCancel();
    std::unique_lock lock(done_mutex_);
    done_.wait(lock, [this] { return is_done_; });
    return status_;
  }
  bool failed() const {
    const std::lock_guard lock(done_mutex_);
    return is_done_;
  }

 protected:
  explicit ClientStream(const std::string& token) {
    context_.AddMetadata("authorization", "Bearer " + token);
  }

  grpc::ClientContext& context() { return context_; }
  // Any thread: there may be something to write.
  void Pump() {
    const std::lock_guard lock(write_mutex_);
    if (writing_) return;
    out_.Clear();
    writing_ = Compose(out_);
    if (writing_) this->StartWrite(&out_);
  }
  // The next message; false when there is none. Never called twice at a time.
  virtual bool Compose(Out& message) = 0;
  virtual void Take(const In& message) = 0;

 private:
  void OnReadDone(bool ok) final {
    if (!ok) return;
    Take(in_);
    this->StartRead(&in_);
  }
  void OnWriteDone(bool ok) final {
    {
      const std::lock_guard lock(write_mutex_);
      writing_ = false;
    }
    if (ok) Pump();
  }
  void OnDone(const grpc::Status& status) final {
    const std::lock_guard lock(done_mutex_);
    status_ = status;
    is_done_ = true;
    done_.notify_all();
  }

  grpc::ClientContext context_;
  In in_;
  std::mutex write_mutex_;
  Out out_;
  bool writing_ = false;
  mutable std::mutex done_mutex_;
  std::condition_variable done_;
  bool is_done_ = false;
  grpc::Status status_;
};

}  // namespace trestle::bench
