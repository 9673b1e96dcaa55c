#include "adapters/messenger/factory.h"

#include <utility>

#include "adapters/messenger/adapter.h"

namespace trestle {

Result<std::unique_ptr<Adapter>> MakeMessengerAdapter(MessengerOptions options,
                                                      AdapterContext context) {
  return TRESTLE_TRY(MakeMessenger(std::move(options), std::move(context)));
}

}  // namespace trestle
