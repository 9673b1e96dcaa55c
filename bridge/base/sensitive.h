// A text that must never be printed, logged, formatted or copied by accident: phone numbers, native
// addresses, tokens, keys, content. Opening one names a purpose, so that every use can be listed
// with grep. The octets are wiped when the value dies, and a moved-from value is empty.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "bridge/base/bytes.h"

namespace trestle {

// Why a sensitive value is opened. A new purpose is a new line here and in docs/architecture.md.
enum class Purpose : std::uint8_t {
  kWriteToNetwork,  // the value goes onto its own network's wire
  kSealForStore,    // it is sealed into the adapter's address book
  kAuthenticate,    // it is compared with or derived into a credential
  kHandToOwner,     // its owner receives it
  kCompare,         // equality inside the adapter that owns it
};

template <class Tag>
class Sensitive {
 public:
  Sensitive() = default;
  explicit Sensitive(std::string_view plain) : bytes_(ToBytes(plain)) {}
  Sensitive(Sensitive&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
  Sensitive& operator=(Sensitive&& other) noexcept {
    if (this == &other) return *this;
    Wipe(bytes_);
    bytes_ = std::exchange(other.bytes_, {});
    return *this;
  }
  Sensitive(const Sensitive&) = delete;
  Sensitive& operator=(const Sensitive&) = delete;
  ~Sensitive() { Wipe(bytes_); }

  // Valid until this value dies or moves.
  std::string_view Reveal(Purpose) const { return AsText(bytes_); }
  Sensitive Duplicate(Purpose purpose) const { return Sensitive(Reveal(purpose)); }
  bool empty() const { return bytes_.empty(); }
  bool Equals(const Sensitive& other) const { return ConstantTimeEqual(bytes_, other.bytes_); }

  template <class Stream>
  friend Stream& operator<<(Stream&, const Sensitive&) = delete;

 private:
  Bytes bytes_;
};

using NativeAddress = Sensitive<struct NativeAddressTag>;  // phone number, PSID, IGSID, wa_id
using Secret = Sensitive<struct SecretTag>;                // tokens, app secrets, passwords, keys

}  // namespace trestle
