// Brings the rows of an address book under its newest key, some at a time. Private to adapters/sdk;
// on the adapter's loop.
#pragma once

#include <optional>

#include "adapters/sdk/adapter_keys.h"
#include "adapters/sdk/sqlite_file.h"
#include "bridge/base/seams.h"

namespace trestle {

class KeyRenewal {
 public:
  struct Step {
    std::size_t renewed = 0;
    // Counted at the end of a pass over all tables: rows that only their age or their person's next
    // message will bring away from an older key.
    std::optional<std::size_t> rows_left;
  };

  KeyRenewal(SqliteFile& file, const AdapterKeys& keys, Random& random)
      : file_(file), keys_(keys), random_(random) {}

  // All or nothing.
  Result<Step> Some(std::size_t rows_max);

 private:
  using Renew = Result<void> (KeyRenewal::*)(const Bytes& row);
  struct Table {
    const char* rows;  // the next rows of older keys: after ?, not under ?, at most ?
    Renew renew;
  };
  static const Table kTables[];

  Result<std::size_t> SomeOf(const Table& table, std::size_t rows_max);
  Result<void> RenewEnrolment(const Bytes& id);
  Result<void> RenewSecond(const Bytes& blind);
  Result<void> RenewLink(const Bytes& id);
  Result<void> RenewFormer(const Bytes& blind);
  Result<std::size_t> RowsLeft();

  SqliteFile& file_;
  const AdapterKeys& keys_;
  Random& random_;
  // Where the pass under way stands.
  std::size_t table_ = 0;
  Bytes after_;
  Bytes done_under_;  // the newest key when a pass left no row under another one
};

}  // namespace trestle
