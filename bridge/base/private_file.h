// Small files with keys in them, and others that are written whole or not at all: mode 0600, of
// this user, never through a symbolic link. Blocking; for start-up.
#pragma once

#include <string>

#include "bridge/base/bytes.h"
#include "bridge/base/sensitive.h"

namespace trestle {

// With all folders above it; mode 0700. kStorage when it cannot be made this user's alone.
Result<void> MakePrivateFolder(const std::string& path);

bool PrivateFileExists(const std::string& path);
// Written beside its name and moved there, durable when it returns. kStorage when it cannot be.
Result<void> WritePrivateFile(const std::string& path, ByteView octets);
// Exactly `bytes` octets; kStorage with a text that says what is wrong: missing, another user's,
// readable by others, or of another size.
Result<Secret> ReadPrivateFile(const std::string& path, std::size_t bytes);

}  // namespace trestle
