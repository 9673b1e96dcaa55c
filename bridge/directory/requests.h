// Asking for somebody through an alias, and taking that back. The turn that answers only counts and
// notes: it runs the same statements for every name, so that neither its answer nor its time tells
// an alias that exists from one that does not. What was noted is done in a turn of its own right
// after (bridge/pipeline/errands.h).
#pragma once

#include "bridge/directory/contacts.h"

namespace trestle {

struct AskRequest {
  AccountId account;
  ErrandKind kind = ErrandKind::kReach;  // kReach or kCancel
  std::string_view alias;                // as somebody typed it
  ConsentSource source;
};

struct AskResult {
  std::optional<Millis> retry_after;  // above a limit: nothing was noted
  std::string name;                   // as it may be echoed; empty when the text is no alias
};

// kNotFound when there is no such account. An account that has said STOP asks for nothing.
Result<AskResult> Ask(DirectoryScope& scope, const AskRequest& request);

}  // namespace trestle
