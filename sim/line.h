// A phone's line to its simulated network: native messages out and in, frames cut and put together
// on the way, and on SMS confirmed end to end with the very code that the bridge's adapter uses. It
// is what the messaging app of a real phone would give to the endpoint inside it. Owned by a Phone;
// used by one thread.
#pragma once

#include <map>
#include <string>
#include <variant>
#include <vector>

#include "adapters/sms/arrival_watch.h"
#include "adapters/sms/sent_frames.h"
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
  // A frame that the bridge has not confirmed in time.
  struct Lost {
    std::string to;
    EnvelopeId about;
    Rule rule = Rule::kNotConfirmed;
  };
  static constexpr Millis kConfirmWithin = std::chrono::hours(1);

  Line(Options options, Seams seams)
      : options_(std::move(options)),
        seams_(seams),
        control_(seams.http, options_.control_url),
        incoming_({.open_sets_max = 256, .bytes_max = 16 * 1024 * 1024, .age_max = kConfirmWithin}),
        arrivals_({}, seams.random),
        sent_({}, seams.random) {}

  Result<void> Register();  // makes the phone known to its network
  Result<void> SendText(const std::string& to, const std::string& text);
  // kTooLarge above 255 units. `about` names the frame when it is lost.
  Result<void> SendFrame(const std::string& to, const Frame& frame, const EnvelopeId& about = {});
  // What came since the last call; waits up to `wait` when there is nothing yet.
  Result<std::vector<Received>> Receive(Millis wait);
  std::vector<Lost> TakeLost() { return std::exchange(lost_, {}); }

  const std::string& address() const { return options_.address; }
  const std::string& raw_inbox() const {
    return raw_inbox_;
  }  // every octet that ever came, for claims
  ControlClient& control() { return control_; }

 private:
  Result<void> Send(const std::string& to, const nlohmann::json& body);
  Result<void> SendSegments(const std::string& to, ByteView frame, const EnvelopeId& about);
  Result<void> SendSegment(const std::string& to, const sms::Segment& segment);
  Result<void> KeepTime();
  Result<void> Act(sms::SentFrames::Step step);
  Result<std::optional<Received>> Take(const nlohmann::json& message);
  Result<std::optional<Bytes>> TakeChunk(const std::string& from, const nlohmann::json& message,
                                         std::size_t& native_messages);
  Result<std::optional<Bytes>> TakeData(const std::string& from, const Bytes& data,
                                        std::size_t& native_messages);

  const Options options_;
  const Seams seams_;
  ControlClient control_;
  Reassembler incoming_;
  sms::ArrivalWatch arrivals_;
  sms::SentFrames sent_;
  std::map<DeliveryId, Lost> unconfirmed_;
  std::vector<Lost> lost_;
  std::uint64_t last_seq_ = 0;
  std::string raw_inbox_;
};

}  // namespace trestle::sim
