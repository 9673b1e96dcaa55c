// The claims that every run is held to, judged by what people and networks know (record.h) and by
// what lies on the disk at the end. Each adds its violations to the record.
#pragma once

#include "tests/sim/phone_seat.h"
#include "tests/sim/world.h"

namespace trestle::world {

void CheckAll(World& world, const std::vector<PhoneNetwork*>& phone_networks);
// `log` is what the run wrote into the event log.
void CheckLog(World& world, std::string_view log);

}  // namespace trestle::world
