// One person's presence on one network: a phone with an endpoint's transport, or a native client.
// What both can do is here; how it travels is the network's. A line is a contact's thread as this
// seat names it: the ghost's address, or the link's id. One thread.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "bridge/adapter_api/adapter.h"
#include "bridge/pipeline/core.h"
#include "tests/sim/record.h"
#include "tests/sim/time_queue.h"

namespace trestle::world {

// Where an envelope came from, beside itself.
struct Arrival {
  std::string line;
  WallTime issued_wall{};
  MonoTime issued_at{};
  MonoTime first_issued_at{};  // of its parts
  MonoTime tried_at{};         // when it had let go of all of it for the first time
  bool takes_keys = false;
  std::vector<std::string> native_ids;  // of the messages it was made of
};

// What a seat hears. Its owner outlives it.
class SeatEvents {
 public:
  virtual ~SeatEvents() = default;
  virtual void HearsText(const std::string& text) = 0;
  virtual void HearsOffer(const std::string& line, const ThreadOfferFrame& offer) = 0;
  virtual void HearsKeys(const std::string& line) = 0;
  virtual void HearsEnvelope(const Arrival& arrival, const EnvelopeFrame& frame) = 0;
  virtual void HearsReceipt(const std::string& line, const ReceiptFrame& receipt) = 0;
};

class Seat {
 public:
  virtual ~Seat() = default;
  virtual Network network() const = 0;
  virtual void Attach(SeatEvents& events) = 0;

  virtual void Join(const std::string& code) = 0;  // "" for a new account
  virtual void AskForCode() = 0;
  virtual void PublishKeys(std::size_t count) = 0;
  virtual void MakeAlias(const std::string& label) = 0;
  virtual void RevokeAlias() = 0;  // nothing where the network has no word for it
  virtual void Reach(const std::string& alias) = 0;
  // `opened` runs when the bridge has said that it has it.
  virtual void Accept(const std::string& line, const ThreadOfferFrame& offer,
                      std::function<void()> opened) = 0;
  // `durable` runs when the bridge has said that it has it; perhaps more than once.
  virtual void Consent(const std::string& line, ConsentAction action,
                       std::function<void()> durable) = 0;
  // Fills in how many parts there are; `part_taken` runs once for each that the bridge has.
  struct Sending {
    std::function<void()> part_taken;
    std::function<void(Rule)> refused;  // at once, instead of by a receipt
  };
  virtual std::size_t Send(const std::string& line, Bytes payload, Sending sending) = 0;
  // A text that is no frame and no word.
  virtual void Chat(const std::string& line, const std::string& text) = 0;
};

// What a simulated process gives an adapter.
struct AdapterSeams {
  TimeQueue& queue;
  std::shared_ptr<Life> life;
  Random& random;
  Metrics& metrics;
  std::string folder;
  std::function<Millis()> latency;
  std::shared_ptr<SimExecutor> loop = {};  // the adapter's own; stays until the process ends
};

// A network with its people. Outlives every process.
class SimNetwork {
 public:
  virtual ~SimNetwork() = default;
  virtual Network network() const = 0;
  // The adapter of a process that begins.
  virtual std::unique_ptr<Adapter> NewAdapter(const AdapterSeams& seams) = 0;
  // The core of that process runs, and so does the adapter.
  virtual void Begun(Core& core, const std::shared_ptr<Life>& life) = 0;
  // That process, or its adapter alone, is gone.
  virtual void Ended() = 0;
  virtual std::unique_ptr<Seat> NewSeat(const std::string& address) = 0;
  // All that the network calls the person with this address.
  virtual std::vector<std::string> AddressesOf(const std::string& address) const {
    return {address};
  }
  // How many messages of people wait for the bridge to take them.
  virtual std::size_t waiting() const = 0;
};

}  // namespace trestle::world
