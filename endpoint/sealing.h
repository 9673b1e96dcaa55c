// What goes around a message before MLS seals it, and what is checked when it has been opened:
// salt, franking tag and blinded sender, bound to the clear header in the AAD. Pure but for Random.
#pragma once

#include "bridge/base/seams.h"
#include "bridge/envelope/aad_header.h"
#include "endpoint/content/message.h"

namespace trestle::endpoint {

// Private extension of MIMI content: 16 octets that blind the sender in the header's sender_tag.
// They travel inside the ciphertext; the bridge is shown them only by the sender, to check the tag.
inline constexpr std::int64_t kSenderBlindKey = -1;

struct PreparedContent {
  Bytes data;  // what MLS encrypts
  AadHeader header;
  content::MessageId message_id;
};

// Who speaks in which group.
struct Speaker {
  Bytes32 handle{};
  GroupId group;
};

Result<PreparedContent> PrepareContent(content::Message message, const Speaker& speaker,
                                       TtlClass ttl, DeliveryClass delivery, Random& random);

struct CheckedContent {
  content::Message message;
  content::MessageId message_id;
};
// kCrypto when a tag is not what header and content say: such a message must not be shown, because
// it could not be reported.
Result<CheckedContent> CheckContent(ByteView data, const AadHeader& header, const Speaker& speaker);

// SHA-256(len || handle || blind).
Bytes32 SenderTag(const Bytes32& handle, ByteView blind);

}  // namespace trestle::endpoint
