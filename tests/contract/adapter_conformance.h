// The claims that every adapter must keep, whatever its network: an adapter's test gives a fixture
// (the adapter and its simulated network) and calls CheckAdapterClaims in one TEST_CASE. All runs
// in process over real loopback sockets, with a host that stands in for the core and phones that
// live behind the simulated network's control server. Waits end by events, with a long patience as
// the limit.
//
//   TEST_CASE("The WhatsApp adapter keeps the claims of all adapters") {
//     CheckAdapterClaims([] { return std::make_unique<WhatsappFixture>(); });
//   }
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "adapters/sdk/adapter_context.h"
#include "bridge/adapter_api/adapter.h"
#include "bridge/envelope/fragment.h"

namespace trestle::test {

// A native message as a phone sends or reads it: a text, or octets (SMS user data and its header).
struct PhoneMessage {
  bool is_binary = false;
  std::string body;
};

class AdapterFixture {
 public:
  virtual ~AdapterFixture() = default;  // stops the simulated network; adapters are gone by then

  virtual std::uint16_t control_port() const = 0;  // of its SimControl
  // A new adapter for the one simulated network; a second one in the same folder is a restart.
  virtual Result<std::unique_ptr<Adapter>> MakeAdapter(AdapterContext context) = 0;
  // The address of the n-th person, as SimControl registers it.
  virtual std::string PhoneAddress(int number) const = 0;
  // The network's own codes for a refusal for good and for "too fast".
  virtual int refusing_code() const = 0;
  virtual int throttling_code() const = 0;

  // How the phone's app cuts and reads frames; networks of texts need not override.
  virtual std::vector<PhoneMessage> CutAtPhone(ByteView frame, const FragmentRef& ref) const;
  virtual std::optional<Fragment> ReadAtPhone(const PhoneMessage& message) const;
  virtual std::size_t phone_text_bytes_max() const { return 1000; }
  // On networks whose frames the receiver confirms: what the phone's app sends when it has a frame,
  // and whether a message is such a word of the bridge's, which is no message to anybody.
  virtual std::optional<PhoneMessage> ConfirmAtPhone(ByteView frame, const Fragment& last) const {
    static_cast<void>(frame);
    static_cast<void>(last);
    return std::nullopt;
  }
  virtual bool IsConfirmation(const PhoneMessage& message) const {
    static_cast<void>(message);
    return false;
  }
};

using MakeAdapterFixture = std::function<std::unique_ptr<AdapterFixture>()>;

// One Catch section for each claim, each with a fixture of its own.
void CheckAdapterClaims(const MakeAdapterFixture& make);

}  // namespace trestle::test
