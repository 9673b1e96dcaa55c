// Protecting and unprotecting framed content (RFC 9420, Sections 6.1 to 6.3): signatures,
// membership tags and the encryption of PrivateMessage. Pure but for Random; the caller owns the
// epoch's secrets.
#pragma once

#include "endpoint/mls/framing.h"
#include "endpoint/mls/secret_tree.h"

namespace trestle::mls {

// RFC 9420, Section 6.1.
Result<Bytes> SignContent(const AuthenticatedContent& content, ByteView group_context,
                          const crypto::SigningKey& key);
Result<void> VerifyContent(const AuthenticatedContent& content, ByteView group_context,
                           ByteView signature_key);

// RFC 9420, Section 6.2. kInvalidArgument for application data, which is never sent in the clear.
Result<PublicMessage> ProtectPublic(const AuthenticatedContent& content, ByteView group_context,
                                    ByteView membership_key);
// Verifies the membership tag of a member's message; the signature is the caller's next step.
Result<AuthenticatedContent> UnprotectPublic(PublicMessage message, ByteView group_context,
                                             ByteView membership_key);

// How long the ciphertext is made, by padding with zeros (RFC 9420, Section 15.1).
enum class Padding : std::uint8_t {
  kNone,
  kBuckets,  // 256 * 2^k octets to 64 KiB; handshakes beyond that to multiples of 16 KiB
};
// The length of the ciphertext for a plaintext before padding; kTooLarge when application content
// does not fit the largest bucket.
Result<std::size_t> CiphertextBytes(Padding padding, ContentType type, std::size_t content_bytes);

// RFC 9420, Section 6.3. The sender data secret and the sender's next key come from the epoch.
Result<PrivateMessage> ProtectPrivate(const Suite& suite, const AuthenticatedContent& content,
                                      ByteView sender_data_secret, const SecretTree::Lookup& key,
                                      Padding padding, Random& random);

struct Unprotected {
  AuthenticatedContent content;
  SecretTree::Lookup spent;  // to consume when the signature has verified
};
Result<Unprotected> UnprotectPrivate(const Suite& suite, const PrivateMessage& message,
                                     ByteView sender_data_secret, const SecretTree& secret_tree);

// RFC 9420, Section 6.3.2: the key and nonce of the sender data, from a sample of the ciphertext.
MessageKey SenderDataKey(const Suite& suite, ByteView sender_data_secret, ByteView ciphertext);

}  // namespace trestle::mls
