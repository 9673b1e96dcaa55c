// One bound connection to an SMS centre: connects, binds, matches responses with requests by
// sequence number, keeps a window, asks after silence, and says exactly once when it ends. A link
// is never used again; its session makes the next one. On the loop alone.
//
//   connecting ──(TLS)──▶ binding ──▶ bound ──▶ unbinding ──▶ ended
//        └───────────────────┴──────────┴──────────────────────▲
#pragma once

#include <absl/functional/any_invocable.h>

#include <map>
#include <memory>
#include <string>

#include "adapters/sms/pdu_stream.h"
#include "bridge/base/metrics.h"
#include "bridge/base/seams.h"
#include "bridge/base/sensitive.h"

namespace trestle::sms {

enum class BindRole : std::uint8_t { kTransceiver, kTransmitter, kReceiver };

struct LinkOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 2775;
  std::string system_id;
  std::string system_type;
  std::string address_range;
  BindRole role = BindRole::kTransceiver;
  std::size_t number = 0;       // of this bind, in metrics and events
  std::shared_ptr<Tls> tls;     // null: plain TCP
  std::string tls_verify_name;  // whom the centre's certificate must be for
  std::size_t window = 10;      // requests unanswered at a time
  Millis connect_timeout = std::chrono::seconds(10);
  Millis response_timeout = std::chrono::seconds(30);
  Millis enquire_after = std::chrono::seconds(30);  // of silence
};

class Link : public std::enable_shared_from_this<Link> {
 public:
  enum class Unanswered : std::uint8_t { kTimeout, kLinkLost, kNotWritten };
  // The response, or why there is none.
  using Answer = tl::expected<Pdu, Unanswered>;
  using Answered = absl::AnyInvocable<void(Answer) &&>;

  enum class End : std::uint8_t {
    kUnreachable,
    kUntrusted,
    kBindRefused,
    kLost,
    kSilent,
    kUnbound
  };
  struct Handlers {
    std::function<void()> on_bound;
    std::function<void(Pdu request)> on_request;  // deliver_sm, data_sm
    // Once, after all answers. `refused` is the bind's command_status for kBindRefused.
    std::function<void(End why, CommandStatus refused)> on_end;
  };

  // The loop outlives it.
  Link(WireLoop& loop, LinkOptions options, const Secret& password, const Clock& clock,
       Metrics& metrics);

  void Start(Handlers handlers);
  bool is_bound() const { return state_ == State::kBound; }
  bool has_room() const { return is_bound() && waiting_.size() < options_.window; }
  bool can_send() const { return options_.role != BindRole::kReceiver; }
  bool can_receive() const { return options_.role != BindRole::kTransmitter; }

  // `pdu` gets its sequence number here. The answer never comes inside the call.
  void Request(Pdu pdu, Answered answered);
  void Respond(const Pdu& response) { Send(response); }
  // Asks at once whether the peer is there, without waiting for silence.
  void Probe();
  // Says goodbye and ends; at most two seconds later.
  void Unbind();
  // Counts something that happened on this bind, beside the adapter's own count of it.
  void CountHere(std::string_view event);
  std::size_t number() const { return options_.number; }
  std::size_t unanswered() const { return waiting_.size(); }
  // Lets go of everything without a word: its session is gone.
  void Abandon();
  // Ends now; on_end runs.
  void Drop(End why, CommandStatus refused = status::kOk);

 private:
  enum class State : std::uint8_t { kConnecting, kBinding, kBound, kUnbinding, kEnded };
  struct Waiting {
    MonoTime deadline{};
    Answered answered;
  };

  void Connect();
  void Connected(Result<std::unique_ptr<Wire>> wire);
  void Bind(std::unique_ptr<Wire> wire);
  void Bound(Answer answer);
  void OnPdu(Bytes octets);
  void OnResponse(Pdu response);
  void OnRequest(Pdu request);
  void OnUnreadable(const PduHeader& header, CommandStatus refusal);
  void Tick();
  void PlanTick();
  void Send(const Pdu& pdu);
  std::uint32_t NextSequence();
  void Count(std::string_view event);

  WireLoop& loop_;
  const LinkOptions options_;
  Secret password_;
  const Clock& clock_;
  Metrics& metrics_;
  // Taken by whoever runs one of them; let go at the end.
  std::shared_ptr<const Handlers> handlers_;
  std::shared_ptr<PduStream> stream_;
  State state_ = State::kConnecting;
  MonoTime begun_{};
  MonoTime heard_{};
  bool is_probing_ = false;
  std::uint32_t last_sequence_ = 0;
  std::map<std::uint32_t, Waiting> waiting_;
};

}  // namespace trestle::sms
