#include "bridge/directory/key_log.h"

namespace trestle {

Result<void> LogKey(DirectoryScope& scope, const AccountId& owner, const KeyEvent& event) {
  const auto last = TRESTLE_TRY(scope.tables.LastKeyLogEntry(owner));
  const KeyLogEntry before = last.value_or(KeyLogEntry{});
  KeyLogEntry entry{before.number + 1, scope.now, event.kind, event.ref, event.contact};
  entry.hash = KeyLogHash(before.hash, entry);
  TRESTLE_TRY(scope.tables.AddKeyLogEntry(owner, entry));
  const std::uint64_t kept = scope.limits.key_log_entries_max;
  if (entry.number <= kept) return {};
  return scope.tables.EraseKeyLogBefore(owner, entry.number - kept + 1);
}

}  // namespace trestle
