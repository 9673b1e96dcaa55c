#include "adapters/sms/tcp_connect.h"

#include <algorithm>
#include <boost/asio/connect.hpp>
#include <boost/asio/steady_timer.hpp>

#include "adapters/sms/tls.h"
#include "bridge/base/system_seams.h"

namespace trestle::sms {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

// One try; what is under way keeps it alive.
class Connecting : public std::enable_shared_from_this<Connecting> {
 public:
  Connecting(asio::io_context& io, WireTarget target, Done<std::unique_ptr<Wire>> done)
      : target_(std::move(target)),
        done_(std::move(done)),
        resolver_(io),
        socket_(io),
        until_(clock_.mono_now() + target_.within),
        limit_(io, target_.within) {}

  void Start() {
    limit_.async_wait([weak = weak_from_this()](const error_code& error) {
      const auto self = weak.lock();
      if (!error && self != nullptr) self->GiveUp();
    });
    resolver_.async_resolve(
        target_.host, std::to_string(target_.port),
        [self = shared_from_this()](const error_code& error, const auto& endpoints) {
          if (error) return self->GiveUp();
          asio::async_connect(self->socket_, endpoints,
                              [self](const error_code& failed, const auto&) {
                                failed ? self->GiveUp() : self->Connected();
                              });
        });
  }

 private:
  void Connected() {
    if (!done_) return;  // the time was over
    if (target_.tls == nullptr) return Finish(MakeTcpWire(std::move(socket_)));
    // The rest of the time is the handshake's own limit.
    limit_.cancel();
    const Millis left = std::max(until_ - clock_.mono_now(), Millis{1});
    target_.tls->Shake(std::move(socket_), target_.tls_name, left,
                       [self = shared_from_this()](std::unique_ptr<Wire> wire) {
                         if (wire != nullptr) return self->Finish(std::move(wire));
                         self->Finish(Fail(Reason::kUnauthenticated, "no TLS with this peer"));
                       });
  }
  void GiveUp() {
    error_code ignored;
    resolver_.cancel();
    socket_.close(ignored);
    Finish(Fail(Reason::kUnavailable, "the peer does not answer"));
  }
  void Finish(Result<std::unique_ptr<Wire>> result) {
    limit_.cancel();
    if (done_) std::exchange(done_, nullptr)(std::move(result));
  }

  const WireTarget target_;
  Done<std::unique_ptr<Wire>> done_;
  tcp::resolver resolver_;
  tcp::socket socket_;
  const SystemClock clock_;  // sockets live in the system's time
  const MonoTime until_;
  asio::steady_timer limit_;
};

}  // namespace

void ConnectTcp(asio::io_context& io, WireTarget target, Done<std::unique_ptr<Wire>> done) {
  std::make_shared<Connecting>(io, std::move(target), std::move(done))->Start();
}

}  // namespace trestle::sms
