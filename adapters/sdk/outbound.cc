#include "adapters/sdk/outbound.h"

#include <algorithm>
#include <utility>

#include "bridge/base/digest.h"
#include "bridge/base/event_log.h"

namespace trestle {
namespace {

constexpr Millis kRoomPause = std::chrono::seconds(10);
constexpr Millis kCannedTextAgeMax = std::chrono::minutes(1);

Attempt NotSent(Retry retry, Rule rule, std::optional<Millis> retry_after = std::nullopt) {
  return {Certainty::kNotSent, retry, rule, retry_after};
}

// A store of ours that fails is an outage, not the fault of the delivery.
Attempt StoreFailed(const Error& error) {
  LogEvent(Severity::kError, "adapter_store_failed", {EventField("reason", error.reason)});
  Attempt attempt = NotSent(Retry::kLater, Rule::kAdapterDown);
  attempt.trouble = Trouble::kOwn;
  return attempt;
}

// Nobody would notice its loss: it is handed over again, which its receiver does not mind.
Attempt SentUnwatched(const Error& error) {
  Attempt again = StoreFailed(error);
  again.certainty = Certainty::kMaybeSent;
  return again;
}

// A receipt of progress is repeated by the next one, and what is ephemeral by nothing: neither is
// worth a message of the receiver's. Everything else must not get lost without a word.
bool IsWorthConfirming(const Frame& frame) {
  if (const auto* receipt = std::get_if<ReceiptFrame>(&frame)) return receipt->rule != Rule::kNone;
  const auto* envelope = std::get_if<EnvelopeFrame>(&frame);
  return envelope == nullptr || envelope->seq != 0;
}

FragmentRef RefOf(const DeliveryId& id) {
  const Bytes32 digest = Sha256({AsBytes("trestle fragment ref"), id.bytes()});
  FragmentRef ref;
  std::copy_n(digest.begin(), ref.size(), ref.begin());
  return ref;
}

// A sender that answers with an error has said nothing of the wire, except that a full queue took
// nothing.
Attempt AttemptOf(const Result<NativeOutcome>& outcome) {
  if (outcome) return outcome->attempt;
  const bool took_nothing = outcome.error().reason == Reason::kBusy;
  return {took_nothing ? Certainty::kNotSent : Certainty::kMaybeSent, Retry::kLater,
          Rule::kAdapterDown, outcome.error().retry_after};
}

}  // namespace

void Outbound::Deliver(Delivery delivery, Done<Attempt> done) {
  if (stopped_) return std::move(done)(NotSent(Retry::kLater, Rule::kAdapterDown));
  if (jobs_ >= kJobsMax) {
    return std::move(done)(NotSent(Retry::kLater, Rule::kQueueFull, Millis{1000}));
  }
  const ThreadRef thread = delivery.to;
  auto& waiting = threads_[thread];
  waiting.push_back(std::make_unique<Job>(Job{std::move(delivery), std::move(done)}));
  waiting.back()->serial = ++last_serial_;
  ++jobs_;
  if (waiting.size() == 1) Begin(thread);
}

void Outbound::Withdraw(const DeliveryId& delivery) {
  for (auto& [thread, jobs] : threads_) {
    const auto found =
        std::ranges::find_if(jobs, [&](const auto& each) { return each->delivery.id == delivery; });
    if (found == jobs.end()) continue;
    if (found == jobs.begin()) {
      *(*found)->withdrawn = true;
      return;
    }
    const std::unique_ptr<Job> job = std::move(*found);
    jobs.erase(found);
    --jobs_;
    return std::move(job->done)(NotSent(Retry::kNever, Rule::kNoConsent));
  }
}

void Outbound::SendText(const std::string& identity, NativeAddress to, std::string_view text) {
  if (stopped_) return;
  NativeUnit unit;
  unit.identity = identity;
  unit.to = std::move(to);
  unit.body = std::string(text);
  unit.delivery = DeliveryId::Mint(parts_.seams.random);
  unit.expires_at = parts_.seams.clock.wall_now() + kCannedTextAgeMax;
  parts_.sender.SendUnit(std::move(unit), [](Result<NativeOutcome>) {});
}

void Outbound::Stop() {
  stopped_ = true;
  auto threads = std::exchange(threads_, {});
  jobs_ = 0;
  for (auto& [thread, jobs] : threads) {
    bool under_way = true;
    for (auto& job : jobs) {
      const Certainty certainty = under_way ? Certainty::kMaybeSent : Certainty::kNotSent;
      std::move(job->done)(Attempt{certainty, Retry::kLater, Rule::kAdapterDown});
      under_way = false;
    }
  }
}

void Outbound::Begin(const ThreadRef& thread) {
  Job& job = *threads_.at(thread).front();
  const auto refused = Prepare(job);
  if (refused) return Finish(thread, *refused);
  if (!job.delivery.offers_link) return SendNext(thread);
  // The code that an offer holds is in the book before anybody can come with it.
  parts_.WhenDurable([this, thread, serial = job.serial](const Result<void>& kept) {
    if (UnderWay(thread, serial) == nullptr) return;
    if (!kept) return Finish(thread, StoreFailed(kept.error()));
    SendNext(thread);
  });
}

// The delivery at the front of the thread, if it is still that one.
Outbound::Job* Outbound::UnderWay(const ThreadRef& thread, std::uint64_t serial) {
  const auto found = threads_.find(thread);
  if (found == threads_.end() || found->second.front()->serial != serial) return nullptr;
  return found->second.front().get();
}

std::optional<Attempt> Outbound::Prepare(Job& job) {
  if (parts_.seams.clock.wall_now() >= job.delivery.expires_at) {
    return NotSent(Retry::kNever, Rule::kExpired);
  }
  if (auto refused = FindAddress(job)) return refused;
  if (auto refused = FillOffer(job)) return refused;
  return Cut(job);
}

std::optional<Attempt> Outbound::FindAddress(Job& job) {
  if (const auto* enrolment = std::get_if<EnrolmentId>(&job.delivery.to)) {
    auto address = parts_.book->AddressOf(*enrolment);
    if (!address) return StoreFailed(address.error());
    if (!*address) return NotSent(Retry::kNever, Rule::kNotEnrolled);
    job.identity = parts_.options.service_identity;
    job.to = std::move(**address);
    return std::nullopt;
  }
  auto row = parts_.book->FindLink(std::get<LinkId>(job.delivery.to));
  if (!row) return StoreFailed(row.error());
  if (!*row || !(*row)->address) return NotSent(Retry::kLater, Rule::kThreadNotOpen);
  // Its number has left the pool, and no other one is left for this person.
  if (!parts_.options.ghosts.Contains((*row)->ghost)) {
    return NotSent(Retry::kLater, Rule::kGhostsExhausted);
  }
  job.identity = (*row)->ghost;
  job.to = std::move(*(*row)->address);
  return std::nullopt;
}

std::optional<Attempt> Outbound::FillOffer(Job& job) {
  auto* frame = std::get_if<Frame>(&job.delivery.body);
  auto* offer = frame == nullptr ? nullptr : std::get_if<ThreadOfferFrame>(frame);
  if (offer == nullptr) return std::nullopt;
  const auto* enrolment = std::get_if<EnrolmentId>(&job.delivery.to);
  if (enrolment == nullptr || !job.delivery.offers_link) {
    return NotSent(Retry::kNever, Rule::kMalformed);
  }
  const auto row =
      parts_.book->OfferLink(*job.delivery.offers_link, *enrolment, parts_.options.ghosts);
  if (!row && row.error().reason == Reason::kUnavailable) {
    parts_.Count("ghosts_exhausted");
    return NotSent(Retry::kNever, Rule::kGhostsExhausted);
  }
  if (!row && row.error().reason == Reason::kConflict) {
    return NotSent(Retry::kNever, Rule::kNoContact);
  }
  if (!row) return StoreFailed(row.error());
  offer->ghost = row->ghost;
  offer->replaces = row->replaces;
  offer->bind_code = row->bind_code;
  return std::nullopt;
}

std::optional<Attempt> Outbound::Cut(Job& job) {
  const std::size_t text_bytes_max = parts_.options.text_bytes_max;
  if (auto* reply = std::get_if<ServiceReply>(&job.delivery.body)) {
    if (text_bytes_max != 0 && reply->text.size() > text_bytes_max) {
      return NotSent(Retry::kNever, Rule::kTooLarge);
    }
    job.units.emplace_back(std::move(reply->text));
    return std::nullopt;
  }
  const Capabilities& can = parts_.options.capabilities;
  const Bytes frame = EncodeFrame(std::get<Frame>(job.delivery.body));
  if (can.UnitsOf(frame.size()) > can.units_max) {
    return NotSent(Retry::kNever, Rule::kUnitsOverBudget);
  }
  if (can.frame_price_micros_max != 0 &&
      can.PriceMicrosOf(frame.size()) > can.frame_price_micros_max) {
    return NotSent(Retry::kNever, Rule::kPriceOverBudget);
  }
  job.is_awaited =
      parts_.options.watcher != nullptr && IsWorthConfirming(std::get<Frame>(job.delivery.body));
  if (job.is_awaited && !parts_.options.watcher->has_room()) {
    return NotSent(Retry::kLater, Rule::kQueueFull, kRoomPause);
  }
  job.ref = RefOf(job.delivery.id);
  const auto keep = [&job](auto& cut) {
    for (auto& unit : cut) job.units.emplace_back(std::move(unit));
  };
  if (can.unit_kind == UnitKind::kText) {
    auto texts = CutToText(frame, text_bytes_max, job.ref);
    if (!texts) return NotSent(Retry::kNever, Rule::kTooLarge);
    keep(*texts);
  } else {
    auto chunks = CutChunks(frame, can.chunk_bytes);
    if (!chunks) return NotSent(Retry::kNever, Rule::kTooLarge);
    keep(*chunks);
  }
  return std::nullopt;
}

void Outbound::SendNext(const ThreadRef& thread) {
  Job& job = *threads_.at(thread).front();
  if (job.units.size() > 1) {
    const Progress& progress = ProgressOf(job);
    while (job.next < job.units.size() && progress.sent[job.next]) ++job.next;
  }
  if (job.next >= job.units.size()) return Finish(thread, HandedOver(job));
  // A frame with a fragment missing is no frame: it was not sent.
  if (*job.withdrawn) return Finish(thread, NotSent(Retry::kNever, Rule::kNoConsent));
  if (parts_.seams.clock.wall_now() >= job.delivery.expires_at) {
    // A frame with a fragment missing is no frame: it was not sent.
    return Finish(thread, NotSent(Retry::kNever, Rule::kExpired));
  }
  SendUnit(thread, job);
}

Attempt Outbound::HandedOver(Job& job) {
  const Attempt sent{Certainty::kSent, Retry::kNever, Rule::kNone};
  if (!job.is_awaited) return sent;
  HandedFrame frame{job.delivery.id, job.identity, job.to.Duplicate(Purpose::kWriteToNetwork),
                    job.ref,         {},           job.delivery.expires_at};
  for (const auto& unit : job.units) frame.chunks.push_back(std::get<Bytes>(unit));
  const auto kept = parts_.options.watcher->HandedOver(std::move(frame));
  return kept ? sent : SentUnwatched(kept.error());
}

void Outbound::SendUnit(const ThreadRef& thread, Job& job) {
  NativeUnit unit;
  unit.identity = job.identity;
  unit.to = job.to.Duplicate(Purpose::kWriteToNetwork);
  std::visit([&unit](const auto& body) { unit.body = body; }, job.units[job.next]);
  unit.ref = job.ref;
  unit.index = static_cast<std::uint8_t>(job.next);
  unit.count = static_cast<std::uint8_t>(job.units.size());
  unit.delivery = job.delivery.id;
  unit.expires_at = job.delivery.expires_at;
  unit.withdrawn = job.withdrawn;
  unit.is_awaited = job.is_awaited;
  if (job.is_awaited) {
    unit.expires_at =
        std::min(unit.expires_at, parts_.seams.clock.wall_now() + parts_.options.confirm_within);
  }
  auto done = [this, seams = parts_.seams, alive = std::weak_ptr(parts_.alive), thread,
               serial = job.serial](Result<NativeOutcome> outcome) {
    const auto posted =
        seams.loop.Post([this, alive, thread, serial, outcome = std::move(outcome)]() mutable {
          if (alive.lock()) TakeOutcome(thread, serial, std::move(outcome));
        });
    // A stopped loop means that Stop has answered; a full one cannot be, since what is under way is
    // bounded far below its queue.
    if (!posted && posted.error().reason == Reason::kBusy) {
      seams.metrics.Add("trestle_impossible_total", "adapter_loop_full");
    }
  };
  parts_.sender.SendUnit(std::move(unit), std::move(done));
}

void Outbound::TakeOutcome(const ThreadRef& thread, std::uint64_t serial,
                           Result<NativeOutcome> outcome) {
  Job* const found = UnderWay(thread, serial);
  if (found == nullptr) return;
  Job& job = *found;
  Attempt attempt = AttemptOf(outcome);
  if (attempt.certainty == Certainty::kSent) {
    if (!outcome->native_id.empty()) {
      const AddressBook::SentUnit unit{job.delivery.id, static_cast<std::uint8_t>(job.next),
                                       static_cast<std::uint8_t>(job.units.size()), job.is_awaited};
      const auto kept =
          parts_.book->RememberSent(outcome->native_id, unit, parts_.seams.clock.wall_now());
      // The message is out all the same; only its receipts are lost.
      if (!kept) StoreFailed(kept.error());
      remembered_(outcome->native_id);
    }
    if (job.units.size() > 1) ProgressOf(job).sent[job.next] = true;
    ++job.next;
    ++job.sent_now;
    return SendNext(thread);
  }
  if (*job.withdrawn) return Finish(thread, NotSent(Retry::kNever, Rule::kNoConsent));
  if (job.sent_now > 0) {
    attempt.certainty = Certainty::kMaybeSent;
    attempt.retry = Retry::kLater;
  }
  Finish(thread, attempt);
}

// When a unit has left, the core hears of it once the network's ids are durable.
void Outbound::Finish(const ThreadRef& thread, Attempt attempt) {
  const Job& job = *threads_.at(thread).front();
  const bool has_left = job.sent_now > 0 || attempt.certainty != Certainty::kNotSent;
  if (!has_left) return Answer(thread, attempt);
  parts_.WhenDurable([this, thread, serial = job.serial, attempt](const Result<void>& kept) {
    const Job* const found = UnderWay(thread, serial);
    if (found != nullptr) Answer(thread, AttemptKept(*found, attempt, kept));
  });
}

// The message is out all the same; without its ids only its receipts are lost.
Attempt Outbound::AttemptKept(const Job& job, Attempt attempt, const Result<void>& kept) {
  const bool was_watched = job.is_awaited && attempt.certainty == Certainty::kSent;
  if (kept || !was_watched) return attempt;
  parts_.options.watcher->HandOverLost(job.delivery.id);
  return SentUnwatched(kept.error());
}

void Outbound::Answer(const ThreadRef& thread, Attempt attempt) {
  const auto found = threads_.find(thread);
  std::unique_ptr<Job> job = std::move(found->second.front());
  found->second.pop_front();
  --jobs_;
  if (attempt.certainty == Certainty::kSent || attempt.retry == Retry::kNever) {
    ForgetProgress(job->delivery.id);
  }
  const bool more = !found->second.empty();
  if (!more) threads_.erase(found);
  std::move(job->done)(attempt);
  // `done` may have stopped us; the next one begins in a task of its own, so that a row of refused
  // deliveries does not grow the stack.
  if (!more || stopped_) return;
  const auto posted = parts_.seams.loop.Post([this, alive = std::weak_ptr(parts_.alive), thread] {
    if (alive.lock() && !stopped_ && threads_.contains(thread)) Begin(thread);
  });
  if (!posted) Begin(thread);
}

Outbound::Progress& Outbound::ProgressOf(const Job& job) {
  const DeliveryId& id = job.delivery.id;
  const MonoTime now = parts_.seams.clock.mono_now();
  const auto found = progress_.find(id);
  if (found != progress_.end()) {
    const bool fresh = now - found->second.begun <= kProgressAgeMax || job.sent_now > 0;
    if (fresh && found->second.sent.size() == job.units.size()) return found->second;
    ForgetProgress(id);
  }
  if (progress_.size() >= kProgressMax) ForgetProgress(progress_by_age_.front());
  progress_by_age_.push_back(id);
  Progress& made = progress_[id];
  made = {std::vector<bool>(job.units.size(), false), now, std::prev(progress_by_age_.end())};
  return made;
}

void Outbound::ForgetProgress(const DeliveryId& id) {
  const auto found = progress_.find(id);
  if (found == progress_.end()) return;
  progress_by_age_.erase(found->second.age);
  progress_.erase(found);
}

}  // namespace trestle
