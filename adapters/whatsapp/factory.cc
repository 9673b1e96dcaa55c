#include "adapters/whatsapp/factory.h"

#include "adapters/whatsapp/adapter.h"

namespace trestle {

Result<std::unique_ptr<Adapter>> MakeWhatsappAdapter(WhatsappOptions options,
                                                     AdapterContext context) {
  return TRESTLE_TRY(WhatsappAdapter::Create(std::move(options), std::move(context)));
}

}  // namespace trestle
