#include "adapters/sdk/intake.h"

#include <utility>

#include "adapters/sdk/canned_texts.h"
#include "bridge/base/event_log.h"

namespace trestle {
namespace {

Result<void> StoreFailed(const Error& error) {
  LogEvent(Severity::kError, "adapter_store_failed", {EventField("reason", error.reason)});
  return tl::unexpected<Error>(error);
}

// STOP, or a consent frame that ends the contact.
bool Ends(const Inbound& inbound) {
  if (const auto* command = std::get_if<ServiceCommand>(&inbound.body)) {
    return command->verb == ServiceVerb::kStop;
  }
  const auto* consent = std::get_if<ConsentFrame>(&std::get<Frame>(inbound.body));
  return consent != nullptr && consent->action != ConsentAction::kGrant;
}

}  // namespace

void Intake::Receive(NativeMessage message, Done<void> acknowledge) {
  if (stopped_ || parts_.host == nullptr) {
    return Acknowledge(std::move(acknowledge), Fail(Reason::kCancelled, "the adapter is stopping"));
  }
  const bool ours =
      message.identity == parts_.options.service_identity || parts_.IsGhost(message.identity);
  if (!ours) {
    // One webhook subscription can carry more identities than this bridge was given.
    parts_.Count("foreign_identity");
    return Acknowledge(std::move(acknowledge), {});
  }
  auto from = parts_.book->Merge(message.from, message.also_from);
  if (!from) return Acknowledge(std::move(acknowledge), StoreFailed(from.error()));
  message.from = std::move(*from);
  if (std::holds_alternative<std::string>(message.body)) {
    return ReceiveText(std::move(message), std::move(acknowledge));
  }
  const auto chunk = std::move(std::get<NativeMessage::Chunk>(message.body));
  ReceiveChunk(message, chunk, std::move(acknowledge));
}

void Intake::ReceiveText(NativeMessage message, Done<void> acknowledge) {
  const std::string text = std::move(std::get<std::string>(message.body));
  const bool at_service = message.identity == parts_.options.service_identity;
  if (LooksLikeFragment(text)) {
    auto fragment = ParseTextFragment(text);
    if (!fragment) {
      parts_.Count("fragment_malformed");
      return Acknowledge(std::move(acknowledge), {});
    }
    const NativeMessage::Chunk chunk{std::string(AsText(fragment->ref)), fragment->index,
                                     fragment->count, std::move(fragment->chunk)};
    return ReceiveChunk(message, chunk, std::move(acknowledge));
  }
  const auto word = parts_.options.service_words.Parse(text);
  const bool is_command = word && (at_service || BelongsOnContact(word->verb));
  if (!is_command) {
    parts_.Count("plain_text");
    AnswerOnce(message, at_service ? kHelpText : kSealedOnlyText);
    return Acknowledge(std::move(acknowledge), {});
  }
  Inbound inbound;
  inbound.key = parts_.fragments->KeyOf(message.identity, message.native_id);
  inbound.body = *word;
  if (at_service) {
    const auto enrolment = parts_.book->EnrolmentOf(message.from);
    if (!enrolment) return Acknowledge(std::move(acknowledge), StoreFailed(enrolment.error()));
    inbound.from = *enrolment;
  } else {
    const auto link = parts_.book->LinkOf(message.identity, message.from);
    if (!link) return Acknowledge(std::move(acknowledge), StoreFailed(link.error()));
    if (!*link) {
      RefuseUnbound(message);
      return Acknowledge(std::move(acknowledge), {});
    }
    inbound.from = **link;
  }
  TellEnded(message, inbound);
  Offer(std::move(inbound), std::nullopt, nullptr, std::move(acknowledge));
}

void Intake::ReceiveChunk(const NativeMessage& message, const NativeMessage::Chunk& chunk,
                          Done<void> acknowledge) {
  if (chunk.count == 1 && chunk.index == 0) {
    Arrived arrived{chunk.octets, parts_.fragments->KeyOf(message.identity, message.native_id)};
    return TakeFrame(message, std::move(arrived), WatchedOf(message, chunk),
                     std::move(acknowledge));
  }
  if (!MayFillStore(message)) {
    RefuseUnbound(message);
    return Acknowledge(std::move(acknowledge), {});
  }
  auto whole = parts_.fragments->Add({message.from, message.identity, chunk.ref, message.native_id,
                                      chunk.index, chunk.count, chunk.octets},
                                     parts_.seams.clock.wall_now());
  if (!whole) {
    const Reason reason = whole.error().reason;
    if (reason == Reason::kMalformed || reason == Reason::kTooLarge) {
      parts_.Count("fragment_malformed");
      return Acknowledge(std::move(acknowledge), {});
    }
    if (reason == Reason::kBusy) {
      parts_.Count("fragments_full");
      return Acknowledge(std::move(acknowledge), tl::unexpected<Error>(whole.error()));
    }
    return Acknowledge(std::move(acknowledge), StoreFailed(whole.error()));
  }
  const WatchedPtr watched = WatchedOf(message, chunk);
  TellKept(watched);
  if (!*whole) return Acknowledge(std::move(acknowledge), {});
  Arrived arrived{std::move((*whole)->frame), (*whole)->key, (*whole)->set};
  TakeFrame(message, std::move(arrived), watched, std::move(acknowledge));
}

Intake::WatchedPtr Intake::WatchedOf(const NativeMessage& message,
                                     const NativeMessage::Chunk& chunk) const {
  if (parts_.options.watcher == nullptr) return nullptr;
  return std::make_shared<const Watched>(
      Watched{message.from.Duplicate(Purpose::kWriteToNetwork), message.identity, chunk});
}

// Its sender, who will not send it again, hears of it only when it is durable.
void Intake::TellKept(WatchedPtr chunk) {
  if (chunk == nullptr) return;
  parts_.WhenDurable([this, kept_chunk = std::move(chunk)](const Result<void>& kept) {
    const FrameOrigin origin{kept_chunk->from, kept_chunk->identity};
    if (kept && !stopped_) parts_.options.watcher->ChunkKept(origin, kept_chunk->chunk);
  });
}

// Strangers get no room in the store. The only frame that one sends is a thread accept, which is
// small enough for a single message on every network.
bool Intake::MayFillStore(const NativeMessage& message) {
  if (message.identity == parts_.options.service_identity) {
    const auto enrolment = parts_.book->FindEnrolment(message.from);
    return enrolment && *enrolment;
  }
  const auto link = parts_.book->LinkOf(message.identity, message.from);
  return link && *link;
}

void Intake::TakeFrame(const NativeMessage& message, Arrived arrived, WatchedPtr last,
                       Done<void> acknowledge) {
  auto frame = DecodeFrame(arrived.frame);
  if (!frame) {
    parts_.Count("frame_malformed");
    if (arrived.set) (void)parts_.fragments->Erase(*arrived.set);
    return Acknowledge(std::move(acknowledge), {});
  }
  const auto thread = ThreadOf(message, *frame);
  if (!thread) return Acknowledge(std::move(acknowledge), StoreFailed(thread.error()));
  if (!*thread) {
    RefuseUnbound(message);
    if (arrived.set) (void)parts_.fragments->Erase(*arrived.set);
    return Acknowledge(std::move(acknowledge), {});
  }
  Inbound inbound{arrived.key, **thread, std::move(*frame)};
  TellEnded(message, inbound);
  Offer(std::move(inbound), arrived.set, std::move(last), std::move(acknowledge));
}

// Whose thread this is, or nothing when the sender has no business there.
Result<std::optional<ThreadRef>> Intake::ThreadOf(const NativeMessage& message,
                                                  const Frame& frame) {
  const auto* accept = std::get_if<ThreadAcceptFrame>(&frame);
  if (message.identity == parts_.options.service_identity) {
    if (accept != nullptr) return std::nullopt;
    return ThreadRef(TRESTLE_TRY(parts_.book->EnrolmentOf(message.from)));
  }
  if (accept != nullptr) {
    const auto bound = parts_.book->Bind(message.identity, accept->bind_code, message.from);
    if (!bound && bound.error().reason == Reason::kNotFound) return std::nullopt;
    return ThreadRef(TRESTLE_TRY(bound));
  }
  const auto link = TRESTLE_TRY(parts_.book->LinkOf(message.identity, message.from));
  if (!link) return std::nullopt;
  return ThreadRef(*link);
}

void Intake::RefuseUnbound(const NativeMessage& message) {
  parts_.Count("unbound");
  parts_.seams.metrics.Add("trestle_refusals_total", RuleName(Rule::kNoContact));
  const bool at_service = message.identity == parts_.options.service_identity;
  AnswerOnce(message, at_service ? kHelpText : kNotOpenText);
}

void Intake::AnswerOnce(const NativeMessage& message, std::string_view text) {
  std::string name(message.from.Reveal(Purpose::kCompare));
  name.append(1, '\0').append(message.identity);
  if (!answers_.Take(name, parts_.seams.clock.mono_now())) return;
  outbound_.SendText(message.identity, message.from.Duplicate(Purpose::kWriteToNetwork), text);
}

// Revocation takes effect at once, also for what waits to be sent again.
void Intake::TellEnded(const NativeMessage& message, const Inbound& inbound) {
  if (parts_.options.watcher == nullptr || !Ends(inbound)) return;
  if (std::holds_alternative<LinkId>(inbound.from)) {
    return parts_.options.watcher->ThreadEnded({message.from, message.identity});
  }
  parts_.options.watcher->PersonEnded(message.from);
}

// A person's own word ends or revives a contact, and with it the rest of its ghost.
void Intake::NoteConsent(const Inbound& inbound) {
  const auto* link = std::get_if<LinkId>(&inbound.from);
  if (link == nullptr) return;
  if (const auto* frame = std::get_if<Frame>(&inbound.body)) {
    const bool is_about_it = std::holds_alternative<ConsentFrame>(*frame) ||
                             std::holds_alternative<ThreadAcceptFrame>(*frame);
    if (!is_about_it) return;
  }
  const auto noted = Ends(inbound) ? parts_.book->Release(*link) : parts_.book->Reclaim(*link);
  if (!noted) (void)StoreFailed(noted.error());
}

// The core hears only of what is known here for good: whoever it is from, and what a consent did.
void Intake::Offer(Inbound inbound, std::optional<Bytes32> set, WatchedPtr last,
                   Done<void> acknowledge) {
  if (offers_ >= kOffersMax) {
    parts_.Count("intake_full");
    return Acknowledge(std::move(acknowledge),
                       Fail(Reason::kBusy, "the core is behind", Millis{1000}));
  }
  NoteConsent(inbound);
  ++offers_;
  parts_.WhenDurable([this, inbound = std::move(inbound), set, last = std::move(last),
                      acknowledge = std::move(acknowledge)](Result<void> kept) mutable {
    if (kept && stopped_) kept = Fail(Reason::kCancelled, "the adapter is stopping");
    if (kept) return OfferKept(std::move(inbound), set, std::move(last), std::move(acknowledge));
    --offers_;
    std::move(acknowledge)(kept);
  });
}

void Intake::OfferKept(Inbound inbound, std::optional<Bytes32> set, WatchedPtr last,
                       Done<void> acknowledge) {
  // Two closures may run it: the host's, or ours when the call fails.
  auto shared = std::make_shared<Done<void>>(std::move(acknowledge));
  auto durable = [this, seams = parts_.seams, alive = std::weak_ptr(parts_.alive), set, last,
                  shared](Result<void> result) {
    const auto posted = seams.loop.Post([this, alive, set, last, shared, result] {
      if (alive.lock()) {
        Offered(set, last.get(), result, std::move(*shared));
      } else {
        std::move (*shared)(Fail(Reason::kCancelled, "the adapter has stopped"));
      }
    });
    if (!posted) std::move (*shared)(tl::unexpected<Error>(posted.error()));
  };
  const auto offered = parts_.host->Offer(std::move(inbound), std::move(durable));
  if (offered) return;
  --offers_;
  Acknowledge(std::move(*shared), offered);
}

void Intake::Offered(const std::optional<Bytes32>& set, const Watched* last, Result<void> durable,
                     Done<void> acknowledge) {
  --offers_;
  if (durable && last != nullptr && !stopped_) {
    const FrameOrigin origin{last->from, last->identity};
    if (last->chunk.count == 1) parts_.options.watcher->ChunkKept(origin, last->chunk);
    parts_.options.watcher->FrameKept(origin, last->chunk);
  }
  if (!durable || !set) return std::move(acknowledge)(durable);
  // When erasing fails the set is given up by age, and a repetition has the same key.
  (void)parts_.fragments->Erase(*set);
  parts_.seams.groups.WhenDurable([acknowledge = std::move(acknowledge)](
                                      const Result<void>&) mutable { std::move(acknowledge)({}); });
}

// Never inside Receive, and a yes only when what was written for it is durable.
void Intake::Acknowledge(Done<void> acknowledge, Result<void> result) {
  parts_.seams.groups.WhenDurable(
      [result, acknowledge = std::move(acknowledge)](const Result<void>& kept) mutable {
        std::move(acknowledge)(result ? kept : result);
      });
}

void Intake::Sweep() {
  answers_.ForgetOld(parts_.seams.clock.mono_now());
  const auto dropped = parts_.fragments->EraseOld(parts_.seams.clock.wall_now());
  if (!dropped) (void)StoreFailed(dropped.error());
  if (dropped && *dropped > 0) parts_.Count("frames_incomplete");
}

}  // namespace trestle
