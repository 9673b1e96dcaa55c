// Bare sockets on loopback for what a well-behaved HTTP library cannot do: half a request, two
// requests at once, a server that hangs up. Blocking; used by tests alone.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <thread>

namespace trestle {

// Connects, sends the octets, and reads until the server closes.
std::string ExchangeRaw(std::uint16_t port, std::string_view octets);

class RawConnection {
 public:
  explicit RawConnection(std::uint16_t port);
  ~RawConnection();
  RawConnection(const RawConnection&) = delete;
  RawConnection& operator=(const RawConnection&) = delete;

  void Write(std::string_view octets);
  std::string ReadUntil(std::string_view end);  // or the connection's end
  std::string ReadAll();

 private:
  int socket_;
};

// Serves connections one after another with a function of the raw request (up to the blank line and
// `body_bytes` more); what it answers is sent and the connection closed.
class RawServer {
 public:
  explicit RawServer(std::size_t body_bytes, std::function<std::string(std::string)> answer);
  ~RawServer();
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;

  std::uint16_t port() const { return port_; }

 private:
  void Run();

  const std::size_t body_bytes_;
  const std::function<std::string(std::string)> answer_;
  int listener_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

// A loopback port on which nobody listens while the object lives.
class DeadPort {
 public:
  DeadPort();
  ~DeadPort();
  DeadPort(const DeadPort&) = delete;
  DeadPort& operator=(const DeadPort&) = delete;

  std::uint16_t port() const { return port_; }

 private:
  int socket_;
  std::uint16_t port_ = 0;
};

}  // namespace trestle
