// A simulated network and the real adapter for it, both set so that no rate but their own speed
// bounds what passes: the rates that a network sells are lifted on both sides. Owned by the
// program, which destroys adapters first; used by one thread. All of it is simulation on loopback.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "adapters/sdk/adapter_context.h"
#include "bridge/adapter_api/adapter.h"
#include "sim/line.h"

namespace trestle::bench {

class Simulated {
 public:
  struct Seams {
    const Clock& clock;
    Random& random;
  };
  // What a bare client needs to send what the adapter would send: a POST on a Meta network.
  struct Post {
    std::string path;
    std::string token;  // for "Authorization: Bearer"
    std::string body;
  };

  // "messenger", "instagram", "whatsapp" or "sms", else kInvalidArgument. `window` is for SMS:
  // submits without an answer.
  static Result<std::unique_ptr<Simulated>> Start(const std::string& network, std::size_t window,
                                                  Seams seams);
  virtual ~Simulated() = default;  // stops; adapters are gone by then

  virtual std::uint16_t port() const = 0;  // of its wire: HTTP or SMPP
  virtual std::uint16_t control_port() const = 0;
  virtual std::string PhoneAddress(std::size_t number) const = 0;
  virtual sim::LineKind line_kind() const { return sim::LineKind::kText; }
  virtual std::size_t text_bytes_max() const { return 0; }  // of one native text
  // How many messages one thread may carry before a rate that no option lifts holds it; 0: any.
  virtual std::size_t thread_messages_max() const { return 0; }
  virtual Result<std::unique_ptr<Adapter>> MakeAdapter(AdapterContext context) = 0;
  // kUnsupported on SMS.
  virtual Result<Post> PostTo(const std::string& phone, const std::string& identity,
                              const std::string& text) const = 0;

  const std::string& service() const { return service_; }
  const std::vector<std::string>& ghosts() const { return ghosts_; }

 protected:
  Simulated(std::string service, const std::string& ghost_prefix);

  const std::string service_;
  std::vector<std::string> ghosts_;
};

// Of every simulated customer, and of nobody else.
inline constexpr const char* kSmppSystemId = "trestle";
inline constexpr const char* kSmppPassword = "secret";

}  // namespace trestle::bench
