#include "tests/unit/http/raw_peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstring>

#include "bridge/base/result.h"

namespace trestle {
namespace {

sockaddr_in Loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

const sockaddr* Plain(const sockaddr_in& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

std::uint16_t BindAny(int socket) {
  const sockaddr_in any = Loopback(0);
  TRESTLE_CHECK(bind(socket, Plain(any), sizeof any) == 0);
  sockaddr_in bound{};
  socklen_t bytes = sizeof bound;
  TRESTLE_CHECK(getsockname(socket, reinterpret_cast<sockaddr*>(&bound), &bytes) == 0);
  return ntohs(bound.sin_port);
}

// Empty at the connection's end.
std::string ReadSome(int socket) {
  std::array<char, 4096> piece;
  const ssize_t count = recv(socket, piece.data(), piece.size(), 0);
  return count > 0 ? std::string(piece.data(), static_cast<std::size_t>(count)) : std::string();
}

void WriteAll(int socket, std::string_view octets) {
  while (!octets.empty()) {
    const ssize_t count = send(socket, octets.data(), octets.size(), MSG_NOSIGNAL);
    if (count <= 0) return;  // the peer had enough
    octets.remove_prefix(static_cast<std::size_t>(count));
  }
}

}  // namespace

std::string ExchangeRaw(std::uint16_t port, std::string_view octets) {
  RawConnection connection(port);
  connection.Write(octets);
  return connection.ReadAll();
}

RawConnection::RawConnection(std::uint16_t port) : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
  const sockaddr_in address = Loopback(port);
  TRESTLE_CHECK(connect(socket_, Plain(address), sizeof address) == 0);
}

RawConnection::~RawConnection() { close(socket_); }

void RawConnection::Write(std::string_view octets) { WriteAll(socket_, octets); }

std::string RawConnection::ReadUntil(std::string_view end) {
  std::string all;
  while (all.find(end) == all.npos) {
    const std::string piece = ReadSome(socket_);
    if (piece.empty()) break;
    all += piece;
  }
  return all;
}

std::string RawConnection::ReadAll() {
  std::string all;
  for (std::string piece = ReadSome(socket_); !piece.empty(); piece = ReadSome(socket_)) {
    all += piece;
  }
  return all;
}

RawServer::RawServer(std::size_t body_bytes, std::function<std::string(std::string)> answer)
    : body_bytes_(body_bytes),
      answer_(std::move(answer)),
      listener_(socket(AF_INET, SOCK_STREAM, 0)) {
  port_ = BindAny(listener_);
  TRESTLE_CHECK(listen(listener_, 16) == 0);
  thread_ = std::thread([this] { Run(); });
}

RawServer::~RawServer() {
  shutdown(listener_, SHUT_RDWR);  // wakes accept
  thread_.join();
  close(listener_);
}

void RawServer::Run() {
  while (true) {
    const int peer = accept(listener_, nullptr, nullptr);
    if (peer < 0) return;
    std::string request;
    std::size_t needed = std::string::npos;
    while (request.size() < needed) {
      const std::string piece = ReadSome(peer);
      if (piece.empty()) break;
      request += piece;
      const std::size_t blank = request.find("\r\n\r\n");
      if (blank != request.npos) needed = blank + 4 + body_bytes_;
    }
    WriteAll(peer, answer_(std::move(request)));
    close(peer);
  }
}

DeadPort::DeadPort() : socket_(socket(AF_INET, SOCK_STREAM, 0)), port_(BindAny(socket_)) {}

DeadPort::~DeadPort() { close(socket_); }

}  // namespace trestle
