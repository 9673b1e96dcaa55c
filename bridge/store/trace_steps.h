// The steps of an accepted envelope as they stand in what was seen of it: a list that only grows,
// so that a step costs no row and no index entry of its own. Each is a fixed head and two names, in
// the writer's notation of bridge/envelope/tls_codec.h.
#pragma once

#include "bridge/store/ledger_records.h"

namespace trestle {

// Appends one step to the octets. Of the record, what the envelope's row says by itself is left
// out: its ids, its contact and how long it lives; of the delivery's id only whether there is one.
void AppendStep(Bytes& steps, const TraceRecord& record);

// The steps, oldest first, with what they share taken from `common`. kStorage when the octets are
// not what AppendStep writes.
Result<std::vector<TraceRecord>> StepsIn(ByteView steps, const TraceRecord& common);

}  // namespace trestle
