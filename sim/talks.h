// What the phones of a run said to each other, what was shown of it, and what its senders were
// told. Texts are numbered within their direction ("sms>hub 17"), so that a shown one tells which
// it is. Used by one thread.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "sim/phone.h"

namespace trestle::sim {

class Talks {
 public:
  // The next text of a direction, and that it went out as this envelope.
  std::string NextText(const std::string& direction) const;
  void Said(const std::string& direction, const EnvelopeId& id);
  // What a phone saw; `to` names it where something is worth a line on standard error.
  void Saw(const std::string& to, const PhoneEvent& event);

  // Said, and not shown yet, or shown and its sender does not know: receipts stand in the queue of
  // a thread like texts.
  std::size_t OnTheWay(const std::string& direction) const;
  // Said and not shown, in all directions.
  std::size_t missing() const;
  // Shown, and its sender was not told that the network took it.
  std::size_t unheard() const;

  // What networks were told to do to frames, texts or receipts.
  struct Lies {
    std::size_t dropped = 0;  // taken and brought to nobody
    std::size_t delayed = 0;  // a part was lost and had to be sent again
  };
  // Prints a line for each direction and the sum. True when nothing was shown twice, no receipt
  // told of failure, no more is missing than networks dropped, and no more was shown out of the
  // bridge's order than they delayed.
  bool Report(int kills, const Lies& lies) const;

 private:
  struct Talk {
    std::vector<EnvelopeId> said;     // by number, from 1
    std::set<std::size_t> shown;      // numbers
    std::vector<std::uint64_t> seqs;  // of each showing, as the bridge numbered it
    std::size_t heard = 0;            // of those said: their sender knows at least that they went
  };

  std::map<std::string, Talk> talks_;  // "sms>hub"
  std::map<EnvelopeId, Talk*> talk_of_;
  std::set<EnvelopeId> heard_of_;  // at least handed over
  int receipts_ = 0;
  int failures_ = 0;
  int repeats_dropped_ = 0;
};

}  // namespace trestle::sim
