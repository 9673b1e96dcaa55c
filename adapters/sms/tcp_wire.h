// Wires over sockets: plain TCP here, TLS in tls.h. On the one thread of their io_context.
#pragma once

#include <boost/asio/ip/tcp.hpp>

#include "adapters/sms/wire.h"

namespace trestle::sms {

std::unique_ptr<Wire> MakeTcpWire(boost::asio::ip::tcp::socket socket);

// What every wire does to its socket.
void PrepareSocket(boost::asio::ip::tcp::socket& socket);
bool HasPeerClosed(boost::asio::ip::tcp::socket& socket);
void CloseSocket(boost::asio::ip::tcp::socket& socket);

// Asio's way of ending a read or a write, for a wire's handler.
template <class Handler>
auto TellHandler(Handler done) {
  return [done = std::move(done)](const boost::system::error_code& error, std::size_t count) {
    done(error ? std::nullopt : std::optional(count));
  };
}

}  // namespace trestle::sms
