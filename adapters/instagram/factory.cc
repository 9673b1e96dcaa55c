#include "adapters/instagram/factory.h"

#include <utility>

#include "adapters/instagram/adapter.h"

namespace trestle {

Result<std::unique_ptr<Adapter>> MakeInstagramAdapter(InstagramOptions options,
                                                      AdapterContext context) {
  return TRESTLE_TRY(MakeInstagram(std::move(options), std::move(context)));
}

}  // namespace trestle
