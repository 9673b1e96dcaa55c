#include "endpoint/crypto/kdf.h"

#include <algorithm>

#include "bridge/base/digest.h"

namespace trestle::crypto {

SecretBytes HkdfExtract(ByteView salt, ByteView input) {
  // RFC 5869, Section 2.2. HMAC pads its key with zeros, so an empty salt is a salt of zeros;
  // OpenSSL asks for a pointer that is not null.
  static constexpr Bytes32 kZeros{};
  Bytes32 digest = HmacSha256(salt.empty() ? ByteView(kZeros) : salt, input);
  SecretBytes out = SecretBytes::CopyOf(digest);
  Wipe(digest);
  return out;
}

Result<SecretBytes> HkdfExpand(ByteView key, ByteView info, std::size_t length) {
  if (length > kExpandBytesMax) return Fail(Reason::kTooLarge, "HKDF yields at most 8160 octets");
  SecretBytes out(length);
  // RFC 5869, Section 2.3: T(i) = HMAC(key, T(i-1) || info || i).
  SecretBytes block(Bytes{});
  for (std::size_t done = 0; done < length;) {
    const auto counter = static_cast<std::uint8_t>(done / kHashBytes + 1);
    Bytes input;
    input.reserve(block.size() + info.size() + 1);
    input.insert(input.end(), block.view().begin(), block.view().end());
    input.insert(input.end(), info.begin(), info.end());
    input.push_back(counter);
    Bytes32 digest = HmacSha256(key, input);
    Wipe(input);
    block = SecretBytes::CopyOf(digest);
    Wipe(digest);
    const std::size_t taken = std::min(kHashBytes, length - done);
    std::copy_n(block.view().begin(), taken,
                out.span().begin() + static_cast<std::ptrdiff_t>(done));
    done += taken;
  }
  return out;
}

}  // namespace trestle::crypto
