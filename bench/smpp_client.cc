#include "bench/smpp_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <chrono>

#include "adapters/sms/codec.h"
#include "adapters/sms/segments.h"
#include "bench/simulated.h"

namespace trestle::bench {
namespace {

using sms::CommandId;
using sms::Pdu;

constexpr std::size_t kReadBytesMax = 65536;
constexpr int kPatienceSeconds = 30;  // for any octet of the centre's
constexpr std::uint8_t kTonInternational = 1;
constexpr std::uint8_t kNpiIsdn = 1;
constexpr std::uint8_t kCodingBinary = 4;          // SMPP 3.4, Section 5.2.19
constexpr std::uint8_t kEsmUserDataHeader = 0x40;  // Section 5.2.12

double Now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

class Client {
 public:
  explicit Client(const SmppLoad& load) : load_(load) {}
  ~Client() {
    if (socket_ >= 0) ::close(socket_);
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  Result<void> Open();
  Result<SendCount> Run();

 private:
  Result<void> Connect();
  void Fill();
  Pdu NextSubmit();
  Result<void> Put(const Pdu& pdu);
  Result<void> Flush();
  Result<void> TakeAll();
  Result<void> Take(const Pdu& pdu);

  const SmppLoad& load_;
  int socket_ = -1;
  sms::PduReader reader_;
  Bytes out_;  // to be written with one call
  Pdu submit_;
  bool is_bound_ = false;
  std::uint32_t sequence_ = 0;
  std::size_t unanswered_ = 0;
  std::uint64_t accepted_ = 0;
  std::uint64_t refused_ = 0;
};

Result<void> Client::Connect() {
  socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket_ < 0) return Fail(Reason::kUnavailable, "there is no socket");
  const int one = 1;
  const timeval patience{.tv_sec = kPatienceSeconds, .tv_usec = 0};
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(load_.port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
  if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    return Fail(Reason::kUnavailable, "the centre takes no connection");
  }
  return {};
}

Result<void> Client::Open() {
  TRESTLE_TRY(Connect());
  sms::Segment segment;
  segment.destination_port = sms::kTrestleQuietPort;
  segment.chunk = load_.frame;
  sms::MessageBody body;
  body.source = {kTonInternational, kNpiIsdn, load_.source};
  body.esm_class = kEsmUserDataHeader;
  body.validity_period = "000000010000000R";  // an hour, SMPP 3.4, Section 7.1.1.2
  body.registered_delivery = 1;
  body.data_coding = kCodingBinary;
  body.short_message = TRESTLE_TRY(sms::EncodeSegment(segment));
  submit_ = {CommandId::kSubmitSm, sms::status::kOk, 0, std::move(body)};
  sms::BindBody bind;
  bind.system_id = kSmppSystemId;
  bind.password = kSmppPassword;
  TRESTLE_TRY(Put({CommandId::kBindTransceiver, sms::status::kOk, ++sequence_, std::move(bind)}));
  TRESTLE_TRY(Flush());
  while (!is_bound_) TRESTLE_TRY(TakeAll());
  return {};
}

Result<SendCount> Client::Run() {
  const double begin = Now() + load_.warm_up_seconds;
  const double end = begin + load_.seconds;
  SendCount count;
  std::uint64_t before = 0;
  double begun_at = 0;
  for (double now = Now(); now < end; now = Now()) {
    if (begun_at == 0 && now >= begin) {
      begun_at = now;
      before = accepted_;
    }
    while (unanswered_ < load_.window) {
      TRESTLE_TRY(Put(NextSubmit()));
      ++unanswered_;
    }
    TRESTLE_TRY(Flush());
    TRESTLE_TRY(TakeAll());
  }
  count.sent = accepted_ - before;
  count.refused = refused_;
  count.per_second = static_cast<double>(count.sent) / (Now() - begun_at);
  return count;
}

Pdu Client::NextSubmit() {
  Pdu pdu = submit_;
  pdu.sequence = ++sequence_;
  auto& body = std::get<sms::MessageBody>(pdu.body);
  body.destination = {kTonInternational, kNpiIsdn,
                      load_.destinations[sequence_ % load_.destinations.size()]};
  // As the adapter sends it: no two messages to one phone have the same.
  pdu.tlvs.push_back(
      sms::MakeTlvU16(sms::tag::kUserMessageReference, static_cast<std::uint16_t>(sequence_)));
  return pdu;
}

Result<void> Client::Put(const Pdu& pdu) {
  const Bytes octets = TRESTLE_TRY(sms::EncodePdu(pdu));
  out_.insert(out_.end(), octets.begin(), octets.end());
  return {};
}

Result<void> Client::Flush() {
  std::size_t at = 0;
  while (at < out_.size()) {
    const ssize_t written = ::send(socket_, out_.data() + at, out_.size() - at, MSG_NOSIGNAL);
    if (written <= 0) return Fail(Reason::kUnavailable, "the centre takes no more octets");
    at += static_cast<std::size_t>(written);
  }
  out_.clear();
  return {};
}

// One read, and all the PDUs that are whole with it.
Result<void> Client::TakeAll() {
  std::array<std::uint8_t, kReadBytesMax> octets;
  const ssize_t count = ::recv(socket_, octets.data(), octets.size(), 0);
  if (count <= 0) return Fail(Reason::kUnavailable, "the centre has gone or is silent");
  reader_.Feed(ByteView(octets.data(), static_cast<std::size_t>(count)));
  for (;;) {
    const auto next = TRESTLE_TRY(reader_.Next());
    if (!next) return {};
    const Pdu pdu = TRESTLE_TRY(sms::DecodePdu(*next));
    TRESTLE_TRY(Take(pdu));
  }
}

Result<void> Client::Take(const Pdu& pdu) {
  const bool is_ok = pdu.status == sms::status::kOk;
  switch (pdu.command) {
    case CommandId::kSubmitSmResp:
      --unanswered_;
      ++(is_ok ? accepted_ : refused_);
      return {};
    case CommandId::kBindTransceiverResp:
      is_bound_ = is_ok;
      if (!is_ok) return Fail(Reason::kUnavailable, "the centre refused the bind");
      return {};
    case CommandId::kDeliverSm:
      return Put({CommandId::kDeliverSmResp, sms::status::kOk, pdu.sequence, sms::MessageIdBody{}});
    case CommandId::kEnquireLink:
      return Put({CommandId::kEnquireLinkResp, sms::status::kOk, pdu.sequence});
    default:
      return Fail(Reason::kMalformed, "the centre says what nobody asked for");
  }
}

}  // namespace

Result<SendCount> RunSmppClient(const SmppLoad& load) {
  Client client(load);
  TRESTLE_TRY(client.Open());
  return client.Run();
}

}  // namespace trestle::bench
