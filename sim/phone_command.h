// `trestle-sim phone`: a simulated phone by hand. Sends a text as the given person and shows the
// inbox; sealed fragments are shown as what they are, because only the endpoint that holds the keys
// opens them.
#pragma once

#include <string>
#include <vector>

#include "sim/line.h"

namespace trestle::sim {

// NETWORK ADDRESS (send [--to IDENTITY] TEXT | inbox | wire | faults KEY=VALUE…), with `networks`
// the content of the ready file that `trestle-sim networks` wrote. Answers the exit code.
int RunPhoneCommand(const std::string& networks, const std::vector<std::string>& arguments,
                    Line::Seams seams);

}  // namespace trestle::sim
