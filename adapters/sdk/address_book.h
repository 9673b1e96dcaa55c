// An adapter's own store: who is behind an enrolment or a link, which ghost a link has, and which
// delivery a native message id belongs to. A separate SQLite file in the adapter's own folder.
// Native addresses are sealed with AES-256-GCM (a random nonce, the row's id as associated data)
// and found by a keyed blind index (HMAC-SHA256); the key is a file beside it, mode 0600, made at
// first use, unless it comes from outside (KeySource). When a newer key takes over, rows of older
// ones are found all the same, and are brought under it little by little while the book is in use.
// Not thread-safe: the adapter's loop owns it. A write is durable with its group
// (group_commit.h), or, in a book without groups, when the call returns.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "adapters/sdk/adapter_keys.h"
#include "adapters/sdk/ghost_pool.h"
#include "adapters/sdk/group_commit.h"
#include "bridge/adapter_api/adapter.h"
#include "bridge/base/ids.h"
#include "bridge/base/seams.h"
#include "bridge/base/sensitive.h"

namespace trestle {

class AddressBook {
 public:
  static constexpr std::size_t kEnrolmentsMax = 10'000'000;
  static constexpr Millis kBindCodeAgeMax = std::chrono::hours(24);
  static constexpr Millis kSentAgeMax = std::chrono::hours(7 * 24);
  static constexpr std::size_t kRowsRenewedMax = 1000;  // by one TendKeys

  struct LinkRow {
    LinkId link;
    EnrolmentId enrolment;
    std::string ghost;  // our identity that stands for the peer
    Bytes16 bind_code{};
    std::optional<NativeAddress> address;  // the person's address at that ghost; none until bound
    std::string replaces;  // the ghost before, which has left the pool; mostly empty
  };
  // How much of a pool is in use.
  struct PoolPressure {
    std::size_t size = 0;
    std::size_t most_used = 0;  // by one person, resting ones included
    std::size_t retired = 0;    // links whose ghost is not in the pool any more
  };
  struct KeyAge {
    std::size_t keys = 1;                    // held
    std::optional<std::size_t> rows_left{};  // under older ones; nothing while they are not counted
  };
  struct SentUnit {
    DeliveryId delivery;
    std::uint8_t index = 0;
    std::uint8_t count = 1;
    bool is_awaited = false;  // its receiver confirms the frame: the network's word does not count
  };

  // Opens or creates `folder`/addresses.db and `folder`/addresses.key (folder mode 0700). kStorage
  // with a text that says which, when a file is unreadable, foreign, or its key has wrong
  // permissions. The folder is the adapter's own and is made private.
  static Result<std::unique_ptr<AddressBook>> Open(const std::string& folder, Random& random,
                                                   const Clock& clock, const KeySource& keys = {},
                                                   GroupCommit* groups = nullptr);
  virtual ~AddressBook() = default;

  // The enrolment of a native address on the service thread; minted at first sight. kBusy when the
  // book holds kEnrolmentsMax.
  virtual Result<EnrolmentId> EnrolmentOf(const NativeAddress& at_service) = 0;
  virtual Result<std::optional<EnrolmentId>> FindEnrolment(const NativeAddress& at_service) = 0;
  virtual Result<std::optional<NativeAddress>> AddressOf(EnrolmentId enrolment) = 0;
  // The one address under which this person stands in the book. Some networks show two for one
  // person, together or either alone: what was seen together once is the same person for good,
  // under the address that was enrolled first, else under `shown`.
  virtual Result<NativeAddress> Merge(const NativeAddress& shown,
                                      const std::optional<NativeAddress>& also_shown) = 0;

  // Allots a ghost to the link by ChooseGhost: one that this enrolment's other links do not use.
  // The same row again when the link has one in the pool; an unbound link whose code is older than
  // a day gets a new code. kUnavailable when the pool has none left, kConflict when the link is
  // another enrolment's.
  virtual Result<LinkRow> OfferLink(LinkId link, EnrolmentId enrolment, const GhostPool& pool) = 0;
  // The person has ended the contact: from now on its ghost rests. An offer that nobody accepts
  // within a day ends by itself.
  virtual Result<void> Release(LinkId link) = 0;
  // Or it lives again.
  virtual Result<void> Reclaim(LinkId link) = 0;

  // Links whose ghost has left the pool. MoveLink allots another one and unbinds the link, which is
  // still found under its person's address at the old ghost; kUnavailable when none is left.
  virtual Result<std::vector<LinkId>> LinksOutside(const GhostPool& pool) = 0;
  virtual Result<void> MoveLink(LinkId link, const GhostPool& pool) = 0;
  // Moved links that the core has not been told of.
  virtual Result<std::vector<LinkId>> LinksToReopen() = 0;
  virtual Result<void> MarkReopened(LinkId link) = 0;
  virtual Result<std::vector<std::string>> FormerGhosts() = 0;
  virtual Result<PoolPressure> Pressure(const GhostPool& pool) = 0;

  // Binds the sender of a ThreadAccept. kNotFound for a code that is not this ghost's, used by
  // another address, or older than a day. Repeating it from the same address succeeds.
  virtual Result<LinkId> Bind(const std::string& ghost, const Bytes16& bind_code,
                              const NativeAddress& from) = 0;
  virtual Result<std::optional<LinkRow>> FindLink(LinkId link) = 0;
  virtual Result<std::optional<LinkId>> LinkOf(const std::string& ghost,
                                               const NativeAddress& from) = 0;

  // Native message ids of what was handed over, for receipts; written before the network can answer
  // where the id is ours, else with the answer. Forgotten after a week (EraseOld).
  virtual Result<void> RememberSent(const std::string& native_id, const SentUnit& unit,
                                    WallTime now) = 0;
  virtual Result<std::optional<SentUnit>> FindSent(const std::string& native_id) = 0;
  // Notes that one unit of a delivery arrived (or was read, which implies that it arrived); answers
  // how many of its units have now. kNotFound for an id that nobody remembers.
  virtual Result<std::uint8_t> MarkDelivered(const std::string& native_id) = 0;
  virtual Result<std::uint8_t> MarkRead(const std::string& native_id) = 0;
  virtual Result<void> EraseOld(WallTime now) = 0;

  // The keys of the book, for the adapter's other stores.
  virtual const AdapterKeys& keys() const = 0;
  // To be called every minute or so. Replaces a key of our own that is older than `rotate_every`
  // (0: never); brings some rows under the newest key; drops the older ones of our own file when no
  // row needs them, which takes the week that sent ids are remembered.
  virtual Result<KeyAge> TendKeys(Millis rotate_every) = 0;
};

}  // namespace trestle
