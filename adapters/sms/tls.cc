#include "adapters/sms/tls.h"

#include <openssl/err.h>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

namespace trestle::sms {

namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

class TlsWire final : public Wire {
 public:
  TlsWire(tcp::socket socket, ssl::context& context) : stream_(std::move(socket), context) {
    PrepareSocket(stream_.next_layer());
  }

  void ReadSome(std::span<std::uint8_t> into, Handler done) override {
    stream_.async_read_some(asio::buffer(into.data(), into.size()), TellHandler(std::move(done)));
  }
  void WriteAll(ByteView from, Handler done) override {
    asio::async_write(stream_, asio::buffer(from.data(), from.size()),
                      TellHandler(std::move(done)));
  }
  bool HasPeerClosed() override { return sms::HasPeerClosed(stream_.next_layer()); }
  void Close() override { CloseSocket(stream_.next_layer()); }

  ssl::stream<tcp::socket>& stream() { return stream_; }

 private:
  ssl::stream<tcp::socket> stream_;
};

// One handshake with its time limit; it owns the wire until it is handed over or given up.
struct Handshake {
  Handshake(tcp::socket socket, ssl::context& context)
      : wire(std::make_unique<TlsWire>(std::move(socket), context)),
        limit(wire->stream().get_executor()) {}
  std::unique_ptr<TlsWire> wire;
  asio::steady_timer limit;
};

bool IsAddress(const std::string& name) {
  error_code error;
  (void)asio::ip::make_address(name, error);
  return !error;
}

class TlsImpl final : public Tls, public std::enable_shared_from_this<TlsImpl> {
 public:
  explicit TlsImpl(Side side)
      : side_(side),
        context_(side == Side::kClient ? ssl::context::tls_client : ssl::context::tls_server) {}

  Result<void> Load(const TlsSettings& settings);
  void Shake(tcp::socket socket, const std::string& name, Millis within, Ready ready) override;

 private:
  const Side side_;
  ssl::context context_;
};

Result<void> TlsImpl::Load(const TlsSettings& settings) {
  error_code error;
  context_.set_options(ssl::context::default_workarounds | ssl::context::no_sslv2 |
                           ssl::context::no_sslv3 | ssl::context::no_tlsv1 |
                           ssl::context::no_tlsv1_1,
                       error);
  if (!settings.ca_file.empty()) {
    context_.load_verify_file(settings.ca_file, error);
    if (error) return Fail(Reason::kInvalidArgument, "tls: the CA file holds no certificate");
  } else if (side_ == Side::kClient) {
    context_.set_default_verify_paths(error);
    if (error) return Fail(Reason::kInvalidArgument, "tls: the system has no authorities");
  }
  if (!settings.certificate_file.empty()) {
    context_.use_certificate_chain_file(settings.certificate_file, error);
    if (error) return Fail(Reason::kInvalidArgument, "tls: the certificate file holds none");
    const std::string_view key = settings.key.Reveal(Purpose::kAuthenticate);
    context_.use_private_key(asio::buffer(key.data(), key.size()), ssl::context::pem, error);
    if (error) return Fail(Reason::kInvalidArgument, "tls: the key does not fit the certificate");
  }
  const bool asks_peer = side_ == Side::kClient || !settings.ca_file.empty();
  context_.set_verify_mode(
      asks_peer ? ssl::verify_peer | ssl::verify_fail_if_no_peer_cert : ssl::verify_none, error);
  ERR_clear_error();
  return {};
}

void TlsImpl::Shake(tcp::socket socket, const std::string& name, Millis within, Ready ready) {
  const auto shake = std::make_shared<Handshake>(std::move(socket), context_);
  auto& stream = shake->wire->stream();
  if (side_ == Side::kClient) {
    error_code ignored;
    stream.set_verify_callback(ssl::host_name_verification(name), ignored);
    // RFC 6066, Section 3: a literal address is no server name.
    if (!IsAddress(name)) {
      std::string copy = name;  // SSL_set_tlsext_host_name, without its cast
      (void)SSL_ctrl(stream.native_handle(), SSL_CTRL_SET_TLSEXT_HOSTNAME,
                     TLSEXT_NAMETYPE_host_name, copy.data());
    }
  }
  shake->limit.expires_after(within);
  shake->limit.async_wait([weak = std::weak_ptr(shake)](const error_code& error) {
    const auto same = weak.lock();
    if (!error && same != nullptr && same->wire != nullptr) same->wire->Close();
  });
  const auto role = side_ == Side::kClient ? ssl::stream_base::client : ssl::stream_base::server;
  stream.async_handshake(
      role, [self = shared_from_this(), shake, ready = std::move(ready)](const error_code& error) {
        shake->limit.cancel();
        ready(error ? nullptr : std::move(shake->wire));
      });
}

}  // namespace

Result<std::shared_ptr<Tls>> Tls::Create(Side side, const TlsSettings& settings) {
  auto tls = std::make_shared<TlsImpl>(side);
  TRESTLE_TRY(tls->Load(settings));
  return tls;
}

}  // namespace trestle::sms
