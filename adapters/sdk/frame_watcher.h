// For networks that lose parts of frames without a word (SMS): an adapter's own end-to-end
// confirmation, told by its Carrier what was handed over and what came in. All calls are made on
// the adapter's loop; the watcher outlives the Carrier's Stop. A watcher that takes a frame over
// reports its end to the core itself.
#pragma once

#include <string>
#include <vector>

#include "adapters/sdk/address_book.h"
#include "bridge/envelope/fragment.h"

namespace trestle {

// A frame all of whose units the network has taken.
struct HandedFrame {
  DeliveryId delivery;
  std::string identity;
  NativeAddress to;
  FragmentRef ref{};
  std::vector<Bytes> chunks;
  WallTime expires_at{};
};

// The thread on which something came. Borrowed for the call.
struct FrameOrigin {
  const NativeAddress& from;
  const std::string& identity;
};

struct NativeMessageChunk;

class FrameWatcher {
 public:
  virtual ~FrameWatcher() = default;
  // False: nothing more that asks for confirmation is sent now.
  virtual bool has_room() const = 0;
  // An error: the delivery is not settled, and is handed over again later.
  virtual Result<void> HandedOver(HandedFrame frame) = 0;
  // Of a frame handed over just now nothing is kept, because its group failed: the same.
  virtual void HandOverLost(const DeliveryId& delivery) = 0;
  // One fragment is durable here; then, with the last one that came, the whole frame in the core.
  virtual void ChunkKept(const FrameOrigin& origin, const NativeMessageChunk& chunk) = 0;
  virtual void FrameKept(const FrameOrigin& origin, const NativeMessageChunk& last) = 0;
  // The person ends this thread, or everything from the service thread: what is not confirmed is
  // not sent again, receipts excepted while only the thread ends.
  virtual void ThreadEnded(const FrameOrigin& origin) = 0;
  virtual void PersonEnded(const NativeAddress& from) = 0;
  // The network's own word on one unit of such a frame. True: it is taken care of, and the core
  // hears nothing.
  virtual bool TakeReport(const AddressBook::SentUnit& unit, ReceiptLevel level, Rule rule) = 0;
};

}  // namespace trestle
