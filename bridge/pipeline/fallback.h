// Moves what waits for a network that has been down for too long to the next acceptable network of
// its recipient. Runs inside the sweep. The router decides, as for a new message, so Explain says
// the same; the order of a contact holds, because a moved row keeps its place in its lane. What may
// have gone out on the first network moves only when the recipient's endpoint drops what it has
// seen.
#pragma once

#include "bridge/pipeline/turn.h"

namespace trestle {

// Looks at so many rows a sweep; the next sweep goes on behind them.
inline constexpr std::size_t kFallbackRowsMax = 200;

Result<void> FallBack(Turn& turn, AdapterSlot& slot);

}  // namespace trestle
