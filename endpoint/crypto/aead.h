// Authenticated encryption with associated data (RFC 5116) over OpenSSL. The tag stands at the end.
#pragma once

#include "endpoint/crypto/secret_bytes.h"
#include "endpoint/crypto/suite.h"

namespace trestle::crypto {

// kInvalidArgument for a key or nonce of the wrong length.
Result<Bytes> AeadSeal(AeadId aead, ByteView key, ByteView nonce, ByteView associated,
                       ByteView plaintext);
// kCrypto when the tag does not verify; then nothing of the plaintext is given out.
Result<SecretBytes> AeadOpen(AeadId aead, ByteView key, ByteView nonce, ByteView associated,
                             ByteView ciphertext);

}  // namespace trestle::crypto
