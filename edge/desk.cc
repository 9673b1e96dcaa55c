#include "edge/desk.h"

#include <algorithm>

#include "bridge/envelope/mls_framing.h"
#include "edge/words.h"

namespace trestle::edge {
namespace {

Attempt NotSent(Retry retry, Rule rule) {
  return {.certainty = Certainty::kNotSent, .retry = retry, .rule = rule};
}

// Why a delivery is not for this desk, as the bridge is told. What may pass by itself comes again.
Attempt AttemptOf(const Error& error) {
  switch (error.reason) {
    case Reason::kPermissionDenied:
      return NotSent(Retry::kNever, Rule::kEndToEndUnavailable);
    case Reason::kTooLarge:
      return NotSent(Retry::kNever, Rule::kUnitsOverBudget);
    case Reason::kUnavailable:
      return NotSent(Retry::kNever, Rule::kGhostsExhausted);
    case Reason::kConflict:  // opened before, and its text is not known any more
      return {.certainty = Certainty::kMaybeSent, .retry = Retry::kNever, .rule = Rule::kNoAnswer};
    case Reason::kMalformed:
    case Reason::kCrypto:
    case Reason::kInvalidArgument:
    case Reason::kUnsupported:
    case Reason::kAlreadyExists:
      return NotSent(Retry::kNever, Rule::kMalformed);
    case Reason::kNotFound:
      return NotSent(Retry::kNever, Rule::kNoContact);
    case Reason::kUnauthenticated:
    case Reason::kExpired:
    case Reason::kBusy:
    case Reason::kStorage:
    case Reason::kCancelled:
    case Reason::kInternal:
      break;
  }
  return NotSent(Retry::kLater, Rule::kAdapterDown);
}

constexpr Attempt kDone{.certainty = Certainty::kSent, .retry = Retry::kNever};

}  // namespace

Result<std::unique_ptr<Desk>> Desk::Create(Options options, Seams seams, NativeSender& session,
                                           BridgePort& bridge) {
  auto book =
      TRESTLE_TRY(AddressBook::Open(options.folder, seams.random, seams.clock, options.keys));
  // The address book would take a newer key, the endpoints would not: each state is sealed under
  // what its person's name yields under this one.
  if (book->keys().size() != 1) {
    return Fail(Reason::kStorage, "the edge has one key, and it cannot be replaced");
  }
  auto journal = TRESTLE_TRY(Journal::Open(options.folder, book->keys(), seams.random));
  TRESTLE_TRY(journal->TakeUp());
  return std::unique_ptr<Desk>(
      new Desk(std::move(options), seams, {std::move(book), std::move(journal)}, session, bridge));
}

Desk::Desk(Options options, Seams seams, Stores stores, NativeSender& session, BridgePort& bridge)
    : options_(std::move(options)),
      seams_(seams),
      book_(std::move(stores.book)),
      journal_(std::move(stores.journal)),
      session_(session),
      bridge_(bridge),
      people_(options_.folder + "/people", book_->keys(), seams.random, seams.clock),
      offers_(*journal_, bridge, {seams.loop, seams.clock, seams.metrics}),
      texts_(*journal_, session, {seams.loop, seams.clock, seams.metrics},
             {[this](const DeliveryId& id, const Attempt& attempt) { bridge_.Answer(id, attempt); },
              [this](const DeliveryReport& report) { bridge_.Report(report); }}),
      references_(seams.random) {}

void Desk::Start() { Sweep(); }

void Desk::Sweep() {
  if (!journal_->EraseOld(seams_.clock.wall_now())) Count("sweep_failed");
  answers_.ForgetOld(seams_.clock.mono_now());
  const auto planned = seams_.loop.PostAt(seams_.clock.mono_now() + kSweepEvery,
                                          [this, alive = std::weak_ptr<int>(alive_)] {
                                            if (!alive.expired()) Sweep();
                                          });
  if (!planned) seams_.metrics.Add("trestle_impossible_total", "edge_sweep_not_planned");
}

void Desk::Deliver(const Delivery& delivery) {
  Result<ToSend> handled = Handle(delivery);
  if (!handled) return Refuse(delivery.id, handled.error());
  if (!*handled) return bridge_.Answer(delivery.id, kDone);
  texts_.Send(*std::move(*handled));
}

void Desk::Refuse(const DeliveryId& delivery, const Error& error) {
  Count("delivery_refused");
  bridge_.Answer(delivery, AttemptOf(error));
}

Result<Desk::ToSend> Desk::Handle(const Delivery& delivery) {
  // Known: it was opened in an earlier try, and goes on as the journal has it.
  auto known = TRESTLE_TRY(journal_->FindText(delivery.id));
  if (known) return ToSend(std::move(*known));
  if (const auto* reply = std::get_if<ServiceReply>(&delivery.body)) {
    return HandleReply(delivery, reply->text);
  }
  const Frame& frame = std::get<Frame>(delivery.body);
  if (const auto* offer = std::get_if<ThreadOfferFrame>(&frame)) {
    return HandleOffer(delivery, *offer);
  }
  const auto* link = std::get_if<LinkId>(&delivery.to);
  if (link == nullptr)
    return Fail(Reason::kMalformed, "a frame that belongs on a contact's thread");
  const auto thread = TRESTLE_TRY(ThreadOf(*link));
  if (!thread) return Fail(Reason::kNotFound, "a thread that was never offered here");
  if (const auto* keys = std::get_if<PeerKeysFrame>(&frame)) return HandlePeerKeys(*thread, *keys);
  if (const auto* receipt = std::get_if<ReceiptFrame>(&frame)) {
    return HandleReceipt(delivery, *thread, *receipt);
  }
  if (const auto* envelope = std::get_if<EnvelopeFrame>(&frame)) {
    return HandleEnvelope(delivery, *thread, *envelope);
  }
  return Fail(Reason::kMalformed, "a frame that goes the other way");
}

Result<Desk::ToSend> Desk::HandleReply(const Delivery& delivery, const std::string& text) {
  if (const auto* link = std::get_if<LinkId>(&delivery.to)) {
    const auto thread = TRESTLE_TRY(ThreadOf(*link));
    if (!thread) return Fail(Reason::kNotFound, "a thread that was never offered here");
    return KeepText(delivery, thread->ghost, thread->phone, text);
  }
  const auto phone = TRESTLE_TRY(book_->AddressOf(std::get<EnrolmentId>(delivery.to)));
  if (!phone) return Fail(Reason::kNotFound, "nobody of that enrolment");
  return KeepText(delivery, options_.service_number, *phone, text);
}

Result<Desk::ToSend> Desk::HandleOffer(const Delivery& delivery, const ThreadOfferFrame& offer) {
  const auto* person = std::get_if<EnrolmentId>(&delivery.to);
  if (person == nullptr || !delivery.offers_link) {
    return Fail(Reason::kMalformed, "an offer without its link");
  }
  const auto phone = TRESTLE_TRY(book_->AddressOf(*person));
  if (!phone) return Fail(Reason::kNotFound, "nobody of that enrolment");
  const AddressBook::LinkRow row =
      TRESTLE_TRY(book_->OfferLink(*delivery.offers_link, *person, options_.ghosts));
  // Who may answer is known here, so the number is the person's from the first text on. Agreeing is
  // theirs still.
  TRESTLE_TRY(book_->Bind(row.ghost, row.bind_code, *phone));
  TRESTLE_TRY(journal_->SetSide(row.link, *person, offer.role));
  return KeepText(delivery, row.ghost, *phone, words::Offered(offer.role, offer.label));
}

Result<Desk::ToSend> Desk::HandlePeerKeys(const Thread& thread, const PeerKeysFrame& keys) {
  endpoint::Endpoint& endpoint = *TRESTLE_TRY(people_.Of(thread.person));
  auto welcome = TRESTLE_TRY(endpoint.Invite(People::ThreadOf(thread.link), keys.key_package));
  if (welcome) {
    TRESTLE_TRY(offers_.Add(thread.link, EnvelopeFrame{0, WallTime{}, *std::move(welcome)}));
  }
  return ToSend();
}

// Only what a person has to act on is worth an SMS.
Result<Desk::ToSend> Desk::HandleReceipt(const Delivery& delivery, const Thread& thread,
                                         const ReceiptFrame& receipt) {
  switch (receipt.level) {
    case ReceiptLevel::kRefused:
    case ReceiptLevel::kFailed:
    case ReceiptLevel::kExpired:
    case ReceiptLevel::kUnknown:
      return KeepText(delivery, thread.ghost, thread.phone, words::NotDelivered(receipt.rule));
    case ReceiptLevel::kAccepted:
    case ReceiptLevel::kHandedOver:
    case ReceiptLevel::kDelivered:
    case ReceiptLevel::kRead:
      break;
  }
  return ToSend();
}

Result<Desk::ToSend> Desk::HandleEnvelope(const Delivery& delivery, const Thread& thread,
                                          const EnvelopeFrame& envelope) {
  endpoint::Endpoint& endpoint = *TRESTLE_TRY(people_.Of(thread.person));
  const std::string name = People::ThreadOf(thread.link);
  const Framing framing = TRESTLE_TRY(ParseFraming(envelope.payload));
  const bool has_content = framing.wire_format == WireFormat::kPrivateMessage &&
                           framing.private_message.content_type == ContentType::kApplication;
  if (has_content && !TRESTLE_TRY(HasAgreed(thread.link))) {
    return Fail(Reason::kPermissionDenied, "the phone's owner has not agreed, or no more");
  }
  if (has_content && !endpoint.HasThread(name)) {
    return Fail(Reason::kBusy, "a message before its Welcome", std::chrono::seconds(1));
  }
  const endpoint::Arrival arrival =
      TRESTLE_TRY(endpoint.Receive(name, envelope.payload, [&](const endpoint::Opened& opened) {
        return KeepOpened(delivery, thread, opened);
      }));
  if (arrival.kind == endpoint::ArrivalKind::kJoined) {
    Count("thread_joined");
    TRESTLE_TRY(offers_.Add(thread.person, TRESTLE_TRY(people_.KeysOf(thread.person))));
  }
  return journal_->FindText(delivery.id);
}

// Before the message's key is spent: what is opened is a text in the journal, whatever dies.
Result<void> Desk::KeepOpened(const Delivery& delivery, const Thread& thread,
                              const endpoint::Opened& opened) {
  const auto kept = KeepText(delivery, thread.ghost, thread.phone, words::Labelled(opened.message));
  return kept ? Result<void>() : tl::unexpected<Error>(kept.error());
}

Result<Desk::ToSend> Desk::KeepText(const Delivery& delivery, const std::string& identity,
                                    const NativeAddress& to, const std::string& text) {
  const sms::TextPlan plan = TRESTLE_TRY(sms::PlanText(text, options_.text_rules));
  const std::string_view number = to.Reveal(Purpose::kCompare);
  const std::uint8_t reference = plan.segments > 1 ? references_.ForText(number) : std::uint8_t{0};
  const sms::TextSegments segments =
      TRESTLE_TRY(sms::MakeTextSegments(text, reference, options_.text_rules));
  // Predicted before anything is sent, and held to.
  TRESTLE_CHECK(segments.user_data.size() == plan.segments);
  seams_.metrics.Add("trestle_edge_events_total", "segment_planned",
                     static_cast<std::int64_t>(plan.segments));
  TextJob job;
  job.delivery = delivery.id;
  job.identity = identity;
  job.to = to.Duplicate(Purpose::kSealForStore);
  job.expires_at = delivery.expires_at;
  TRESTLE_TRY(journal_->KeepText(job, segments, seams_.clock.wall_now()));
  return journal_->FindText(delivery.id);
}

Result<std::optional<Desk::Thread>> Desk::ThreadOf(const LinkId& link) {
  auto row = TRESTLE_TRY(book_->FindLink(link));
  if (!row) return std::optional<Thread>();
  auto phone = TRESTLE_TRY(book_->AddressOf(row->enrolment));
  if (!phone) return std::optional<Thread>();
  return std::optional(Thread{link, row->enrolment, row->ghost, *std::move(phone)});
}

Result<bool> Desk::HasAgreed(const LinkId& link) {
  const auto until = TRESTLE_TRY(journal_->AgreedUntil(link));
  return until && seams_.clock.wall_now() < *until;
}

}  // namespace trestle::edge
