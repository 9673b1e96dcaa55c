// The octets under the storage keys: one small file, written in place. A seam, so that tests can
// let the process die between any two writes. One thread.
#pragma once

#include <memory>
#include <string>

#include "bridge/base/bytes.h"

namespace trestle {

class KeyFile {
 public:
  virtual ~KeyFile() = default;

  virtual Result<Bytes> Read() = 0;  // all of it; empty when it has just been made
  virtual Result<void> Write(std::size_t offset, ByteView octets) = 0;
  virtual Result<void> Sync() = 0;  // what was written is on the medium

  // Makes the file with mode 0600 when it is missing. kStorage for one that belongs to another user
  // or that others can read.
  static Result<std::unique_ptr<KeyFile>> Open(const std::string& path);
  static std::unique_ptr<KeyFile> InMemory();
};

}  // namespace trestle
