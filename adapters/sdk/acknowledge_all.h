// One webhook body can hold several messages, and the network is answered once: when all of them
// are acknowledged, or with the first error. An acknowledgement that is dropped unrun counts as one
// that failed, so nothing is ever confirmed by accident. Acknowledgements may run on any thread.
#pragma once

#include <memory>
#include <mutex>

#include "bridge/base/result.h"

namespace trestle {

class AcknowledgeAll {
 public:
  explicit AcknowledgeAll(Done<void> done) : gather_(std::make_shared<Gather>(std::move(done))) {}

  // One more that must be acknowledged. `done` runs when this object and all of them are gone.
  Done<void> One() {
    return [vote = Vote(gather_)](Result<void> result) mutable { vote.Cast(result); };
  }

 private:
  struct Gather {
    explicit Gather(Done<void> all) : done(std::move(all)) {}
    ~Gather() { std::move(done)(outcome); }
    Gather(const Gather&) = delete;
    Gather& operator=(const Gather&) = delete;

    void Note(const Result<void>& result) {
      const std::lock_guard lock(mutex);
      if (outcome && !result) outcome = result;
    }

    std::mutex mutex;
    Result<void> outcome = {};
    Done<void> done;
  };

  class Vote {
   public:
    explicit Vote(std::shared_ptr<Gather> gather) : gather_(std::move(gather)) {}
    Vote(Vote&&) noexcept = default;
    Vote& operator=(Vote&&) = delete;
    Vote(const Vote&) = delete;
    Vote& operator=(const Vote&) = delete;
    ~Vote() {
      if (gather_ != nullptr) Cast(Fail(Reason::kCancelled, "nobody acknowledged"));
    }
    void Cast(const Result<void>& result) {
      gather_->Note(result);
      gather_.reset();
    }

   private:
    std::shared_ptr<Gather> gather_;  // null once cast or moved from
  };

  std::shared_ptr<Gather> gather_;
};

}  // namespace trestle
