// A connected stream of octets to a peer, and the loop that makes one: in production sockets, plain
// or under TLS, on an AsioLoop; in tests/sim pipes in memory. PduStream owns a wire; its handlers
// run on the loop, never inside the call. One read and one write may be under way at a time, and
// the buffers given must live until their handler runs.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "adapters/sdk/machine.h"
#include "bridge/base/bytes.h"

namespace trestle::sms {

class Tls;

class Wire {
 public:
  // How many octets; nullopt when the wire has ended.
  using Handler = std::function<void(std::optional<std::size_t>)>;

  virtual ~Wire() = default;
  virtual void ReadSome(std::span<std::uint8_t> into, Handler done) = 0;
  virtual void WriteAll(ByteView from, Handler done) = 0;
  // A look that takes nothing: what is written after the peer has gone would have an open outcome,
  // although it reached nobody. Under TLS the peer's farewell hides the end for a moment.
  virtual bool HasPeerClosed() = 0;
  // At once; handlers under way run with nullopt. Under TLS without the closing alert: SMPP has
  // unbind for saying goodbye, and every PDU says where it ends.
  virtual void Close() = 0;
};

struct WireTarget {
  std::string host;
  std::uint16_t port = 0;
  std::shared_ptr<Tls> tls = nullptr;  // null: plain TCP
  std::string tls_name = {};           // whom the peer's certificate must be for
  Millis within = std::chrono::seconds(10);
};

class WireLoop : public Loop {
 public:
  // On the loop; `done` runs on it. kUnavailable when nobody answers in time, kUnauthenticated when
  // TLS does not come about.
  virtual void Connect(WireTarget target, Done<std::unique_ptr<Wire>> done) = 0;
};

}  // namespace trestle::sms
