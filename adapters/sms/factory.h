// Makes the SMS adapter from an operator's options.
#pragma once

#include <memory>

#include "adapters/sdk/adapter_context.h"
#include "adapters/sdk/ghost_pool.h"
#include "adapters/sms/options.h"
#include "bridge/adapter_api/adapter.h"

namespace trestle {

// kInvalidArgument with a text that names the wrong option.
Result<void> CheckSmsOptions(const SmsOptions& options);
// The numbers that stand for contacts, chosen by how near they are to the person's.
GhostPool GhostPoolOf(const SmsOptions& options);

// As CheckSmsOptions, or kStorage when the adapter's store
// does not open. Nothing is connected before Start.
Result<std::unique_ptr<Adapter>> MakeSmsAdapter(SmsOptions options, AdapterContext context);

}  // namespace trestle
