// Tells the thread sanitizer in which order gRPC runs our code. Debian's gRPC is not compiled with
// the sanitizer, and hands a call from thread to thread through atomics that it cannot see. What
// gRPC promises is said here instead, and nothing more: a batch is started before its callback
// runs, and a reactor's OnCancel and OnDone come after what led to them. Linked into every program
// that speaks gRPC, in the tsan preset only; each function takes the place of gRPC's own of the
// same name, which it calls. Nothing of ours is hidden: no report is suppressed by it.
//
// gRPC 1.51. Compiled with -fno-access-control, because the callbacks' entries are private.
#include <absl/synchronization/mutex.h>
#include <dlfcn.h>
#include <grpc/grpc.h>
#include <grpcpp/support/callback_common.h>
#include <grpcpp/support/client_callback.h>
#include <grpcpp/support/server_callback.h>
#include <sanitizer/tsan_interface.h>

#include <cstdlib>
#include <memory>
#include <utility>

// The linker is told to look for this, and so finds the rest of the file.
extern "C" void TrestleTsanGrpcOrder() {}

namespace {

// gRPC's own function behind ours.
template <class Function>
Function Behind(const char* symbol) {
  void* const found = dlsym(RTLD_NEXT, symbol);
  if (found == nullptr) std::abort();  // another gRPC: this file has to be read again
  Function out = nullptr;
  static_assert(sizeof(out) == sizeof(found));
  __builtin_memcpy(&out, &found, sizeof(out));
  return out;
}

}  // namespace

// ---- A batch, and its callback, whose tag it carries.

extern "C" grpc_call_error grpc_call_start_batch(grpc_call* call, const grpc_op* ops, size_t count,
                                                 void* tag, void* reserved) {
  static const auto kBehind = Behind<decltype(&grpc_call_start_batch)>("grpc_call_start_batch");
  __tsan_release(tag);
  return kBehind(call, ops, count, tag, reserved);
}

namespace {

template <class Tag>
void RunTag(grpc_completion_queue_functor* tag, int ok) {
  __tsan_acquire(tag);
  static_cast<Tag*>(tag)->Run(ok != 0);
}

}  // namespace

// CallbackWithSuccessTag::StaticRun and CallbackWithStatusTag::StaticRun: inline in the header, so
// that this definition goes before all others.
extern "C" void RunSuccessTag(grpc_completion_queue_functor* tag, int ok) __asm__(
    "_ZN4grpc8internal22CallbackWithSuccessTag9StaticRunEP29grpc_completion_queue_functori");
extern "C" void RunSuccessTag(grpc_completion_queue_functor* tag, int ok) {
  RunTag<grpc::internal::CallbackWithSuccessTag>(tag, ok);
}
extern "C" void RunStatusTag(grpc_completion_queue_functor* tag, int ok) __asm__(
    "_ZN4grpc8internal21CallbackWithStatusTag9StaticRunEP29grpc_completion_queue_functori");
extern "C" void RunStatusTag(grpc_completion_queue_functor* tag, int ok) {
  RunTag<grpc::internal::CallbackWithStatusTag>(tag, ok);
}

// ---- The mutex in the inline functions of gRPC's reactors; ours alone is told of (the linker's
// --wrap), the library's own stay unseen, so that no order is known that gRPC does not promise.

extern "C" void RealLock(absl::Mutex* mutex) __asm__("__real__ZN4absl7debian35Mutex4LockEv");
extern "C" void RealUnlock(absl::Mutex* mutex) __asm__("__real__ZN4absl7debian35Mutex6UnlockEv");
extern "C" void ToldLock(absl::Mutex* mutex) __asm__("__wrap__ZN4absl7debian35Mutex4LockEv");
extern "C" void ToldUnlock(absl::Mutex* mutex) __asm__("__wrap__ZN4absl7debian35Mutex6UnlockEv");
extern "C" void ToldLock(absl::Mutex* mutex) {
  RealLock(mutex);
  __tsan_acquire(mutex);
}
extern "C" void ToldUnlock(absl::Mutex* mutex) {
  __tsan_release(mutex);
  RealUnlock(mutex);
}

// ---- The last reactions, which gRPC runs on a thread of its executor.

namespace grpc::internal {
namespace {

// In place of the reactor; it takes the order along to the executor's thread.
class ToldOnCancel final : public ServerReactor {
 public:
  ToldOnCancel(ServerCallbackCall& call, ServerReactor& reactor) : call_(call), reactor_(reactor) {
    __tsan_release(this);
  }
  void OnDone() override {}
  void OnCancel() override {
    const std::unique_ptr<ToldOnCancel> self(this);
    __tsan_acquire(this);
    reactor_.OnCancel();
    // gRPC now lets go of its share of the call, in code of the library.
    __tsan_release(&call_.callbacks_outstanding_);
  }

 private:
  ServerCallbackCall& call_;
  ServerReactor& reactor_;
};

// In place of the call.
class ToldOnDone final : public ServerCallbackCall {
 public:
  explicit ToldOnDone(ServerCallbackCall& call) : call_(call) { __tsan_release(this); }

 private:
  ServerReactor* reactor() override { return call_.reactor(); }
  void CallOnDone() override {
    const std::unique_ptr<ToldOnDone> self(this);
    __tsan_acquire(this);
    __tsan_acquire(&call_.callbacks_outstanding_);  // all who have let go of the call before
    call_.CallOnDone();
  }

  ServerCallbackCall& call_;
};

class ToldOnDoneOfClient final : public ClientReactor {
 public:
  explicit ToldOnDoneOfClient(ClientReactor& reactor) : reactor_(reactor) { __tsan_release(this); }
  void OnDone(const Status& status) override {
    const std::unique_ptr<ToldOnDoneOfClient> self(this);
    __tsan_acquire(this);
    reactor_.OnDone(status);
  }

 private:
  ClientReactor& reactor_;
};

}  // namespace

void ServerCallbackCall::CallOnCancel(ServerReactor* reactor) {
  static const auto kBehind = Behind<void (*)(ServerCallbackCall*, ServerReactor*)>(
      "_ZN4grpc8internal18ServerCallbackCall12CallOnCancelEPNS0_13ServerReactorE");
  __tsan_acquire(
      &on_cancel_conditions_remaining_);  // the call may have been set up on another thread
  if (reactor->InternalInlineable()) return kBehind(this, reactor);
  kBehind(this, new ToldOnCancel(*this, *reactor));
}

void ServerCallbackCall::ScheduleOnDone(bool inline_ondone) {
  static const auto kBehind = Behind<void (*)(ServerCallbackCall*, bool)>(
      "_ZN4grpc8internal18ServerCallbackCall14ScheduleOnDoneEb");
  kBehind(new ToldOnDone(*this), inline_ondone);
}

void ClientReactor::InternalScheduleOnDone(Status status) {
  // A Status is passed by address: it has a destructor.
  static const auto kBehind = Behind<void (*)(ClientReactor*, Status*)>(
      "_ZN4grpc8internal13ClientReactor22InternalScheduleOnDoneENS_6StatusE");
  kBehind(new ToldOnDoneOfClient(*this), &status);
}

}  // namespace grpc::internal
