// A phone's line to its simulated network: native messages out and in, frames cut and put together
// on the way. It is what the messaging app of a real phone would give to the endpoint inside it.
// Owned by a Phone; used by one thread.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "bridge/base/seams.h"
#include "bridge/envelope/fragment.h"
#include "bridge/envelope/frame.h"
#include "sim/control_client.h"

namespace trestle::sim {

enum class LineKind : std::uint8_t { kText, kSms };

class Line {
 public:
  struct Options {
    std::string control_url;
    std::string address;  // of this phone on its network
    LineKind kind = LineKind::kText;
    std::size_t text_bytes_max = 0;  // of one native text, for kText
  };
  struct Seams {
    HttpClient& http;
    const Clock& clock;
    Random& random;
  };
  struct Received {
    std::string from;                       // the bridge identity that wrote
    std::variant<std::string, Frame> what;  // a text, or a whole frame
    std::size_t native_messages = 1;
  };

  Line(Options options, Seams seams)
      : options_(std::move(options)),
        seams_(seams),
        control_(seams.http, options_.control_url),
        incoming_({.open_sets_max = 256, .bytes_max = 16 * 1024 * 1024}) {}

  Result<void> Register();  // makes the phone known to its network
  Result<void> SendText(const std::string& to, const std::string& text);
  Result<void> SendFrame(const std::string& to, const Frame& frame);  // kTooLarge above 255 units
  // What came since the last call; waits up to `wait` when there is nothing yet.
  Result<std::vector<Received>> Receive(Millis wait);

  const std::string& address() const { return options_.address; }
  const std::string& raw_inbox() const {
    return raw_inbox_;
  }  // every octet that ever came, for claims
  ControlClient& control() { return control_; }

 private:
  Result<void> Send(const std::string& to, const nlohmann::json& body);
  Result<void> SendSegments(const std::string& to, ByteView frame);
  Result<std::optional<Received>> Take(const nlohmann::json& message);
  Result<std::optional<Bytes>> TakeChunk(const std::string& from, const nlohmann::json& message,
                                         std::size_t& native_messages);

  const Options options_;
  const Seams seams_;
  ControlClient control_;
  Reassembler incoming_;
  std::uint64_t last_seq_ = 0;
  std::uint8_t next_sms_ref_ = 0;
  std::string raw_inbox_;
};

}  // namespace trestle::sim
