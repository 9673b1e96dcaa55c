// TLS around a connection to an SMS centre, on either side: OpenSSL through Asio, TLS 1.2 and
// newer. A client always verifies the centre's certificate and its name; there is no switch to
// leave that out. Made once from the operator's settings, shared by all links, used on the loop's
// thread.
#pragma once

#include <string>

#include "adapters/sms/tcp_wire.h"
#include "bridge/base/result.h"
#include "bridge/base/seams.h"
#include "bridge/base/sensitive.h"

namespace trestle::sms {

struct TlsSettings {
  std::string ca_file;           // PEM; "": the system's authorities (a server then asks no client)
  std::string certificate_file;  // our own chain, PEM; "": none
  Secret key;                    // its private key, PEM
};

class Tls {
 public:
  enum class Side : std::uint8_t { kClient, kServer };
  // The wire, or null when the handshake failed or took too long. Not inside the call.
  using Ready = std::function<void(std::unique_ptr<Wire>)>;

  // kInvalidArgument when a file is not readable, is no certificate, or the key does not fit it.
  static Result<std::shared_ptr<Tls>> Create(Side side, const TlsSettings& settings);
  virtual ~Tls() = default;

  // `name` is what the peer's certificate must be for (a client's; a host name or an address).
  virtual void Shake(boost::asio::ip::tcp::socket socket, const std::string& name, Millis within,
                     Ready ready) = 0;
};

}  // namespace trestle::sms
