// The hand-operated side of a simulated network: people with phones, their inboxes, what was seen
// on the wire, and faults to order. Served over HTTP on loopback, so that `trestle-sim phone …`,
// the demo and tests in any language drive all four networks alike. A simulated network owns one
// SimControl beside its real wire. All of this is simulation; no real network has it.
//
//   GET  /sim/about                      {"network","service","ghosts":[…]}
//   POST /sim/phones   {"address","echoes":b}   registers a phone; 200 {"address"} (again: the
//   same);
//                                        one that echoes sends every text back to where it came
//                                        from
//   POST /sim/send     {"from","to","text"} or {"from","to","data":base64}      200 {"id"}
//   GET  /sim/inbox?address=A&after=N&wait_ms=W
//   {"messages":[{"seq","from","to","id","at_ms","text"|"data"}]}
//                                        answers when there is something after N, or W (at most
//                                        30,000) passed
//   GET  /sim/wire?after=N&limit=L
//   {"records":[{"seq","at_ms","direction","what","octets","shows"}]}
//   POST /sim/faults   {"down":b,"reject_next":n,"reject_code":c,"lose_answer_next":n,
//                       "late_next":n,"duplicate_next":n,"drop_next":n}; what is absent stays;
//                       answers all of them
//
// Refusals are 400, 404 (unknown phone or path) or 503 (a bound) with {"error":"…"}.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "adapters/sdk/machine.h"
#include "bridge/base/bytes.h"
#include "bridge/base/seams.h"

namespace trestle {

// A message between a phone and one of the bridge's identities, as the phone sees it.
struct SimMessage {
  std::uint64_t seq = 0;  // filled in by SimControl
  std::string from;
  std::string to;
  std::string id;  // the network's message id
  WallTime at{};
  bool is_binary = false;
  std::string body;  // a text, or octets (SMS user data with its header)
};

struct SimWireRecord {
  std::uint64_t seq = 0;  // filled in by SimControl
  WallTime at{};
  std::string direction;   // "to_bridge" or "from_bridge"
  std::string what;        // "webhook", "send", "submit_sm", "deliver_sm", …
  std::size_t octets = 0;  // of the body or PDU on the wire
  std::string shows;       // the body as the network sees it (text), or hex for SMS; cut at 4,096
};

struct SimFaults {
  bool down = false;         // refuses connections or answers 500/closes, as fits the network
  int reject_next = 0;       // so many sends are refused with reject_code
  int reject_code = 0;       // the network's own code
  int lose_answer_next = 0;  // takes the send and closes without an answer
  int late_next = 0;         // answers so many sends after kLateAnswer
  int duplicate_next = 0;    // tells so many inbound messages twice
  int drop_next = 0;         // takes so many sends, answers well, and brings them to nobody
};

class SimControl {
 public:
  static constexpr Millis kLateAnswer = std::chrono::seconds(3);
  static constexpr std::size_t kPhonesMax = 100000;
  static constexpr std::size_t kInboxMessagesMax = 10000;  // per phone; the oldest go
  static constexpr std::size_t kWireRecordsMax = 20000;    // the oldest go
  static constexpr std::size_t kWireShowsBytesMax = 4096;
  static constexpr std::size_t kWaitersMax = 1024;  // long polls at a time
  static constexpr Millis kWaitMax = std::chrono::seconds(30);

  struct Network {
    std::string name;
    std::string service;  // the bridge's service identity
    std::vector<std::string> ghosts;
    // A phone sends. Runs on the control server's thread; answers the message id or an error whose
    // text names what was wrong (no such identity, text too long, …).
    std::function<Result<std::string>(const SimMessage&)> phone_sends;
    // Called when faults change, so that the network can cut its links. May be empty.
    std::function<void(const SimFaults&)> faults_changed;
  };

  static Result<std::unique_ptr<SimControl>> Start(Network network, const Clock& clock,
                                                   std::uint16_t port = 0);
  virtual ~SimControl() = default;

  virtual std::uint16_t port() const = 0;
  virtual bool HasPhone(const std::string& address) const = 0;
  // Both from any thread. A message without a time gets now; waiting polls are answered.
  virtual void PutInInbox(SimMessage message) = 0;  // unknown phones are ignored
  virtual void RecordWire(SimWireRecord record) = 0;
  // Takes one of the ordered faults, if any is left; the member names which counter.
  virtual bool TakeFault(int SimFaults::*counter) = 0;
  virtual SimFaults faults() const = 0;
  // From any thread, perhaps more than once. The bridge has said that it has the message with this
  // id, which a phone sent, or the news that it reached a phone.
  virtual void Acknowledged(const std::string& id) { static_cast<void>(id); }
  virtual void Stop() = 0;
};

// What a simulated network stands on, and who operates its phones.
struct SimPlace {
  std::shared_ptr<Machine> machine = ThisMachine();
  // Empty: a SimControl with its server.
  std::function<Result<std::unique_ptr<SimControl>>(SimControl::Network)> open_control = {};

  Result<std::unique_ptr<SimControl>> OpenControl(SimControl::Network network, const Clock& clock,
                                                  std::uint16_t port) const {
    if (open_control) return open_control(std::move(network));
    return SimControl::Start(std::move(network), clock, port);
  }
};

}  // namespace trestle
