// The edge's desk: between the bridge, for which it is the adapter of one more network and the
// endpoints of that network's people, and plain phones, for which it is a few numbers to text with.
// It opens what comes for its people under their own recorded consent (the bridge has asked both
// sides), seals what they write, and keeps everything it must not lose in the journal. On the
// edge's loop alone.
//
//   bridge ──Deliver──▶ open (People) ──▶ journal ──▶ TextSender ──▶ SMS centre
//   bridge ◀──Offer── OfferQueue ◀── journal ◀── seal (People) ◀── TakeMessage ── SMS centre
#pragma once

#include "adapters/sdk/address_book.h"
#include "adapters/sdk/answer_limiter.h"
#include "adapters/sms/references.h"
#include "bridge/adapter_api/service_words.h"
#include "edge/offer_queue.h"
#include "edge/people.h"
#include "edge/text_sender.h"

namespace trestle::edge {

class Desk {
 public:
  static constexpr Millis kConsentSpan = std::chrono::hours(30 * 24);  // as the bridge counts it
  static constexpr Millis kSweepEvery = std::chrono::minutes(1);

  struct Options {
    std::string folder;  // of the edge alone; made private
    KeySource keys = {};
    std::string service_number;
    GhostPool ghosts;
    sms::TextRules text_rules = {};
    ServiceWords service_words = ServiceWords::Standard();
  };
  struct Seams {
    Executor& loop;
    const Clock& clock;
    Random& random;
    Metrics& metrics;
  };
  // Opens the stores and takes up what the last process left. All that is given outlives the desk.
  static Result<std::unique_ptr<Desk>> Create(Options options, Seams seams, NativeSender& session,
                                              BridgePort& bridge);
  // Begins to sweep.
  void Start();

  // The bridge's side.
  void Connected() { offers_.Connected(); }
  void Disconnected() { offers_.Disconnected(); }
  void Offered(std::int64_t number, bool is_durable, std::optional<Millis> retry_after) {
    offers_.Offered(number, is_durable, retry_after);
  }
  // Answered through BridgePort::Answer. A delivery may come again, also while it is under way.
  void Deliver(const Delivery& delivery);

  // The phones' side. `kept` runs inside the call: without an error once what was said is durable.
  void TakeMessage(NativeMessage message, Done<void> kept);
  void TakeReceipt(const std::string& native_id, sms::MessageState state) {
    texts_.TakeReceipt(native_id, state);
  }

 private:
  struct Stores {
    std::unique_ptr<AddressBook> book;
    std::unique_ptr<Journal> journal;
  };
  // A contact's thread as the phone sees it.
  struct Thread {
    LinkId link;
    EnrolmentId person;
    std::string ghost;
    NativeAddress phone;
  };
  // A text for a delivery, or why there is none; nothing: there is nothing to send, and it is done.
  using ToSend = std::optional<TextJob>;

  Desk(Options options, Seams seams, Stores stores, NativeSender& session, BridgePort& bridge);

  // desk.cc: what the bridge brings
  Result<ToSend> Handle(const Delivery& delivery);
  Result<ToSend> HandleReply(const Delivery& delivery, const std::string& text);
  Result<ToSend> HandleOffer(const Delivery& delivery, const ThreadOfferFrame& offer);
  Result<ToSend> HandlePeerKeys(const Thread& thread, const PeerKeysFrame& keys);
  Result<ToSend> HandleReceipt(const Delivery& delivery, const Thread& thread,
                               const ReceiptFrame& receipt);
  Result<ToSend> HandleEnvelope(const Delivery& delivery, const Thread& thread,
                                const EnvelopeFrame& envelope);
  Result<void> KeepOpened(const Delivery& delivery, const Thread& thread,
                          const endpoint::Opened& opened);
  Result<ToSend> KeepText(const Delivery& delivery, const std::string& identity,
                          const NativeAddress& to, const std::string& text);
  Result<std::optional<Thread>> ThreadOf(const LinkId& link);
  Result<bool> HasAgreed(const LinkId& link);
  void Refuse(const DeliveryId& delivery, const Error& error);

  // desk_phones.cc: what phones bring
  Result<void> TakeAtService(const NativeMessage& message, const std::string& text);
  Result<void> TakeOnThread(const NativeMessage& message, const std::string& text);
  Result<void> TakeAgreement(const Thread& thread);
  Result<void> TakeWords(const NativeMessage& message, const Thread& thread,
                         const std::string& text);
  void AnswerOnce(const NativeMessage& message, std::string text);

  void Sweep();
  void Count(std::string_view event) { seams_.metrics.Add("trestle_edge_events_total", event); }

  const Options options_;
  const Seams seams_;
  const std::unique_ptr<AddressBook> book_;
  const std::unique_ptr<Journal> journal_;
  NativeSender& session_;
  BridgePort& bridge_;
  People people_;
  OfferQueue offers_;
  TextSender texts_;
  sms::References references_;
  AnswerLimiter answers_;
  std::optional<Bytes32> last_said_;  // by the message that is being taken, when it was sealed
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

}  // namespace trestle::edge
