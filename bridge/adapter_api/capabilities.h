// What a network can carry, as data. The router decides with it; Routing.Explain shows it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>

#include "bridge/envelope/network.h"

namespace trestle {

enum class UnitKind : std::uint8_t { kText, kBinary };

struct Capabilities {
  Network network = Network::Native();
  UnitKind unit_kind = UnitKind::kText;
  std::size_t chunk_bytes = 0;          // octets of a frame that one native message carries, > 0
  std::size_t units_max = 1;            // native messages that one frame may take
  bool takes_idempotency_keys = false;  // the network itself drops a repeated send
  bool reports_delivered = false;
  bool reports_read = false;
  bool needs_sms_consent = false;  // an SMS-like network: used only where its user chose it
  // The adapter holds its people's keys, opens what comes and sends text: an edge, used only with
  // the consent of both sides (bridge/policy/edge_consent.h). Never in the daemon's own process.
  bool opens_messages = false;
  // What one native message costs the operator and what one frame may cost, in millionths of the
  // currency (ISO 4217). 0: nothing, and no bound.
  std::int64_t unit_price_micros = 0;
  std::int64_t frame_price_micros_max = 0;
  std::string currency = {};

  std::size_t frame_bytes_max() const { return chunk_bytes * units_max; }
  // Capabilities without a chunk size carry nothing: the answer is above any units_max.
  std::size_t UnitsOf(std::size_t frame_bytes) const {
    if (chunk_bytes == 0) return std::numeric_limits<std::size_t>::max() / 2;
    return frame_bytes == 0 ? 1 : (frame_bytes + chunk_bytes - 1) / chunk_bytes;
  }
  std::int64_t PriceMicrosOf(std::size_t frame_bytes) const {
    return static_cast<std::int64_t>(UnitsOf(frame_bytes)) * unit_price_micros;
  }
};

}  // namespace trestle
