// A simulated SMS centre with phones: a real SMPP 3.4 server on loopback, strict in what it takes,
// and people's phones operated through SimControl. All of this is simulation; no message leaves the
// machine. Any number of binds under one system_id; messages for the customer go to any bind that
// may receive, are brought again until answered with 0, and wait while none is there.
//
// Phones are MSISDNs. A phone's inbox shows text messages as text, put together when they came in
// parts, and data messages as their user data with its header (is_binary).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "bridge/base/result.h"
#include "bridge/base/seams.h"

namespace trestle {

struct SmsSimOptions {
  std::string service_number = "12345";
  std::vector<std::string> ghost_numbers;
  std::string system_id = "trestle";
  std::string password = "secret";  // of a simulated centre: no secret of anybody
  std::uint16_t smpp_port = 0;      // 0: the system chooses
  std::uint16_t control_port = 0;
  // TLS on the SMPP port, when a certificate is given (PEM files). With a CA file it asks its
  // clients for certificates of that authority.
  std::string tls_certificate_file;
  std::string tls_key_file;
  std::string tls_client_ca_file;

  std::int64_t submits_per_second = 200;  // for each bind; above: 0x58
  std::size_t window = 100;               // submits unanswered for each bind; above: 0x58
  Millis answer_after = Millis{0};        // delay of each submit_sm_resp
  std::size_t deliver_window = 10;        // deliver_sm unanswered for each bind

  enum class ReceiptForm : std::uint8_t { kText, kTlvs, kBoth };
  ReceiptForm receipt_form = ReceiptForm::kBoth;
  bool receipt_before_answer = false;  // the receipt overtakes its submit_sm_resp
  // How ids are written: decimal everywhere, hexadecimal everywhere, or hexadecimal in responses
  // and decimal with leading zeros in receipts.
  enum class IdStyle : std::uint8_t { kDecimal, kHex, kMixed };
  IdStyle id_style = IdStyle::kHex;

  Millis bind_within = std::chrono::seconds(10);         // of connecting
  Millis enquire_after = std::chrono::seconds(30);       // of silence
  Millis answer_within = std::chrono::seconds(10);       // for deliver_sm and enquire_link
  Millis deliver_again_after = std::chrono::seconds(1);  // doubles up to 32 times
};

class SmsSim {
 public:
  static Result<std::unique_ptr<SmsSim>> Start(SmsSimOptions options, const Clock& clock,
                                               Random& random);
  virtual ~SmsSim() = default;  // stops

  virtual std::uint16_t smpp_port() const = 0;
  virtual std::uint16_t control_port() const = 0;
};

}  // namespace trestle
