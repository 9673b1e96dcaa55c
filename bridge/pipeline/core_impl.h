// The core behind its door (core.h). Each operation is one turn; this class holds what the turns
// share and starts them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "bridge/pipeline/adapter_door.h"
#include "bridge/pipeline/core.h"
#include "bridge/pipeline/deliveries.h"
#include "bridge/pipeline/edge.h"
#include "bridge/pipeline/envelopes.h"
#include "bridge/pipeline/flow_watch.h"
#include "bridge/pipeline/work.h"

namespace trestle {

class CoreImpl final : public Core {
 public:
  explicit CoreImpl(Options& options);
  ~CoreImpl() override;

  void AddAdapter(const Network& network, Adapter& adapter) override;
  AdapterHost& HostFor(const Network& network) override;
  void Start(Done<void> started) override;
  void Quiesce(Done<void> quiet) override;
  void Stop() override;
  Result<void> MayCall(const std::optional<AccountId>& account) override;

  void EnrolNative(std::string join_code, Done<EnrolAnswer> done) override;
  void Authenticate(Secret token, Done<AccountId> done) override;
  void JoinCode(const AccountId& account, Done<JoinCodeAnswer> done) override;
  void SetPreferences(const AccountId& account, Preferences preferences, Done<void> done) override;
  void GetPreferences(const AccountId& account, Done<Preferences> done) override;
  void CreateAlias(const AccountId& account, CreateAliasRequest request,
                   Done<AliasView> done) override;
  void ListAliases(const AccountId& account, Done<std::vector<AliasView>> done) override;
  void RevokeAlias(const AccountId& account, const AliasId& alias, Done<void> done) override;
  void RotateAlias(const AccountId& account, const AliasId& alias, Done<AliasView> done) override;
  void RestoreAlias(const AccountId& account, const AliasId& alias, Done<AliasView> done) override;
  void CloseListing(const AccountId& account, std::string listing, Done<std::size_t> done) override;
  void Cancel(const AccountId& account, std::string alias, Done<ReachAnswer> done) override;
  void ConsentOnAll(const AccountId& account, ConsentAction action, Everyone everyone,
                    Done<std::size_t> done) override;
  void ConsentHistory(const AccountId& account, std::int64_t after, std::size_t count,
                      Done<std::vector<ConsentEntryView>> done) override;
  void KeyLog(const AccountId& account, std::uint64_t after, std::size_t count,
              Done<std::vector<KeyLogEntry>> done) override;
  void Reach(const AccountId& account, std::string alias, Done<ReachAnswer> done) override;
  void ListContacts(const AccountId& account, Done<std::vector<ContactView>> done) override;
  void Consent(const AccountId& account, const LinkId& own_link, ConsentAction action,
               Done<ConsentAnswer> done) override;
  void AllowEdge(const AccountId& account, const LinkId& own_link, Millis span,
                 Done<ConsentAnswer> done) override;
  void EndEdge(const AccountId& account, const LinkId& own_link, Done<ConsentAnswer> done) override;
  void PublishKeys(const AccountId& account, std::vector<Bytes> key_packages,
                   Done<PublishKeysAnswer> done) override;
  void ClaimKeys(const AccountId& account, const LinkId& own_link,
                 Done<ClaimKeysAnswer> done) override;
  void CountKeys(const AccountId& account, Done<std::size_t> done) override;
  void Submit(const AccountId& account, const LinkId& own_link, Bytes payload,
              Done<SubmitAnswer> done) override;
  void SubmitHandshake(const AccountId& account, const LinkId& own_link, Bytes payload,
                       Done<SubmitAnswer> done) override;
  void Trace(std::optional<AccountId> account, const EnvelopeId& envelope,
             Done<TraceAnswer> done) override;
  void ErasureProof(ErasureQuestion question, Done<ErasureProofAnswer> done) override;
  void Explain(ExplainQuestion question, Done<RouteDecision> done) override;
  void ListRoutes(const AccountId& account, Done<std::vector<RouteView>> done) override;
  Result<std::shared_ptr<Watcher>> Watch(std::optional<AccountId> account,
                                         absl::AnyInvocable<void()> wake) override;
  void Presence(const AccountId& account, const Network& network, Rouse rouse,
                Done<PresenceAnswer> done) override;
  void ListAdapters(Done<std::vector<AdapterView>> done) override;
  Result<void> Drain(const Network& network) override;
  Result<void> Resume(const Network& network) override;
  void DeadLetters(const LetterFilter& filter, std::int64_t after, std::size_t count,
                   Done<DeadLetterPage> done) override;
  void Requeue(std::int64_t id, Done<void> done) override;
  void Purge(std::int64_t id, Done<void> done) override;
  void RequeueAll(const LetterFilter& filter, Done<LetterCount> done) override;
  void PurgeAll(const LetterFilter& filter, Done<LetterCount> done) override;

 private:
  // `use` runs with the link's contact and this account's side of it; its outcome is the answer.
  template <class Use>
  void OnOwnLink(const AccountId& account, const LinkId& own_link, Use use,
                 Done<ConsentAnswer> done);
  void UseEdge(const AccountId& account, const LinkId& own_link, const EdgeWish& wish,
               Done<ConsentAnswer> done);
  // One operation: a turn, or its refusal by way of the lane.
  template <class Answer, class Run>
  void Operate(Done<Answer> done, Run run, std::size_t bytes = 0) {
    Result<void> started = Fail(Reason::kCancelled, "the core is stopped");
    if (!stopped_) {
      started = runner_.Start<Answer>(std::move(run), std::move(done), Admission::kBounded, bytes);
    }
    if (!started) Refuse(std::move(done), started.error());
  }
  template <class Answer>
  void Refuse(Done<Answer> done, const Error& error) {
    auto held = std::make_shared<Done<Answer>>(std::move(done));
    const Result<void> posted =
        lane_.Post([held, error] { std::move (*held)(tl::unexpected(error)); });
    if (!posted) std::move (*held)(tl::unexpected(error));
  }

  Doorbells MakeDoorbells();
  void RunErrands();
  void SubmitAs(Accepts accepts, const AccountId& account, const LinkId& own_link, Bytes payload,
                Done<SubmitAnswer> done);
  void SetSweepTimer(Millis from_now);
  void Sweep();
  WallClock LookAtWallClock();  // lane
  Result<void> SetDraining(const Network& network, bool draining);

  Executor& lane_;
  Surroundings core_;
  WorkRunner runner_;
  Dispatch dispatch_;
  FlowWatch flow_;
  std::vector<std::unique_ptr<AdapterDoor>> doors_;
  std::atomic<bool> stopped_{false};
  std::atomic<bool> errands_rung_{false};
  bool started_ = false;
  std::optional<Millis> wall_ahead_;  // of the clock that never jumps; lane only
  const std::shared_ptr<int> alive_ = std::make_shared<int>(0);  // timers may outlive this
};

}  // namespace trestle
