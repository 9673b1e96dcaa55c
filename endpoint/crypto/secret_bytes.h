// Octets that are wiped from memory when the value dies or is replaced: private keys and everything
// derived from them. Copies are allowed, since a group works on a copy of its state and adopts it
// only when every check has passed; each copy wipes itself.
#pragma once

#include <utility>

#include "bridge/base/bytes.h"

namespace trestle::crypto {

class SecretBytes {
 public:
  SecretBytes() = default;
  explicit SecretBytes(std::size_t zeros) : bytes_(zeros) {}
  explicit SecretBytes(Bytes&& bytes) : bytes_(std::exchange(bytes, {})) {}
  static SecretBytes CopyOf(ByteView bytes) { return SecretBytes(ToBytes(bytes)); }

  SecretBytes(const SecretBytes&) = default;
  SecretBytes(SecretBytes&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
  SecretBytes& operator=(const SecretBytes& other) {
    if (this != &other) {
      Wipe(bytes_);
      bytes_ = other.bytes_;
    }
    return *this;
  }
  SecretBytes& operator=(SecretBytes&& other) noexcept {
    if (this != &other) {
      Wipe(bytes_);
      bytes_ = std::exchange(other.bytes_, {});
    }
    return *this;
  }
  ~SecretBytes() { Wipe(bytes_); }

  // Valid until this value dies or changes.
  ByteView view() const { return bytes_; }
  operator ByteView() const { return bytes_; }  // NOLINT(google-explicit-constructor)
  std::span<std::uint8_t> span() { return bytes_; }
  std::size_t size() const { return bytes_.size(); }
  bool empty() const { return bytes_.empty(); }
  friend bool operator==(const SecretBytes& a, const SecretBytes& b) {
    return ConstantTimeEqual(a.bytes_, b.bytes_);
  }

  template <class Stream>
  friend Stream& operator<<(Stream&, const SecretBytes&) = delete;

 private:
  Bytes bytes_;
};

}  // namespace trestle::crypto
