// The labelled cryptographic functions of MLS: every use of a key names what it is for, so that no
// output of one use can stand in for another (RFC 9420, Sections 5.1, 5.2 and 8).
#pragma once

#include <string_view>

#include "endpoint/crypto/hpke.h"
#include "endpoint/crypto/kdf.h"

namespace trestle::mls {

using crypto::SecretBytes;
using crypto::Suite;
using crypto::SuiteId;

// RFC 9420, Section 8. The lengths that MLS asks for are far below HKDF's bound.
SecretBytes ExpandWithLabel(ByteView secret, std::string_view label, ByteView context,
                            std::size_t length);
SecretBytes DeriveSecret(ByteView secret, std::string_view label);
// RFC 9420, Section 9.1.
SecretBytes DeriveTreeSecret(ByteView secret, std::string_view label, std::uint32_t generation,
                             std::size_t length);

// RFC 9420, Section 5.1.2.
Result<Bytes> SignWithLabel(ByteView private_key, std::string_view label, ByteView content);
Result<Bytes> SignWithLabel(const crypto::SigningKey& key, std::string_view label,
                            ByteView content);
Result<void> VerifyWithLabel(ByteView public_key, std::string_view label, ByteView content,
                             ByteView signature);

// RFC 9420, Section 5.1.3.
Result<crypto::HpkeCiphertext> EncryptWithLabel(const Suite& suite, ByteView public_key,
                                                std::string_view label, ByteView context,
                                                ByteView plaintext, Random& random);
Result<SecretBytes> DecryptWithLabel(const Suite& suite, ByteView private_key,
                                     std::string_view label, ByteView context,
                                     const crypto::HpkeCiphertext& sealed);

// RFC 9420, Section 5.2; the label is given in full.
Bytes RefHash(std::string_view label, ByteView value);

}  // namespace trestle::mls
