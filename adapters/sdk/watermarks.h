// What was sent on each thread, for networks whose receipts say "everything up to this instant". A
// watermark is compared with the instant at which a send began: the next send of a thread begins
// only after the answer to the one before, so nothing later than what the person saw is covered,
// save a message that is on its way at that very moment. A receipt can overtake the answer to its
// own send, so each thread keeps its watermarks too. Bounded; what is forgotten gets no receipt.
// Not thread-safe: the adapter's loop owns it.
#pragma once

#include <deque>
#include <list>
#include <string>
#include <unordered_map>
#include <vector>

#include "bridge/base/seams.h"

namespace trestle {

class Watermarks {
 public:
  static constexpr std::size_t kThreadsMax = 4096;
  static constexpr std::size_t kMidsPerThreadMax = 512;

  // How far a message has come already, by receipts that were quicker than the answer.
  struct Known {
    bool is_delivered = false;
    bool is_read = false;
  };
  Known NoteSent(const std::string& thread, std::string mid, WallTime begun);

  // Both answer what began at or before the watermark, oldest first: what was not yet taken as
  // delivered, and what was not yet taken as read.
  std::vector<std::string> TakeDelivered(const std::string& thread, WallTime watermark);
  std::vector<std::string> TakeRead(const std::string& thread, WallTime watermark);

 private:
  struct Sent {
    std::string mid;
    WallTime begun;
    bool is_delivered = false;
  };
  struct Thread {
    std::deque<Sent> sent = {};  // not yet read
    WallTime delivered_up_to{};
    WallTime read_up_to{};
    std::list<std::string>::iterator age = {};
  };

  Thread& At(const std::string& thread);

  std::unordered_map<std::string, Thread> threads_;
  std::list<std::string> by_age_;  // least recently used first
};

}  // namespace trestle
