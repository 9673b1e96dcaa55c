// What phones say to the edge: words to the bridge, agreement, and messages to be sealed.
#include "edge/desk.h"
#include "edge/words.h"

namespace trestle::edge {

void Desk::TakeMessage(NativeMessage message, Done<void> kept) {
  const auto* text = std::get_if<std::string>(&message.body);
  if (text == nullptr) {  // a sealed segment: here are no frames
    Count("data_ignored");
    return std::move(kept)({});
  }
  auto person = book_->Merge(message.from, message.also_from);
  if (!person) return std::move(kept)(tl::unexpected<Error>(person.error()));
  message.from = *std::move(person);
  last_said_.reset();
  const bool at_service = message.identity == options_.service_number;
  const Result<void> taken =
      at_service ? TakeAtService(message, *text) : TakeOnThread(message, *text);
  // What can never be taken is not brought again.
  const bool is_final = !taken && (taken.error().reason == Reason::kTooLarge ||
                                   taken.error().reason == Reason::kInvalidArgument);
  if (is_final) Count("text_not_taken");
  std::move(kept)(is_final ? Result<void>() : taken);
  // The centre has its answer; when this is not noted, the same words within the hour are taken for
  // a repetition after a death only.
  if (last_said_ && !journal_->Acknowledged(*last_said_)) Count("acknowledged_not_noted");
}

Result<void> Desk::TakeAtService(const NativeMessage& message, const std::string& text) {
  const auto word = options_.service_words.Parse(text);
  if (!word) {
    AnswerOnce(message, words::JoinHere());
    return {};
  }
  const EnrolmentId person = TRESTLE_TRY(book_->EnrolmentOf(message.from));
  if (word->verb == ServiceVerb::kStop) TRESTLE_TRY(journal_->EndAgreementsOf(person));
  TRESTLE_TRY(offers_.Add(person, text));
  Count("word");
  if (word->verb != ServiceVerb::kJoin) return {};
  // Behind JOIN on the same thread, so the bridge knows the person when the keys come.
  return offers_.Add(person, TRESTLE_TRY(people_.KeysOf(person)));
}

Result<void> Desk::TakeOnThread(const NativeMessage& message, const std::string& text) {
  const auto link = TRESTLE_TRY(book_->LinkOf(message.identity, message.from));
  const auto thread = link ? TRESTLE_TRY(ThreadOf(*link)) : std::optional<Thread>();
  if (!thread) {
    AnswerOnce(message, words::NobodyHere());
    return {};
  }
  const auto word = options_.service_words.Parse(text);
  if (word && word->verb == ServiceVerb::kAgree) return TakeAgreement(*thread);
  const bool ends =
      word && (word->verb == ServiceVerb::kStop || word->verb == ServiceVerb::kDisagree);
  if (ends) {
    // From here on nothing is opened, whatever the bridge has yet to hear.
    TRESTLE_TRY(journal_->SetAgreed(thread->link, std::nullopt));
    // The number rests before it stands for somebody else; an offer takes it up again.
    if (word->verb == ServiceVerb::kStop) TRESTLE_TRY(book_->Release(thread->link));
    Count("ended");
    return offers_.Add(thread->link, text);
  }
  if (!TRESTLE_TRY(HasAgreed(thread->link))) {
    AnswerOnce(message, words::AgreeFirst());
    return {};
  }
  if (!TRESTLE_TRY(people_.Of(thread->person))->HasThread(People::ThreadOf(thread->link))) {
    AnswerOnce(message, words::NotReady());
    return {};
  }
  return TakeWords(message, *thread, text);
}

// The thread is opened, the request granted where there is one, and the edge agreed to, in this
// order; the bridge records each in its ledger.
Result<void> Desk::TakeAgreement(const Thread& thread) {
  TRESTLE_TRY(journal_->SetAgreed(thread.link, seams_.clock.wall_now() + kConsentSpan));
  TRESTLE_TRY(offers_.Add(thread.link, ThreadAcceptFrame{}));
  if (TRESTLE_TRY(journal_->RoleOf(thread.link)) == ThreadRole::kOwner) {
    TRESTLE_TRY(offers_.Add(thread.link, ConsentFrame{ConsentAction::kGrant}));
  }
  Count("agreed");
  return offers_.Add(thread.link, std::string(ServiceVerbName(ServiceVerb::kAgree)));
}

Result<void> Desk::TakeWords(const NativeMessage& message, const Thread& thread,
                             const std::string& text) {
  const Bytes32 said = journal_->NameOf(message.from, message.identity, text);
  if (TRESTLE_TRY(journal_->WasKeptUnacknowledged(said, seams_.clock.wall_now()))) {
    Count("text_repeated");
    return journal_->Acknowledged(said);
  }
  endpoint::Endpoint& endpoint = *TRESTLE_TRY(people_.Of(thread.person));
  endpoint::SealOptions options;
  options.edge = endpoint::EdgeUse::kAgreed;
  const endpoint::Sealed sealed = TRESTLE_TRY(
      endpoint.Seal(People::ThreadOf(thread.link), content::Message::Text(text), options));
  Count("text_sealed");
  TRESTLE_TRY(offers_.Add(thread.link, EnvelopeFrame{0, WallTime{}, sealed.payload}, said));
  last_said_ = said;
  return {};
}

// One of our own texts, sent once and forgotten; at most one a minute for a phone and a number.
void Desk::AnswerOnce(const NativeMessage& message, std::string text) {
  const std::string name =
      message.identity + "/" + std::string(message.from.Reveal(Purpose::kCompare));
  if (!answers_.Take(name, seams_.clock.mono_now())) return;
  NativeUnit unit;
  unit.identity = message.identity;
  unit.to = message.from.Duplicate(Purpose::kWriteToNetwork);
  unit.body = std::move(text);
  unit.delivery = DeliveryId::Mint(seams_.random);
  unit.expires_at = seams_.clock.wall_now() + std::chrono::hours(1);
  session_.SendUnit(std::move(unit), [](Result<NativeOutcome>) {});
}

}  // namespace trestle::edge
