// One event of Routing.Watch and one step of Messages.Trace as text: ids, sizes, networks and
// rules, because there is nothing else in them. Pure.
#pragma once

#include <string>

#include "cli/table.h"
#include "trestle/v1/messages.pb.h"
#include "trestle/v1/routing.pb.h"

namespace trestle::cli {

enum class Ids { kShort, kFull };

// "21:15:03.123  accepted  env 1a2b3c4d  contact 9f8e7d6c  messenger → whatsapp  1024 octets  ok".
std::string EventLine(const v1::WatchResponse& event, Ids ids);
// One JSON object in one line; ids in hexadecimal, as the other commands take them.
std::string EventJson(const v1::WatchResponse& event);

Table TraceTable(const v1::TraceResponse& trace);
// Network, verdict, rule, measured/limit, sentence; the chosen one first.
Table ExplainTable(const v1::ExplainResponse& answer);

// The body for `grpcurl -d @ … trestle.v1.Messages/Submit`: protobuf's JSON, octets as base64.
std::string SubmitJson(const v1::SubmitRequest& request);

}  // namespace trestle::cli
