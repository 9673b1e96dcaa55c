// The settings of each network's adapter, one function a section. Each reads its whole section and
// refuses what it does not know.
#pragma once

#include "bridge/config/config.h"
#include "bridge/config/yaml_section.h"

namespace trestle {

MessengerConfig ReadMessenger(Section section);
InstagramConfig ReadInstagram(Section section);
WhatsappConfig ReadWhatsapp(Section section);
SmsConfig ReadSms(Section section, Problems& problems);
RemoteConfig ReadRemote(Section& section);

}  // namespace trestle
