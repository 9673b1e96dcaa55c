#include "bridge/rpc/native_adapter.h"

#include "bridge/base/digest.h"
#include "bridge/rpc/native_codec.h"

namespace trestle {
namespace {

constexpr Error kReplaced{Reason::kConflict, "another client of this account has connected"};
constexpr Error kSlow{Reason::kBusy, "the client does not acknowledge its deliveries",
                      Millis{1000}};
constexpr Error kDeaf{Reason::kUnavailable, "the bridge makes its connections anew", Millis{1000}};
constexpr Error kStopping{Reason::kCancelled, "the bridge is stopping"};

// Its rows are made due when the client connects; until then it is not worth asking often.
constexpr Attempt kNobodyThere{.rule = Rule::kThreadNotOpen, .retry_after = std::chrono::hours(1)};

// The same whenever this link is bound again, so that it counts once.
Bytes32 AcceptKey(const LinkId& link) { return Sha256({AsBytes("native accept"), link.bytes()}); }

}  // namespace

void NativeAdapter::Start(AdapterHost& host, Done<void> started) {
  {
    const std::lock_guard lock(mutex_);
    host_ = &host;
  }
  host.ReportHealth(Network::Native(), Health::kHealthy);
  host.NameLoopback(kLoopback);
  TRESTLE_CHECK(loop_.Post([started = std::move(started)]() mutable { std::move(started)({}); }));
}

void NativeAdapter::Stop(Done<void> stopped) {
  std::vector<Person> people;
  {
    const std::lock_guard lock(mutex_);
    host_ = nullptr;
    for (auto& [account, person] : people_) people.push_back(std::move(person));
    people_.clear();
    threads_.clear();
  }
  for (Person& person : people) {
    person.session->CutOff(kStopping);
    SettleUnknown(std::move(person));
  }
  TRESTLE_CHECK(loop_.Post([stopped = std::move(stopped)]() mutable { std::move(stopped)({}); }));
}

Result<void> NativeAdapter::Reconnect() {
  std::vector<Person> people;
  {
    const std::lock_guard lock(mutex_);
    if (host_ == nullptr) return Fail(Reason::kCancelled, "the native network does not run");
    for (auto& [account, person] : people_) people.push_back(std::move(person));
    people_.clear();
    threads_.clear();
  }
  for (Person& person : people) {
    person.session->CutOff(kDeaf);
    SettleUnknown(std::move(person));
  }
  return {};
}

// As a peer would: it comes back over the loop, on which clients' deadlines run too.
void NativeAdapter::Echo(const Delivery& delivery, Done<Attempt> done) {
  const auto* reply = std::get_if<ServiceReply>(&delivery.body);
  const auto command = ParseServiceWord(reply == nullptr ? "" : reply->text);
  if (!command) {
    return AnswerLater(std::move(done), {.retry = Retry::kNever, .rule = Rule::kMalformed});
  }
  AnswerLater(std::move(done), {.certainty = Certainty::kSent});
  (void)loop_.Post([this, echo = *command, key = delivery.id] {
    AdapterHost* host = nullptr;
    {
      const std::lock_guard lock(mutex_);
      host = host_;
    }
    if (host == nullptr) return;
    (void)host->Offer({.key = Sha256(key.bytes()), .from = kLoopback, .body = echo},
                      [](const Result<void>&) {});
  });
}

void NativeAdapter::Deliver(Delivery delivery, Done<Attempt> done) {
  if (delivery.to == ThreadRef(kLoopback)) return Echo(delivery, std::move(done));
  delivery.offers_link ? BindAndHandOver(std::move(delivery), std::move(done))
                       : HandOver(std::move(delivery), std::move(done));
}

// A native thread needs no phone to open it: the link is bound before the client hears of it, so
// that it may submit at once, and even when the client is not connected now.
void NativeAdapter::BindAndHandOver(Delivery delivery, Done<Attempt> done) {
  AdapterHost* host = nullptr;
  {
    const std::lock_guard lock(mutex_);
    host = host_;
  }
  if (host == nullptr) return AnswerLater(std::move(done), {.rule = Rule::kAdapterDown});
  const LinkId link = *delivery.offers_link;
  {
    const std::lock_guard lock(mutex_);
    opening_.try_emplace(link);
  }
  // The answer and what it needs are shared, because a failed call leaves the callback unused.
  auto rest = std::make_shared<Early>(Early{std::move(delivery), std::move(done)});
  const auto finish = [this, rest, link](const Result<void>& bound) {
    if (bound) {
      HandOver(std::move(rest->delivery), std::move(rest->done));
    } else {
      AnswerLater(std::move(rest->done), {.retry_after = bound.error().retry_after});
    }
    EndOpening(link);
  };
  const Result<void> offered =
      host->Offer({.key = AcceptKey(link), .from = link, .body = Frame(ThreadAcceptFrame{})},
                  [finish](const Result<void>& bound) { finish(bound); });
  if (!offered) finish(offered);
}

// The client hears of a thread before it hears anything on it.
void NativeAdapter::EndOpening(const LinkId& link) {
  std::optional<Early> early;
  {
    const std::lock_guard lock(mutex_);
    auto entry = opening_.extract(link);
    if (!entry.empty()) early = std::move(entry.mapped());
  }
  if (early) HandOver(std::move(early->delivery), std::move(early->done));
}

void NativeAdapter::HandOver(Delivery delivery, Done<Attempt> done) {
  std::optional<v1::Inbound> inbound = InboundOf(delivery);
  if (!inbound) {
    return AnswerLater(std::move(done), {.retry = Retry::kNever, .rule = Rule::kMalformed});
  }
  const MonoTime deadline = clock_.mono_now() + kAckAgeMax;
  std::shared_ptr<NativeSession> session;
  {
    const std::lock_guard lock(mutex_);
    const auto* link = std::get_if<LinkId>(&delivery.to);
    if (const auto opening = link ? opening_.find(*link) : opening_.end();
        opening != opening_.end()) {
      opening->second = Early{std::move(delivery), std::move(done)};
      return;
    }
    if (Person* person = FindPerson(delivery.to)) {
      session = person->session;
      const AccountId account = threads_.at(delivery.to);
      const auto* frame = std::get_if<Frame>(&delivery.body);
      const bool is_envelope = frame != nullptr && std::holds_alternative<EnvelopeFrame>(*frame);
      person->pending.insert_or_assign(delivery.id,
                                       Pending{std::move(done), is_envelope, deadline});
      SetDeadline(deadline);
      if (delivery.offers_link && threads_.emplace(*delivery.offers_link, account).second) {
        person->threads.push_back(*delivery.offers_link);
      }
    }
  }
  if (session == nullptr) {
    return AnswerLater(std::move(done), kNobodyThere);
  }
  session->Hand(*std::move(inbound));
}

// All have the same patience, so the first that is handed over is the first to be overdue. Without
// a free timer the session's end still answers.
void NativeAdapter::SetDeadline(MonoTime at) {
  if (deadline_set_) return;
  deadline_set_ = loop_.PostAt(at, [this] { EndOverdue(); }).has_value();
}

void NativeAdapter::EndOverdue() {
  std::vector<Person> slow;
  {
    const std::lock_guard lock(mutex_);
    deadline_set_ = false;
    const MonoTime now = clock_.mono_now();
    std::vector<AccountId> accounts;
    std::optional<MonoTime> next;
    for (const auto& [account, person] : people_) {
      std::optional<MonoTime> first;
      for (const auto& [id, pending] : person.pending) {
        first = first ? std::min(*first, pending.deadline) : pending.deadline;
      }
      if (first && *first <= now) {
        accounts.push_back(account);
      } else if (first) {
        next = next ? std::min(*next, *first) : first;
      }
    }
    for (const AccountId& account : accounts) slow.push_back(Remove(account));
    if (next) SetDeadline(*next);
  }
  for (Person& person : slow) {
    person.session->CutOff(kSlow);
    SettleUnknown(std::move(person));
  }
}

Result<void> NativeAdapter::Connect(const AccountId& account, const PresenceAnswer& threads,
                                    std::shared_ptr<NativeSession> session) {
  Person replaced;
  {
    const std::lock_guard lock(mutex_);
    if (host_ == nullptr) return Fail(Reason::kCancelled, "the native network does not run");
    if (people_.contains(account)) replaced = Remove(account);
    if (people_.size() >= kSessionsMax) {
      return Fail(Reason::kBusy, "too many clients are connected", Millis{5000});
    }
    Person& person = people_[account];
    person.session = std::move(session);
    person.threads.assign(threads.enrolments.begin(), threads.enrolments.end());
    person.threads.insert(person.threads.end(), threads.links.begin(), threads.links.end());
    for (const ThreadRef& thread : person.threads) threads_.insert_or_assign(thread, account);
  }
  if (replaced.session != nullptr) {
    replaced.session->CutOff(kReplaced);
    SettleUnknown(std::move(replaced));
  }
  return {};
}

void NativeAdapter::Disconnect(const AccountId& account, const NativeSession& session) {
  Person person;
  {
    const std::lock_guard lock(mutex_);
    const auto found = people_.find(account);
    if (found == people_.end() || found->second.session.get() != &session) return;
    person = Remove(account);
  }
  SettleUnknown(std::move(person));
}

std::size_t NativeAdapter::Acknowledge(const AccountId& account, const DeliveryId& delivery) {
  Pending acknowledged;
  AdapterHost* host = nullptr;
  std::size_t left = 0;
  {
    const std::lock_guard lock(mutex_);
    const auto found = people_.find(account);
    if (found == people_.end()) return 0;
    auto entry = found->second.pending.extract(delivery);
    left = found->second.pending.size();
    if (entry.empty()) return left;
    acknowledged = std::move(entry.mapped());
    host = host_;
  }
  std::move(acknowledged.done)(Attempt{.certainty = Certainty::kSent});
  if (host != nullptr && acknowledged.is_envelope) {
    host->Report({.id = delivery, .level = ReceiptLevel::kDelivered});
  }
  return left;
}

std::size_t NativeAdapter::in_flight(const AccountId& account) const {
  const std::lock_guard lock(mutex_);
  const auto found = people_.find(account);
  return found == people_.end() ? 0 : found->second.pending.size();
}

bool NativeAdapter::Later(Millis after, Task task) {
  return loop_.PostAt(clock_.mono_now() + after, std::move(task)).has_value();
}

void NativeAdapter::AnswerLater(Done<Attempt> done, Attempt attempt) {
  // At most as many at once as the core has under way: the loop has room for them.
  TRESTLE_CHECK(
      loop_.Post([done = std::move(done), attempt]() mutable { std::move(done)(attempt); }));
}

NativeAdapter::Person* NativeAdapter::FindPerson(const ThreadRef& thread) {
  const auto account = threads_.find(thread);
  if (account == threads_.end()) return nullptr;
  return &people_.at(account->second);
}

NativeAdapter::Person NativeAdapter::Remove(const AccountId& account) {
  auto entry = people_.extract(account);
  for (const ThreadRef& thread : entry.mapped().threads) threads_.erase(thread);
  return std::move(entry.mapped());
}

// The client may have taken what it did not acknowledge: the same delivery comes again, and its id
// tells the client.
void NativeAdapter::SettleUnknown(Person person) {
  for (auto& [id, pending] : person.pending) {
    std::move(pending.done)(Attempt{.certainty = Certainty::kMaybeSent});
  }
}

}  // namespace trestle
