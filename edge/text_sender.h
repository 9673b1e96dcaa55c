// Texts on their way to phones: one part after another, each noted in the journal before it is
// submitted and after it was taken, so that a text goes out once whatever dies. Says of each what
// is known. On the edge's loop alone; the sender's answers may come on any thread and are posted.
#pragma once

#include <deque>
#include <functional>
#include <map>

#include "adapters/sdk/carrier.h"
#include "adapters/sms/values.h"
#include "bridge/base/metrics.h"
#include "edge/journal.h"

namespace trestle::edge {

class TextSender {
 public:
  static constexpr std::size_t kEarlyReceiptsMax = 256;  // the oldest are forgotten

  struct Seams {
    Executor& loop;
    const Clock& clock;
    Metrics& metrics;
  };
  struct Events {
    // What became of this try. Never inside Send.
    std::function<void(const DeliveryId&, const Attempt&)> answered;
    std::function<void(const DeliveryReport&)> reported;
  };
  TextSender(Journal& journal, NativeSender& session, Seams seams, Events events)
      : journal_(journal), session_(session), seams_(seams), events_(std::move(events)) {}

  // A text that the journal has. One that is under way goes on; one that has ended is answered as
  // it ended.
  void Send(TextJob job);
  // The centre's later word on a part.
  void TakeReceipt(const std::string& native_id, sms::MessageState state);

 private:
  struct EarlyReceipt {
    std::string native_id;
    sms::MessageState state;
  };

  void SubmitNext(TextJob job);
  void Take(TextJob job, Result<NativeOutcome> outcome);
  Result<void> TakeSent(TextJob& job, const std::string& native_id);
  Result<Attempt> TakeUnsent(TextJob& job, const Attempt& attempt);
  Result<bool> Tell(const std::string& native_id, sms::MessageState state);
  void Answer(const DeliveryId& delivery, Attempt attempt);
  void Count(std::string_view event, std::int64_t by = 1) {
    seams_.metrics.Add("trestle_edge_events_total", event, by);
  }

  Journal& journal_;
  NativeSender& session_;
  const Seams seams_;
  const Events events_;
  std::map<DeliveryId, bool> under_way_;
  std::deque<EarlyReceipt> early_;  // came before the answer that names their message
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

}  // namespace trestle::edge
