// The network of the measurement: an adapter in a process of its own that takes everything and says
// at once that it was sent.
#pragma once

#include <atomic>
#include <deque>

#include "bench/sender.h"
#include "trestle/v1/adapters.grpc.pb.h"

namespace trestle::bench {

class Sink final : public ClientStream<v1::ConnectRequest, v1::ConnectResponse> {
 public:
  // `payload_bytes`: of the ciphertexts that will come.
  Sink(v1::AdapterHost::Stub& stub, const std::string& token, std::size_t batch,
       std::size_t payload_bytes, Counts& counts);
  void Open();
  bool is_connected() const { return is_connected_; }

 private:
  bool Compose(v1::ConnectRequest& message) override;
  void Take(const v1::ConnectResponse& message) override;
  void TakeDelivery(const v1::Deliver& delivery);

  const std::size_t batch_;
  const std::size_t payload_bytes_;
  Counts& counts_;
  std::atomic<bool> is_connected_{false};
  std::mutex mutex_;
  bool said_hello_ = false;
  bool said_healthy_ = false;
  std::deque<std::string> sent_;
};

}  // namespace trestle::bench
