// A peer at the other end of SMPP that does exactly what a test says, octet by octet: a client of
// the simulated centre, or a centre for the adapter's session. Blocking, with a limit of ten
// seconds so that a failing test ends.
#pragma once

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <catch2/catch.hpp>
#include <optional>

#include "adapters/sms/codec.h"

namespace trestle::sms {

class RawPeer {
 public:
  using tcp = boost::asio::ip::tcp;

  RawPeer(RawPeer&&) = default;
  RawPeer& operator=(RawPeer&&) = delete;  // the socket must go before its context

  static RawPeer ConnectTo(std::uint16_t port) {
    RawPeer peer;
    peer.socket_->connect(Loopback(port));
    peer.LimitWaiting();
    return peer;
  }

  void Send(const Pdu& pdu) { SendOctets(EncodePdu(pdu).value()); }
  void SendOctets(ByteView octets) {
    boost::asio::write(*socket_, boost::asio::buffer(octets.data(), octets.size()));
  }

  // Which of them has something to read, the first if several have.
  static std::size_t FirstToSend(const std::vector<RawPeer*>& peers) {
    std::vector<pollfd> waits;
    for (RawPeer* peer : peers) waits.push_back({peer->socket_->native_handle(), POLLIN, 0});
    REQUIRE(::poll(waits.data(), waits.size(), 10'000) > 0);
    const auto ready =
        std::find_if(waits.begin(), waits.end(), [](const pollfd& each) { return each.revents; });
    return static_cast<std::size_t>(ready - waits.begin());
  }

  // The next PDU; none when the other side closed.
  std::optional<Pdu> Read() {
    while (true) {
      auto next = reader_.Next().value();
      if (next) return DecodePdu(*next).value();
      std::array<std::uint8_t, 4096> buffer{};
      boost::system::error_code error;
      const std::size_t count = socket_->read_some(boost::asio::buffer(buffer), error);
      if (error == boost::asio::error::eof || error == boost::asio::error::connection_reset) {
        return std::nullopt;
      }
      INFO("waiting for a PDU: " << error.message());
      REQUIRE_FALSE(error);
      reader_.Feed(ByteView(buffer).first(count));
    }
  }
  Pdu Expect(CommandId command) {
    const auto pdu = Read();
    REQUIRE(pdu.has_value());
    CHECK(CommandName(pdu->command) == CommandName(command));
    return *pdu;
  }
  // Sends a request and answers what comes back for it.
  Pdu Ask(Pdu request) {
    request.sequence = ++last_sequence_;
    Send(request);
    while (true) {
      const auto pdu = Read();
      REQUIRE(pdu.has_value());
      if (IsResponse(pdu->command) && pdu->sequence == request.sequence) return *pdu;
      early_.push_back(*pdu);
    }
  }
  // A PDU that came while Ask waited for another one, or the next.
  Pdu ExpectRequest(CommandId command) {
    if (early_.empty()) return Expect(command);
    const Pdu pdu = early_.front();
    early_.erase(early_.begin());
    CHECK(CommandName(pdu.command) == CommandName(command));
    return pdu;
  }
  Pdu Bind(CommandId command, const std::string& system_id = "trestle",
           const std::string& password = "secret") {
    return Ask({command, 0, 0, BindBody{system_id, password, "", kInterfaceVersion, {}}});
  }
  void Answer(const Pdu& request, CommandStatus code = status::kOk, Body body = EmptyBody{}) {
    Send({ResponseTo(request.command), code, request.sequence, std::move(body)});
  }
  // Octets as they come; 0 when the other side closed.
  std::size_t ReadSome(std::span<std::uint8_t> into) {
    boost::system::error_code error;
    return socket_->read_some(boost::asio::buffer(into.data(), into.size()), error);
  }
  void Close() { socket_->close(); }

 private:
  friend class RawCentre;
  RawPeer() : socket_(std::make_unique<tcp::socket>(*io_)) {}

  static tcp::endpoint Loopback(std::uint16_t port) {
    return {boost::asio::ip::address_v4::loopback(), port};
  }
  void LimitWaiting() {
    const timeval limit{10, 0};
    setsockopt(socket_->native_handle(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }

  std::unique_ptr<boost::asio::io_context> io_ = std::make_unique<boost::asio::io_context>();
  std::unique_ptr<tcp::socket> socket_;
  PduReader reader_;
  std::uint32_t last_sequence_ = 0;
  std::vector<Pdu> early_;
};

// A centre whose every answer is written by the test.
class RawCentre {
 public:
  RawCentre() : acceptor_(io_, RawPeer::Loopback(0)) {}
  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

  RawPeer AcceptOne() {
    RawPeer peer;
    acceptor_.accept(*peer.socket_);
    peer.LimitWaiting();
    return peer;
  }
  // Accepts and lets the client bind.
  RawPeer AcceptBound() {
    RawPeer peer = AcceptOne();
    const auto bind = peer.Read();
    REQUIRE(bind.has_value());
    peer.Answer(*bind, status::kOk, BindRespBody{"raw"});
    return peer;
  }

 private:
  boost::asio::io_context io_;
  RawPeer::tcp::acceptor acceptor_;
};

}  // namespace trestle::sms
