#include "adapters/sms/tcp_wire.h"

#include <sys/socket.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>

namespace trestle::sms {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

class TcpWire final : public Wire {
 public:
  explicit TcpWire(tcp::socket socket) : socket_(std::move(socket)) { PrepareSocket(socket_); }

  void ReadSome(std::span<std::uint8_t> into, Handler done) override {
    socket_.async_read_some(asio::buffer(into.data(), into.size()), TellHandler(std::move(done)));
  }
  void WriteAll(ByteView from, Handler done) override {
    asio::async_write(socket_, asio::buffer(from.data(), from.size()),
                      TellHandler(std::move(done)));
  }
  bool HasPeerClosed() override { return sms::HasPeerClosed(socket_); }
  void Close() override { CloseSocket(socket_); }

 private:
  tcp::socket socket_;
};

}  // namespace

std::unique_ptr<Wire> MakeTcpWire(tcp::socket socket) {
  return std::make_unique<TcpWire>(std::move(socket));
}

void PrepareSocket(tcp::socket& socket) {
  error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
}

bool HasPeerClosed(tcp::socket& socket) {
  std::uint8_t octet = 0;
  const ssize_t seen = ::recv(socket.native_handle(), &octet, 1, MSG_PEEK | MSG_DONTWAIT);
  return seen == 0 || (seen < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

void CloseSocket(tcp::socket& socket) {
  error_code ignored;
  socket.shutdown(tcp::socket::shutdown_both, ignored);
  socket.close(ignored);
}

}  // namespace trestle::sms
