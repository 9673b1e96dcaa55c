// HTTP in memory: calls and answers travel as values between clients and the servers that listen at
// ports of 127.0.0.1. On the way the weather and the run's faults hit them: a call that never
// arrives, an answer that is lost, cut, or no answer of the server's at all, a connection that is
// refused. What a client hears of each is what libcurl would have told it. One thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "adapters/sdk/machine.h"
#include "tests/sim/handing.h"
#include "tests/sim/weather.h"

namespace trestle::world {

class HttpNet {
 public:
  // `answered` hears the ids of what was handed over, when the client has the server's whole word.
  HttpNet(TimeQueue& queue, SeededRandom& random, Chaos& chaos,
          std::function<void(const std::string& id)> answered)
      : queue_(queue),
        random_(random),
        chaos_(chaos),
        weather_(queue, random, chaos),
        answered_(std::move(answered)) {}

  Weather& weather() { return weather_; }
  // Under a program that ends with `life`; `loop` is its only one.
  std::shared_ptr<Machine> NewMachine(std::shared_ptr<Life> life, std::shared_ptr<Loop> loop);
  // Of the call that a server is taking now.
  Handing& handing() { return *handing_; }

 private:
  class Hardware;
  class Client;
  class Server;
  class Answering;
  struct Listener {
    std::shared_ptr<Life> life;
    HttpServer::Handler handler;
  };
  struct Exchange {
    HttpCall call;
    Done<HttpAnswer> done;
    std::shared_ptr<Life> life;         // of the client's program
    std::shared_ptr<const bool> ended;  // the client itself was stopped
    Handing handing;
  };
  using ExchangePtr = std::shared_ptr<Exchange>;

  void Send(const ExchangePtr& exchange);
  void Arrive(const ExchangePtr& exchange);
  void Answer(const ExchangePtr& exchange, HttpResponse response);
  void Garble(HttpAnswer& answer);
  void Finish(const ExchangePtr& exchange, HttpAnswer answer);
  void FinishLater(const ExchangePtr& exchange, HttpAnswer answer);

  TimeQueue& queue_;
  SeededRandom& random_;
  Chaos& chaos_;
  Weather weather_;
  const std::function<void(const std::string& id)> answered_;
  std::map<std::uint16_t, std::shared_ptr<Listener>> listeners_;
  Handing* handing_ = nullptr;
};

}  // namespace trestle::world
