#include "adapters/sms/sim_door.h"

#include <fstream>
#include <iterator>

namespace trestle::sms {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

Result<void> SimDoor::Listen(const SmsSimOptions& options) {
  shake_within_ = options.bind_within;
  if (!options.tls_certificate_file.empty()) {
    std::ifstream key(options.tls_key_file, std::ios::binary);
    const std::string pem((std::istreambuf_iterator<char>(key)), std::istreambuf_iterator<char>());
    const TlsSettings settings{options.tls_client_ca_file, options.tls_certificate_file,
                               Secret(pem)};
    tls_ = TRESTLE_TRY(Tls::Create(Tls::Side::kServer, settings));
  }
  error_code error;
  const tcp::endpoint at(asio::ip::address_v4::loopback(), options.smpp_port);
  acceptor_.open(at.protocol(), error);
  if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor_.bind(at, error);
  if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
  if (error) return Fail(Reason::kUnavailable, "the simulated SMS centre's port is taken");
  port_ = acceptor_.local_endpoint().port();
  return {};
}

void SimDoor::Accept() {
  acceptor_.async_accept([this](const error_code& error, tcp::socket socket) {
    if (!acceptor_.is_open() || error == asio::error::operation_aborted) return;
    if (!error) Take(std::move(socket));
    Accept();
  });
}

void SimDoor::Take(tcp::socket socket) {
  if (tls_ == nullptr) return centre_.TakeWire(MakeTcpWire(std::move(socket)));
  if (!centre_.has_room() || shaking_ >= SimCentre::kBindsMax) return;
  ++shaking_;
  tls_->Shake(std::move(socket), "", shake_within_, [this](std::unique_ptr<Wire> wire) {
    --shaking_;
    if (wire != nullptr) centre_.TakeWire(std::move(wire));
  });
}

void SimDoor::Close() {
  error_code ignored;
  acceptor_.close(ignored);
}

}  // namespace trestle::sms
