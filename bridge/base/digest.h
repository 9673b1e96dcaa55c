// SHA-256 and HMAC-SHA256, over OpenSSL. For ids, blind indexes, webhook signatures and token
// hashes.
#pragma once

#include <initializer_list>

#include "bridge/base/bytes.h"

namespace trestle {

Bytes32 Sha256(ByteView data);
Bytes32 Sha256(std::initializer_list<ByteView> parts);  // of their concatenation
Bytes32 HmacSha256(ByteView key, ByteView data);

}  // namespace trestle
