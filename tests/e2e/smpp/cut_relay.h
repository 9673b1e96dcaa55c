// Between an SMPP client and a centre: hands everything on in writes of seven octets, both ways, so
// that no PDU and no header ever comes in one piece.
#pragma once

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <memory>
#include <thread>

namespace trestle::sms {

class CutRelay {
 public:
  static constexpr std::size_t kPieceOctets = 7;

  explicit CutRelay(std::uint16_t to)
      : to_(to), acceptor_(io_, {boost::asio::ip::address_v4::loopback(), 0}) {
    Accept();
    thread_ = std::thread([this] { io_.run(); });
  }
  ~CutRelay() {
    io_.stop();
    thread_.join();
  }
  CutRelay(const CutRelay&) = delete;
  CutRelay& operator=(const CutRelay&) = delete;

  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

 private:
  using tcp = boost::asio::ip::tcp;
  using error_code = boost::system::error_code;

  struct Pair {
    tcp::socket client;
    tcp::socket centre;
    std::array<std::uint8_t, 4096> up{};
    std::array<std::uint8_t, 4096> down{};
  };

  void Accept() {
    acceptor_.async_accept([this](const error_code& error, tcp::socket client) {
      if (error) return;
      auto pair = std::make_shared<Pair>(Pair{std::move(client), tcp::socket(io_)});
      error_code failed;
      pair->centre.connect({boost::asio::ip::address_v4::loopback(), to_}, failed);
      if (!failed) {
        pair->client.set_option(tcp::no_delay(true), failed);
        pair->centre.set_option(tcp::no_delay(true), failed);
        Pump(pair, pair->client, pair->centre, pair->up);
        Pump(pair, pair->centre, pair->client, pair->down);
      }
      Accept();
    });
  }

  void Pump(const std::shared_ptr<Pair>& pair, tcp::socket& from, tcp::socket& to,
            std::array<std::uint8_t, 4096>& buffer) {
    from.async_read_some(boost::asio::buffer(buffer), [this, pair, &from, &to, &buffer](
                                                          error_code error, std::size_t count) {
      for (std::size_t at = 0; at < count && !error; at += kPieceOctets) {
        const std::size_t size = std::min(kPieceOctets, count - at);
        boost::asio::write(to, boost::asio::buffer(buffer.data() + at, size), error);
      }
      if (!error) return Pump(pair, from, to, buffer);
      error_code ignored;
      pair->client.close(ignored);
      pair->centre.close(ignored);
    });
  }

  const std::uint16_t to_;
  boost::asio::io_context io_;
  tcp::acceptor acceptor_;
  std::thread thread_;
};

}  // namespace trestle::sms
