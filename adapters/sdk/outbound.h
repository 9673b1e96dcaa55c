// The sending half of a Carrier: finds the address behind a thread, fills in thread offers, cuts
// frames to native messages and sends those of one thread in order. All methods run on the
// adapter's loop.
//
//   waiting ──(front of its thread)──▶ sending unit k ──kSent──▶ unit k+1 … ──▶ ids durable ──▶
//   done
//                                          └──otherwise──▶ done, progress kept for the next attempt
#pragma once

#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <unordered_map>

#include "adapters/sdk/carrier_parts.h"

namespace trestle {

class Outbound {
 public:
  static constexpr std::size_t kJobsMax = 4096;
  static constexpr std::size_t kProgressMax = 1024;
  // Fragments older than this are sent again: the receiver forgets a set after ten minutes.
  static constexpr Millis kProgressAgeMax = std::chrono::minutes(5);

  // `remembered` runs after the network's id of a sent unit is in the address book.
  Outbound(CarrierParts& parts, std::function<void(const std::string&)> remembered)
      : parts_(parts), remembered_(std::move(remembered)) {}

  void Deliver(Delivery delivery, Done<Attempt> done);
  // Answers a delivery that has not begun with kNoConsent; of one that is under way no further unit
  // leaves.
  void Withdraw(const DeliveryId& delivery);
  // A text of the bridge itself, sent once and forgotten.
  void SendText(const std::string& identity, NativeAddress to, std::string_view text);
  // Answers everything: kMaybeSent for what is under way, kNotSent for what has not begun.
  void Stop();

 private:
  struct Job {
    Delivery delivery;
    Done<Attempt> done;
    std::string identity = {};
    NativeAddress to = {};
    std::vector<std::variant<std::string, Bytes>> units = {};
    FragmentRef ref{};
    bool is_awaited = false;  // the receiver is to confirm it
    std::size_t next = 0;
    std::size_t sent_now = 0;  // units that left in this attempt
    std::uint64_t serial = 0;
    std::shared_ptr<bool> withdrawn = std::make_shared<bool>(false);
  };
  // Which units of a delivery have left in earlier attempts.
  struct Progress {
    std::vector<bool> sent;
    MonoTime begun{};
    std::list<DeliveryId>::iterator age;
  };

  Job* UnderWay(const ThreadRef& thread, std::uint64_t serial);
  void Begin(const ThreadRef& thread);
  std::optional<Attempt> Prepare(Job& job);
  std::optional<Attempt> FindAddress(Job& job);
  std::optional<Attempt> FillOffer(Job& job);
  std::optional<Attempt> Cut(Job& job);
  void SendNext(const ThreadRef& thread);
  Attempt HandedOver(Job& job);
  void SendUnit(const ThreadRef& thread, Job& job);
  void TakeOutcome(const ThreadRef& thread, std::uint64_t serial, Result<NativeOutcome> outcome);
  void Finish(const ThreadRef& thread, Attempt attempt);
  Attempt AttemptKept(const Job& job, Attempt attempt, const Result<void>& kept);
  void Answer(const ThreadRef& thread, Attempt attempt);
  Progress& ProgressOf(const Job& job);
  void ForgetProgress(const DeliveryId& id);

  CarrierParts& parts_;
  const std::function<void(const std::string&)> remembered_;
  std::map<ThreadRef, std::deque<std::unique_ptr<Job>>> threads_;
  std::unordered_map<DeliveryId, Progress, IdHash> progress_;
  std::list<DeliveryId> progress_by_age_;  // oldest first
  std::size_t jobs_ = 0;
  std::uint64_t last_serial_ = 0;
  bool stopped_ = false;
};

}  // namespace trestle
