// Appends to an account's key log (bridge/envelope/key_log.h). Bounded: the oldest entries go
// first.
#pragma once

#include "bridge/directory/tables.h"

namespace trestle {

struct KeyEvent {
  KeyLogKind kind = KeyLogKind::kPublished;
  Bytes32 ref{};
  ContactId contact = {};
};

Result<void> LogKey(DirectoryScope& scope, const AccountId& owner, const KeyEvent& event);

}  // namespace trestle
