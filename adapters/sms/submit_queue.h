// Native units on their way to the SMS centre: makes short messages of them, keeps rate and window,
// and says of each what is known. A frame's chunk is one data message; a text is one message or
// several concatenated ones, sent one after another. On the loop's thread alone.
//
//   queued ──▶ submitted ──0──▶ next part … ──▶ sent
//     │            ├── 0x58, 0x14 ──▶ not sent, come again after the pause; all others wait too
//     │            ├── another status ──▶ not sent, by the table of values.cc
//     │            └── no answer ──▶ maybe sent
//     └── expired or no link ──▶ not sent
#pragma once

#include <deque>
#include <functional>
#include <memory>

#include "adapters/sdk/carrier.h"
#include "adapters/sms/link.h"
#include "adapters/sms/options.h"
#include "adapters/sms/receipt_fold.h"
#include "adapters/sms/references.h"
#include "adapters/sms/send_rate.h"

namespace trestle::sms {

// The relative form of SMPP 3.4, Section 7.1.1.2. Empty below one second; at most 30 days.
std::string RelativeValidity(Millis span);

// What a submit's status means for the delivery. `pause` is for the throttling class.
Attempt AttemptOf(CommandStatus code, Millis pause);

class SubmitQueue {
 public:
  static constexpr std::size_t kJobsMax = 4096;
  static constexpr int kUnwrittenMax = 3;

  struct Seams {
    Executor& loop;
    const Clock& clock;
    Random& random;
    Metrics& metrics;
  };
  // Answers a bound link with room in its window, or null; the same one for the same favourite as
  // long as it can.
  using Pick = std::function<std::shared_ptr<Link>(std::size_t favourite)>;
  SubmitQueue(const SmsOptions& options, Seams seams, ReceiptFold& receipts, Pick pick);

  void Add(NativeUnit unit, Done<NativeOutcome> done);
  void Pump();
  // Nothing can leave until a link is bound: answers all that was not submitted.
  void RefuseQueued();
  void Stop();

 private:
  struct Job {
    std::string identity;
    NativeAddress to;
    std::vector<Bytes> parts;  // user data of each message, header included
    std::uint8_t data_coding = 0;
    std::uint8_t esm_class = 0;
    std::uint16_t reference = 0;  // user_message_reference of the first part
    std::size_t favourite = 0;    // bind of this thread
    WallTime expires_at{};
    std::shared_ptr<const bool> withdrawn = {};
    Done<NativeOutcome> done;
    std::size_t next = 0;
    int unwritten = 0;                             // how often a link took nothing of it
    std::string native_id = {};                    // of the first part
    std::shared_ptr<ReceiptFold::Text> text = {};  // when there are several parts
  };
  using JobPtr = std::shared_ptr<Job>;

  Result<JobPtr> MakeJob(NativeUnit& unit);
  Result<void> FillWithChunk(Job& job, const NativeUnit& unit, const Bytes& chunk);
  Result<void> FillWithText(Job& job, const std::string& text);
  void Submit(const JobPtr& job, Link& link, const std::string& validity);
  void TakeAnswer(const JobPtr& job, Link::Answer answer);
  void TakeRefused(const JobPtr& job, const Pdu& response);
  void TakeAccepted(const JobPtr& job, const Pdu& response);
  void Finish(Job& job, Attempt attempt);
  void PumpAfter(Millis wait);
  void Count(std::string_view event) { seams_.metrics.Add("trestle_adapter_events_total", event); }

  const SmsOptions& options_;
  const Seams seams_;
  ReceiptFold& receipts_;
  const Pick pick_;
  SendRate rate_;
  References references_;
  std::deque<JobPtr> queue_;
  bool pump_planned_ = false;
  bool stopped_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace trestle::sms
