// What the edge must not forget over a death: texts on their way to a phone, part by part; what the
// bridge has still to be told; who has agreed. One SQLite file in the edge's own folder; numbers
// and texts are sealed. A part is noted as handed before it is submitted, so that nothing which may
// have been sent is sent again. Not thread-safe: the edge's loop owns it; every write is durable
// when the call returns.
//
//   ready ──Handed──▶ handed ──PartSent──▶ ready (next part) … ──▶ sent
//     ▲                 │ └── not sent ──▶ ready
//     └── TakeUp, a part that is not the last ── handed ── TakeUp, the last part ──▶ doubt
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "adapters/sdk/adapter_keys.h"
#include "adapters/sdk/sqlite_file.h"
#include "adapters/sms/text_segments.h"
#include "bridge/adapter_api/adapter.h"

namespace trestle::edge {

enum class TextState : std::uint8_t {
  kReady = 1,    // its next part may be submitted
  kHanded = 2,   // its next part is with the session
  kSent = 3,     // the centre took all of it
  kRefused = 4,  // never to be sent; the rule says why
  kDoubt = 5,    // its last part may have been sent; nobody can say
};

struct TextJob {
  DeliveryId delivery;
  std::string identity;  // ours
  NativeAddress to;
  std::uint8_t data_coding = 0;
  std::uint8_t esm_class = 0;
  std::size_t parts = 0;
  std::size_t next = 0;
  TextState state = TextState::kReady;
  Rule rule = Rule::kNone;
  WallTime expires_at{};
};

// Something for the bridge, on a thread: a frame, or a service word as texted.
struct KeptOffer {
  std::int64_t number = 0;
  Bytes32 key{};
  ThreadRef from;
  std::variant<Bytes, std::string> body;
};

class Journal {
 public:
  static constexpr std::size_t kOffersMax = 10'000;
  static constexpr Millis kTextAgeMax = std::chrono::hours(8 * 24);  // a delivery lives seven days
  static constexpr Millis kSaidAgeMax = std::chrono::hours(1);       // centres come again within it

  static Result<std::unique_ptr<Journal>> Open(const std::string& folder, AdapterKeys keys,
                                               Random& random);
  ~Journal();

  // Settles what the last process had in hand.
  Result<void> TakeUp();

  // Nothing when the delivery is known.
  Result<void> KeepText(const TextJob& job, const sms::TextSegments& segments, WallTime now);
  Result<std::optional<TextJob>> FindText(const DeliveryId& delivery);
  Result<Bytes> NextPart(const TextJob& job);
  Result<void> Handed(TextJob& job);
  Result<void> PartSent(TextJob& job, const std::string& native_id);
  Result<void> PartBack(TextJob& job);
  Result<void> End(TextJob& job, TextState state, Rule rule);
  // The phone has a part; the delivery once it has all, or nothing. Unknown ids are nobody's.
  struct Arrived {
    bool is_known = false;
    std::optional<DeliveryId> whole;
  };
  Result<Arrived> PartArrived(const std::string& native_id);
  Result<std::optional<DeliveryId>> DeliveryOf(const std::string& native_id);

  // What a phone said, until the centre has been told that we have it. One that an earlier process
  // kept and did not acknowledge comes again, and is no second message.
  Bytes32 NameOf(const NativeAddress& from, std::string_view identity, std::string_view text) const;
  Result<bool> WasKeptUnacknowledged(const Bytes32& said, WallTime now);
  Result<void> Acknowledged(const Bytes32& said);

  // kBusy at kOffersMax. The key is the offer's for ever, so the bridge knows a repetition. `said`
  // is noted as kept in the same transaction.
  Result<void> AddOffer(const ThreadRef& from, const std::variant<Bytes, std::string>& body,
                        WallTime now, const std::optional<Bytes32>& said = std::nullopt);
  // The oldest offer of each thread, at most so many.
  Result<std::vector<KeptOffer>> OfferHeads(std::size_t rows_max);
  Result<void> EraseOffer(std::int64_t number);
  Result<std::size_t> CountOffers();

  // The phone's owner has agreed for this contact until then; none: not, or no more.
  Result<void> SetAgreed(const LinkId& link, std::optional<WallTime> until);
  Result<std::optional<WallTime>> AgreedUntil(const LinkId& link);
  Result<void> EndAgreementsOf(const EnrolmentId& person);
  // Whose contact it is and which side of it they are, as its offer said.
  Result<void> SetSide(const LinkId& link, const EnrolmentId& person, ThreadRole role);
  Result<std::optional<ThreadRole>> RoleOf(const LinkId& link);

  // Rows whose time has passed go; erased octets leave the write-ahead log too.
  Result<void> EraseOld(WallTime now);

 private:
  Journal(std::unique_ptr<SqliteFile> file, AdapterKeys keys, Random& random);
  Result<void> Put(const TextJob& job);
  Result<void> EraseParts(const DeliveryId& delivery);

  const std::unique_ptr<SqliteFile> file_;
  const AdapterKeys keys_;  // numbers
  Bytes32 seal_key_;        // texts and frames
  Random& random_;
};

}  // namespace trestle::edge
