// What the store's envelopes look like on the disk: sealed, so that nobody can know their octets
// but by reading them while they are there. Taken now and then during a run, and looked for at its
// end.
#pragma once

#include <map>

#include "bridge/base/ids.h"
#include "tests/sim/memory_disk.h"

namespace trestle::world {

inline constexpr std::string_view kPeekFolder = "/peek/";

// Some octets of each envelope that is committed now. Reads a copy of the store and its log, so the
// process that has them does not notice.
std::map<EnvelopeId, Bytes> SealedRows(MemoryDisk& disk, const std::string& store_path);

}  // namespace trestle::world
