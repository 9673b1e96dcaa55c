// How clients come to the simulated SMS centre: a TCP port on loopback, with TLS where it is asked
// for. Part of the simulation; on the centre's loop alone, Listen and port excepted.
#pragma once

#include <boost/asio/ip/tcp.hpp>

#include "adapters/sms/asio_loop.h"
#include "adapters/sms/sim_centre.h"
#include "adapters/sms/tls.h"

namespace trestle::sms {

class SimDoor {
 public:
  // Both outlive it.
  SimDoor(AsioLoop& loop, SimCentre& centre) : centre_(centre), acceptor_(loop.io()) {}

  // Before the loop has work. kUnavailable when the port is taken, kInvalidArgument when a TLS file
  // is not what it should be.
  Result<void> Listen(const SmsSimOptions& options);
  std::uint16_t port() const { return port_; }
  void Accept();
  void Close();

 private:
  void Take(boost::asio::ip::tcp::socket socket);

  SimCentre& centre_;
  boost::asio::ip::tcp::acceptor acceptor_;
  std::shared_ptr<Tls> tls_;  // null: plain TCP
  Millis shake_within_{};
  std::size_t shaking_ = 0;  // connections in their TLS handshake
  std::uint16_t port_ = 0;
};

}  // namespace trestle::sms
