// What the SMS centre brings: tells receipts, sealed segments and texts apart, puts the parts of a
// long text together, and gives each message an id although SMS has none. On the loop's thread
// alone.
//
// Ids. A segment's id is a hash of its octets, so a repetition is known for ever; two frames have
// two references. A person may well write the same word twice, so a text's id also counts
// occurrences: the same text from the same person is a repetition within ten minutes when the
// phone's own number of it (TLV user_message_reference) is the same too. Where the centre does not
// hand on that number, it is one within half a minute, and within ten when it was not acknowledged
// or its link broke in between. A STOP that follows another text of the same person is never one:
// rather one STOP too many than one swallowed.
#pragma once

#include <functional>
#include <list>
#include <string>
#include <unordered_map>

#include "adapters/sdk/carrier.h"
#include "adapters/sms/options.h"
#include "adapters/sms/phone_number.h"
#include "adapters/sms/receipts.h"
#include "bridge/base/digest.h"

namespace trestle::sms {

// Remembers texts for a while to know the repetitions among them.
class RepeatWatch {
 public:
  static constexpr std::size_t kTextsMax = 4096;  // the oldest go
  static constexpr Millis kSameWithin = std::chrono::seconds(30);
  static constexpr Millis kRepeatedWithin = std::chrono::minutes(10);

  enum class Content : std::uint8_t { kNumberedByPhone, kUnnumbered, kUnnumberedStop };
  struct Occurrence {
    Bytes32 digest;      // covers the phone's number of it where there is one
    std::string thread;  // names the person and our number
    Content content = Content::kUnnumbered;
  };
  // The id of this occurrence.
  std::string IdOf(const Occurrence& text, MonoTime now, WallTime wall_now);
  void Acknowledged(const Bytes32& digest);
  void LinkBroke() { ++breaks_; }

 private:
  struct Text {
    std::string id;
    MonoTime at{};
    bool is_acknowledged = false;
    std::uint64_t breaks = 0;
    std::list<std::string>::iterator age;
  };

  std::unordered_map<std::string, Text> texts_;
  std::unordered_map<std::string, std::string> last_of_thread_;  // its last text; at most kTextsMax
  std::list<std::string> by_age_;
  std::uint64_t breaks_ = 0;
  std::uint64_t minted_ = 0;  // two occurrences may fall into one millisecond
};

class Incoming {
 public:
  static constexpr std::size_t kUnacknowledgedMax = 1000;

  struct Events {
    std::function<void(NativeMessage, Done<void>)> on_message;
    std::function<void(const std::string& id, MessageState)> on_receipt;  // in canonical spelling
    // A phone's word on frames (segment_status.h), without its header; addresses as NativeMessage.
    std::function<void(const NativeAddress& from, const std::optional<NativeAddress>& also_from,
                       const std::string& identity, ByteView)>
        on_status;
    std::function<void(Done<void>)> when_kept;  // as SmsSession::Events
    std::function<bool(std::string_view text)> is_stop;
  };
  using AnswerWith = absl::AnyInvocable<void(CommandStatus) &&>;

  Incoming(const SmsOptions& options, const Clock& clock, Metrics& metrics, Events events);

  // A deliver_sm or data_sm. `answer` runs once: with 0 when it is kept or is nobody's,
  // with 0x64 when the centre should come again. It may run inside the call.
  void Take(const Pdu& pdu, AnswerWith answer);
  void LinkBroke() { repeats_.LinkBroke(); }

 private:
  void TakeReceipt(const Pdu& pdu, const ShortMessage& message);
  void TakeStatus(const ShortMessage& message, const Sender& sender, AnswerWith answer);
  void TakeSegment(const ShortMessage& message, const Sender& sender, AnswerWith answer);
  void TakeText(const Pdu& pdu, const ShortMessage& message, const Sender& sender,
                AnswerWith answer);
  void HandOn(NativeMessage message, std::optional<Bytes32> repeatable, AnswerWith answer);
  void AnswerWhenKept(AnswerWith answer);
  void Count(std::string_view event) { metrics_.Add("trestle_adapter_events_total", event); }

  const SmsOptions& options_;
  const Clock& clock_;
  Metrics& metrics_;
  const Events events_;
  std::vector<std::string> own_numbers_;
  RepeatWatch repeats_;
  Reassembler long_texts_;
  std::size_t unacknowledged_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace trestle::sms
