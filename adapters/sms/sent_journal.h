// Sent frames that wait for their receiver's word, in the adapter's own folder, so that a restart
// loses none of them silently. Addresses and chunks are sealed with the adapter's key (a thread
// offer holds a code that opens the thread). A row lives until the receiver has spoken or the
// frame's deadline, and is overwritten when it is erased. A write is durable with its group
// (group_commit.h). On the adapter's loop alone; calls block on the disk.
#pragma once

#include "adapters/sdk/adapter_keys.h"
#include "adapters/sdk/group_commit.h"
#include "adapters/sms/sent_frames.h"

namespace trestle::sms {

// Opens or creates `folder`/unconfirmed.db; `keys` are the address book's.
Result<std::unique_ptr<SentFrameJournal>> OpenSentFrameJournal(const std::string& folder,
                                                               AdapterKeys keys, Random& random,
                                                               GroupCommit& groups);

}  // namespace trestle::sms
