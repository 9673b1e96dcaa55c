#include "adapters/messenger/adapter.h"

#include <utility>

#include "adapters/messenger/codec.h"
#include "adapters/messenger/session.h"
#include "bridge/envelope/fragment.h"

namespace trestle {

Capabilities MessengerCapabilities(std::size_t units_max) {
  Capabilities out;
  out.network = Network::Messenger();
  out.unit_kind = UnitKind::kText;
  out.chunk_bytes = ChunkBytesOfText(kMessengerTextCharactersMax);
  out.units_max = units_max;
  out.reports_delivered = true;
  out.reports_read = true;
  return out;
}

Result<std::unique_ptr<SendApiAdapter>> MakeMessenger(MessengerOptions options,
                                                      AdapterContext context) {
  if (options.units_max == 0 || options.units_max > kFragmentsMax) {
    return Fail(Reason::kInvalidArgument, "messenger: units_max is not 1 to 255");
  }
  SendApiAdapter::Parts parts;
  parts.capabilities = MessengerCapabilities(options.units_max);
  parts.service_identity = options.service_page;
  parts.ghosts = options.ghost_pages;
  parts.link = TRESTLE_TRY(MessengerLink(std::move(options)));
  return SendApiAdapter::Create(MessengerProfile(), std::move(parts), std::move(context));
}

}  // namespace trestle
