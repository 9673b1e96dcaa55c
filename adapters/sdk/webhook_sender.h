// SIMULATION. The delivering side of a simulated Meta network: signs webhook bodies, keeps several
// in flight, tries again with back-off what was not answered 200, and on request sends some twice,
// out of order or several events in one body, as the real one does. One loop owns the state;
// Deliver, SetUrl and Pause may be called from any thread.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "adapters/sdk/http_client.h"
#include "bridge/base/seams.h"
#include "bridge/base/sensitive.h"

namespace trestle {

class WebhookSender {
 public:
  static constexpr std::size_t kEventsMax = 20000;  // waiting; the oldest are lost and counted
  static constexpr std::size_t kBodiesMax = 10000;  // waiting for their next try; likewise

  struct Options {
    std::size_t in_flight_max = 8;
    std::size_t batch_max = 4;  // events in one body, when more wait than may be in flight
    int attempts_max = 60;
    Millis first_wait = Millis{100};  // doubles up to wait_max
    Millis wait_max = std::chrono::seconds(2);
    int duplicate_percent = 0;  // of bodies go out twice
    int shuffle_percent = 0;    // of events are overtaken by the next one
  };
  struct Seams {
    Executor& loop;
    const Clock& clock;
    Random& random;
    HttpClient& client;
  };
  struct Event {
    std::string entry_id;
    std::string json;        // escaped as Meta does
    std::string about = {};  // id of the message that it brings or reports as arrived; "": neither
  };
  struct Handlers {
    std::function<std::string(const std::vector<Event>&)> compose;  // the body, on the loop
    std::function<void(const std::string& body)> sent;              // on the loop, for the record
    std::function<void(const std::string& about)> taken;            // on the loop: answered 200
  };

  WebhookSender(Options options, Seams seams, Secret app_secret, Handlers handlers)
      : options_(options),
        seams_(seams),
        app_secret_(std::move(app_secret)),
        handlers_(std::move(handlers)) {}

  void Deliver(Event event);
  // Where to; events that came before wait. Tries under way go on to the new address.
  void SetUrl(std::string url);
  void Pause(bool paused);

 private:
  struct Body {
    std::string text;
    std::vector<std::string> about;
    int attempts = 0;
  };

  void Pump();
  std::vector<Event> TakeBatch();
  void Post(Body body);
  void TakeAnswer(Body body, bool is_taken);
  bool Draw(int percent);

  const Options options_;
  const Seams seams_;
  const Secret app_secret_;
  const Handlers handlers_;
  // On the loop only:
  std::string url_;
  bool paused_ = false;
  std::deque<Event> events_;
  std::deque<Body> bodies_;  // to be sent (again) now
  std::size_t retries_ = 0;  // waiting for their time
  std::size_t in_flight_ = 0;
  std::uint64_t lost_ = 0;
};

}  // namespace trestle
