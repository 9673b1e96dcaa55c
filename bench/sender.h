// One of the load's clients: an account that submits on its Exchange stream, to each of its
// contacts in turn, and acknowledges the receipts that come back.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <vector>

#include "bench/client_stream.h"
#include "bench/histogram.h"
#include "bench/people.h"
#include "trestle/v1/messages.grpc.pb.h"

namespace trestle::bench {

std::uint64_t NowNanos();

// What all senders and the sink count together.
struct Counts {
  std::atomic<std::uint64_t> submitted{0};           // handed to gRPC
  std::atomic<std::uint64_t> accepted{0};            // answered: durable
  std::atomic<std::uint64_t> refused{0};             // answered otherwise
  std::atomic<std::uint64_t> delivered{0};           // reached the sink
  std::atomic<std::uint64_t> first_delivered_at{0};  // in nanoseconds of the clock that never jumps
  std::atomic<std::uint64_t> settled{0};             // the sender heard that it was handed over
  Histogram accept_nanos;                            // from when it was due to its answer
  Histogram deliver_nanos;                           // from when it was due to the sink
};

// When an envelope counts as done, so that the next may go in a closed loop.
enum class Until : std::uint8_t { kAnswered, kSettled };

struct SenderOptions {
  std::size_t batch = 1;   // submissions in one message
  std::size_t window = 8;  // closed loop: so many under way; 0: only what Due() asks for
  std::size_t payload_bytes = 1024;
  Until until = Until::kSettled;
};

class Sender final : public ClientStream<v1::ExchangeRequest, v1::ExchangeResponse> {
 public:
  Sender(v1::Messages::Stub& stub, const Circle& circle, const SenderOptions& options,
         Counts& counts);

  void Open();
  bool is_open() const { return is_open_; }
  void Run(bool running);            // closed loop: begins and ends to submit
  void Due(std::uint64_t at_nanos);  // open loop: one more is due
  std::size_t under_way() const;     // neither done nor refused, or still due

 private:
  bool Compose(v1::ExchangeRequest& message) override;
  void Take(const v1::ExchangeResponse& message) override;
  void TakeDelivery(const v1::Inbound& delivery);
  void TakeAnswer(const v1::Submitted& submitted);
  bool NextDue(std::uint64_t& due);  // mutex_ is held
  void Fill(v1::Submission& submission, std::uint64_t due);
  void Done(std::size_t envelopes);

  const SenderOptions options_;
  const Circle circle_;
  Counts& counts_;
  PayloadMaker payloads_;
  std::atomic<bool> is_open_{false};
  mutable std::mutex mutex_;
  bool opened_ = false;  // `open` was said
  bool running_ = false;
  std::size_t under_way_ = 0;
  std::size_t unanswered_ = 0;  // submissions
  std::size_t next_contact_ = 0;
  std::deque<std::uint64_t> due_;
  std::deque<std::string> acks_;
};

}  // namespace trestle::bench
