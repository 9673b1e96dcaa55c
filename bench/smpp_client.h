// The least that can send over SMPP: one transceiver bind on a plain blocking socket, one thread,
// the codec of adapters/sms and nothing else. Nothing is kept, no order is looked at, nothing comes
// again. It sends the very PDUs that the adapter sends for a frame of one segment, receipts asked
// for, and answers what comes in.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bridge/base/bytes.h"
#include "bridge/base/result.h"

namespace trestle::bench {

// What a measurement counts, whoever sends.
struct SendCount {
  double per_second = 0;
  std::uint64_t sent = 0;     // accepted by the network, in the time that was measured
  std::uint64_t refused = 0;  // in all of the time
};

struct SmppLoad {
  std::uint16_t port = 0;
  std::string source;                     // an identity of the customer's
  std::vector<std::string> destinations;  // phones that the centre knows, in turns
  Bytes frame;                            // of one segment
  std::size_t window = 16;                // submits without an answer
  double warm_up_seconds = 1;
  double seconds = 5;
};

// Blocks until it is over. kUnavailable when the centre lets nobody in or goes away.
Result<SendCount> RunSmppClient(const SmppLoad& load);

}  // namespace trestle::bench
