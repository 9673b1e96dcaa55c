#include "adapters/instagram/adapter.h"

#include <utility>

#include "adapters/instagram/codec.h"
#include "adapters/instagram/session.h"
#include "bridge/envelope/fragment.h"

namespace trestle {

Capabilities InstagramCapabilities(std::size_t units_max) {
  Capabilities out;
  out.network = Network::Instagram();
  out.unit_kind = UnitKind::kText;
  out.chunk_bytes = ChunkBytesOfText(kInstagramTextBytesMax);
  out.units_max = units_max;
  out.reports_read = true;
  return out;
}

Result<std::unique_ptr<SendApiAdapter>> MakeInstagram(InstagramOptions options,
                                                      AdapterContext context) {
  if (options.units_max == 0 || options.units_max > kFragmentsMax) {
    return Fail(Reason::kInvalidArgument, "instagram: units_max is not 1 to 255");
  }
  SendApiAdapter::Parts parts;
  parts.capabilities = InstagramCapabilities(options.units_max);
  parts.service_identity = options.service_account;
  parts.ghosts = options.ghost_accounts;
  parts.link = TRESTLE_TRY(InstagramLink(std::move(options)));
  return SendApiAdapter::Create(InstagramProfile(), std::move(parts), std::move(context));
}

}  // namespace trestle
