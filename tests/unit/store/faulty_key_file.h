// A key file under which the process dies: after a number of operations the next one is torn, and
// nothing more reaches the medium.
#pragma once

#include <memory>

#include "bridge/store/key_file.h"

namespace trestle::test {

struct Fault {
  std::size_t operations_left = SIZE_MAX;  // writes and syncs that still work
  std::size_t torn_bytes = 0;              // of the write that does not
  bool dead = false;
};

class FaultyKeyFile final : public KeyFile {
 public:
  FaultyKeyFile(std::unique_ptr<KeyFile> file, Fault& fault)
      : file_(std::move(file)), fault_(fault) {}

  Result<Bytes> Read() override { return file_->Read(); }
  Result<void> Write(std::size_t offset, ByteView octets) override {
    if (Works()) return file_->Write(offset, octets);
    if (!fault_.dead && fault_.torn_bytes > 0) {
      static_cast<void>(file_->Write(offset, octets.first(fault_.torn_bytes)));
    }
    return Die();
  }
  Result<void> Sync() override { return Works() ? file_->Sync() : Die(); }

 private:
  bool Works() {
    if (fault_.dead || fault_.operations_left == 0) return false;
    --fault_.operations_left;
    return true;
  }
  Result<void> Die() {
    fault_.dead = true;
    return Fail(Reason::kStorage, "the process has died");
  }

  const std::unique_ptr<KeyFile> file_;
  Fault& fault_;
};

}  // namespace trestle::test
