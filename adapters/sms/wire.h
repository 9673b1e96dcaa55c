// A connected stream of octets to a peer: plain TCP, or TLS over it. PduStream owns one; all of it
// runs on the one thread of its io_context. One read and one write may be under way at a time, and
// the buffers given must live until their handler runs.
#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <memory>

namespace trestle::sms {

class Wire {
 public:
  using Handler = std::function<void(const boost::system::error_code&, std::size_t)>;

  virtual ~Wire() = default;
  virtual void ReadSome(boost::asio::mutable_buffer into, Handler done) = 0;
  virtual void WriteAll(boost::asio::const_buffer from, Handler done) = 0;
  // A look that takes nothing: what is written after the peer has gone would have an open outcome,
  // although it reached nobody. Under TLS the peer's farewell hides the end for a moment.
  virtual bool HasPeerClosed() = 0;
  // At once; handlers under way run with an error. Under TLS without the closing alert: SMPP has
  // unbind for saying goodbye, and every PDU says where it ends.
  virtual void Close() = 0;
  virtual boost::asio::any_io_executor executor() = 0;
};

std::unique_ptr<Wire> MakeTcpWire(boost::asio::ip::tcp::socket socket);

// What every wire does to its socket.
void PrepareSocket(boost::asio::ip::tcp::socket& socket);
bool HasPeerClosed(boost::asio::ip::tcp::socket& socket);
void CloseSocket(boost::asio::ip::tcp::socket& socket);

}  // namespace trestle::sms
