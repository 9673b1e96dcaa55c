// What a native endpoint does with each thing that comes over Messages.Exchange: opens groups with
// a peer's keys, joins them by Welcomes, opens messages, tells the person of the rest. Take answers
// only after everything is saved, so that its caller may acknowledge. Owned by the command; one
// thread; blocks on the disk and on handing in Welcomes.
//
//   peer keys ─▶ Endpoint::Invite ─▶ the Welcome is handed in, again until the peer has answered
//   envelope ─▶ Endpoint::Receive ─▶ a line for what it was
#pragma once

#include <functional>
#include <map>
#include <ostream>
#include <string>

#include "cli/home.h"
#include "endpoint/endpoint.h"
#include "trestle/v1/consent.pb.h"
#include "trestle/v1/messages.pb.h"

namespace trestle::cli {

class Inbox {
 public:
  // What became of a Welcome that was handed to the bridge.
  enum class Handed { kTaken, kTurnedDown, kNotNow };
  // Tells the person itself when it was not accepted. Handing in the same Welcome again is fine.
  using HandWelcome = std::function<Handed(const LinkId& link, ByteView welcome)>;

  struct Parts {
    Home& home;
    Random& random;
    const Clock& clock;
    std::ostream& out;  // one line for each event
    std::ostream& err;
    HandWelcome hand_welcome;
  };
  explicit Inbox(Parts parts) : parts_(std::move(parts)) {}

  // What the account calls its links, for the lines.
  void Learn(const v1::ListResponse& contacts);

  // An error means: not safe here, do not acknowledge, it comes again.
  Result<void> Take(const v1::Inbound& delivery);

  // Key packages of ours that peers used since the last question.
  std::size_t TakeJoined() { return std::exchange(joined_, 0); }

 private:
  Result<void> TakeEnvelope(const LinkId& link, const v1::Inbound& delivery);
  Result<void> TakePeerKeys(const LinkId& link, const v1::PeerKeys& keys);
  // Where the peer's endpoint stands.
  enum class Peer { kDevice, kEdge };
  static Peer PeerOf(endpoint::Endpoint& device, const LinkId& link);
  void Show(const LinkId& link, const endpoint::Arrival& arrival, const std::string& time,
            Peer peer);
  void LineOfReady(const std::string& time, const LinkId& link, Peer peer);
  void TakeOffer(const LinkId& link, const v1::ThreadOffer& offer);
  void TakeReceipt(const LinkId& link, const v1::Receipt& receipt);

  // Trouble with what came is shown and not asked for again; trouble with this machine is answered.
  Result<void> Settle(const LinkId& link, const std::string& what, const Error& error);
  void Line(const std::string& time, const std::string& kind, const LinkId& link,
            const std::string& text);
  std::string Now() const;

  Parts parts_;
  std::map<LinkId, std::string> labels_;
  std::size_t joined_ = 0;
};

}  // namespace trestle::cli
