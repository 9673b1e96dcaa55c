// The core's one door: what bridge/rpc, the daemon and the tests see of it. The wiring owns it and
// everything in its options; all of those outlive it. Any thread may call.
//
// Life: Create, AddAdapter for each network, Start, then each adapter's own Start with HostFor(its
// network); at the end each adapter's Stop, then Stop here. Adapters are started and stopped by the
// wiring, never by the core. Before this object is destroyed, the lane and the store's writer are
// stopped.
//
// Rates of the limits table (bridge/policy/limit_table.h) answer kBusy with retry_after as well.
//
// Operations are asynchronous: each becomes one piece of work in the store's next group commit, and
// its Done runs after that commit, where the store completes: in production and when the store is
// too busy to take the work (kBusy with retry_after) on the lane. A Done must not block. When even
// the lane is full, or the core is stopped, Done runs inside the call: the one exception to the
// rule of result.h, so hold no lock across a call. Every operation may fail with kBusy, kStorage or
// kCancelled beside what is stated.
//
// An account may act on its own links, aliases and envelopes only; what belongs to others answers
// kNotFound, the same as what does not exist.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "bridge/adapter_api/adapter.h"
#include "bridge/base/metrics.h"
#include "bridge/base/seams.h"
#include "bridge/pipeline/answers.h"
#include "bridge/pipeline/watch.h"
#include "bridge/policy/limits.h"
#include "bridge/policy/residency.h"

namespace trestle {

class Store;

class Core {
 public:
  struct Options {
    Store& store;
    Executor& lane;  // the core's alone: its bounds are counted on
    const Clock& clock;
    Random& random;
    Metrics& metrics;
    Limits limits = {};
    ResidencyPolicy residency = {};
    // Told of every change of an adapter's health, on any thread; may be empty.
    std::function<void(const Network&, Health)> health_changed = {};
  };
  static std::unique_ptr<Core> Create(Options options);
  virtual ~Core() = default;

  // Before Start, once for each network. The adapter outlives the core's Stop.
  virtual void AddAdapter(const Network& network, Adapter& adapter) = 0;
  // The network must have been added. Valid as long as the core.
  virtual AdapterHost& HostFor(const Network& network) = 0;
  // Takes up what an earlier process left: leases are released and ephemeral rows dropped. Done
  // runs when deliveries may flow.
  virtual void Start(Done<void> started) = 0;
  // No attempt is begun afterwards; `quiet` runs when none is under way any more. To be called
  // while the adapters still run, so that what they have in hand is not left in doubt.
  virtual void Quiesce(Done<void> quiet) = 0;
  // What is under way may still settle until the store closes.
  virtual void Stop() = 0;

  // The rate at which an account may call, or all callers without one together. kBusy with the time
  // after which there is room again. Any thread; at once.
  virtual Result<void> MayCall(const std::optional<AccountId>& account) = 0;

  // Membership. `join_code` empty: a new account; otherwise the code's account gets one more
  // enrolment (kNotFound for a code that is wrong or over, kBusy after too many wrong ones).
  virtual void EnrolNative(std::string join_code, Done<EnrolAnswer> done) = 0;
  // kUnauthenticated for a token that is not ours.
  virtual void Authenticate(Secret token, Done<AccountId> done) = 0;
  virtual void JoinCode(const AccountId& account, Done<JoinCodeAnswer> done) = 0;
  virtual void SetPreferences(const AccountId& account, Preferences preferences,
                              Done<void> done) = 0;
  virtual void GetPreferences(const AccountId& account, Done<Preferences> done) = 0;

  // Aliases. kInvalidArgument for a bad label or ttl, kConflict at the bound.
  virtual void CreateAlias(const AccountId& account, CreateAliasRequest request,
                           Done<AliasView> done) = 0;
  virtual void ListAliases(const AccountId& account, Done<std::vector<AliasView>> done) = 0;
  virtual void RevokeAlias(const AccountId& account, const AliasId& alias, Done<void> done) = 0;
  // A new name takes the place of a live one. Takes a released one back, while it is quarantined:
  // kExpired afterwards.
  virtual void RotateAlias(const AccountId& account, const AliasId& alias,
                           Done<AliasView> done) = 0;
  virtual void RestoreAlias(const AccountId& account, const AliasId& alias,
                            Done<AliasView> done) = 0;
  // Releases the listing's aliases and refuses what waits on them; answers how many there were.
  virtual void CloseListing(const AccountId& account, std::string listing,
                            Done<std::size_t> done) = 0;

  // Contacts. Reach and Cancel answer the same for every alias; kBusy above the limit of lookups.
  virtual void Reach(const AccountId& account, std::string alias, Done<ReachAnswer> done) = 0;
  virtual void Cancel(const AccountId& account, std::string alias, Done<ReachAnswer> done) = 0;
  virtual void ListContacts(const AccountId& account, Done<std::vector<ContactView>> done) = 0;
  virtual void Consent(const AccountId& account, const LinkId& own_link, ConsentAction action,
                       Done<ConsentAnswer> done) = 0;

  // Agrees to the SMS edge for `span`, clamped to the bounds of edge_consent.h, or takes it back.
  virtual void AllowEdge(const AccountId& account, const LinkId& own_link, Millis span,
                         Done<ConsentAnswer> done) = 0;
  virtual void EndEdge(const AccountId& account, const LinkId& own_link,
                       Done<ConsentAnswer> done) = 0;

  // About all contacts or all strangers; answers how many contacts changed. kInvalidArgument for
  // what cannot be said about them.
  virtual void ConsentOnAll(const AccountId& account, ConsentAction action, Everyone everyone,
                            Done<std::size_t> done) = 0;
  // The account's own entries of the ledger, oldest first.
  virtual void ConsentHistory(const AccountId& account, std::int64_t after, std::size_t count,
                              Done<std::vector<ConsentEntryView>> done) = 0;

  // Key packages. Claim is for the requester of a granted contact whose PeerKeys frame was lost.
  virtual void PublishKeys(const AccountId& account, std::vector<Bytes> key_packages,
                           Done<PublishKeysAnswer> done) = 0;
  virtual void ClaimKeys(const AccountId& account, const LinkId& own_link,
                         Done<ClaimKeysAnswer> done) = 0;
  virtual void CountKeys(const AccountId& account, Done<std::size_t> done) = 0;
  // What became of the account's key packages: see bridge/envelope/key_log.h.
  virtual void KeyLog(const AccountId& account, std::uint64_t after, std::size_t count,
                      Done<std::vector<KeyLogEntry>> done) = 0;

  // Messages. `payload` is one MLSMessage: an application message for Submit; a Welcome, commit or
  // proposal for SubmitHandshake (the other kind is refused as kMalformed).
  virtual void Submit(const AccountId& account, const LinkId& own_link, Bytes payload,
                      Done<SubmitAnswer> done) = 0;
  virtual void SubmitHandshake(const AccountId& account, const LinkId& own_link, Bytes payload,
                               Done<SubmitAnswer> done) = 0;
  // `account` none: the operator, who sees every envelope's steps.
  virtual void Trace(std::optional<AccountId> account, const EnvelopeId& envelope,
                     Done<TraceAnswer> done) = 0;

  // kNotFound when nothing is known of the envelope, or it is not the account's.
  virtual void ErasureProof(ErasureQuestion question, Done<ErasureProofAnswer> done) = 0;

  // Routing. Explain sends nothing. kInvalidArgument unless exactly one of link and alias is given.
  virtual void Explain(ExplainQuestion question, Done<RouteDecision> done) = 0;
  virtual void ListRoutes(const AccountId& account, Done<std::vector<RouteView>> done) = 0;
  // See WatchHub::Watch; the one synchronous operation.
  virtual Result<std::shared_ptr<Watcher>> Watch(std::optional<AccountId> account,
                                                 absl::AnyInvocable<void()> wake) = 0;

  // An account's threads on one network and what waits there, for adapters whose people come and go
  // (native clients). With Rouse::kYes what waits for its time is due at once: ask for that when
  // the network would deliver it.
  virtual void Presence(const AccountId& account, const Network& network, Rouse rouse,
                        Done<PresenceAnswer> done) = 0;

  // Operators. Draining takes a network out of new routes while its queue runs empty; it holds
  // until Resume or a restart. kNotFound for a network that was not added.
  virtual void ListAdapters(Done<std::vector<AdapterView>> done) = 0;
  virtual Result<void> Drain(const Network& network) = 0;
  virtual Result<void> Resume(const Network& network) = 0;
  // `after`: the last id of the page before, 0 for the first; at most `count` (1 to 500) letters.
  virtual void DeadLetters(const LetterFilter& filter, std::int64_t after, std::size_t count,
                           Done<DeadLetterPage> done) = 0;
  // Puts a dead letter back with its attempts forgotten. kExpired when its time has passed,
  // kConflict when its contact is not granted any more.
  virtual void Requeue(std::int64_t id, Done<void> done) = 0;
  virtual void Purge(std::int64_t id, Done<void> done) = 0;
  // The same for all that the filter means, at most 1,000 in one go: ask again until none is left.
  virtual void RequeueAll(const LetterFilter& filter, Done<LetterCount> done) = 0;
  virtual void PurgeAll(const LetterFilter& filter, Done<LetterCount> done) = 0;
};

}  // namespace trestle
