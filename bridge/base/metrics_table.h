// The one list of metric names. Names never change meaning: operators' alerts stand on them.
#pragma once

#include <array>
#include <string_view>

namespace trestle {

enum class MetricKind { kCounter, kGauge };

struct MetricRow {
  std::string_view name;
  MetricKind kind;
  std::string_view label;  // "" when the metric has none
  std::string_view help;
};

inline constexpr std::array kMetricTable = {
    MetricRow{"trestle_inbound_total", MetricKind::kCounter, "outcome",
              "Frames and service words offered by adapters, by what became of them."},
    MetricRow{"trestle_refusals_total", MetricKind::kCounter, "rule",
              "Refusals by the rule that refused."},
    MetricRow{"trestle_lookups_total", MetricKind::kCounter, "outcome",
              "Aliases asked for: noted or throttled, never whether there is one."},
    MetricRow{"trestle_attempts_total", MetricKind::kCounter, "outcome",
              "Tries at handing a delivery to a network: network.certainty."},
    MetricRow{"trestle_outbox_rows", MetricKind::kGauge, "network",
              "Deliveries that wait, by network."},
    MetricRow{"trestle_dead_letters_total", MetricKind::kCounter, "network",
              "Deliveries given up, by network."},
    MetricRow{"trestle_erased_total", MetricKind::kCounter, "cause",
              "Envelopes erased: delivered, expired, withdrawn or given up."},
    MetricRow{"trestle_commits_total", MetricKind::kCounter, "", "Group commits of the store."},
    MetricRow{"trestle_commit_items_total", MetricKind::kCounter, "",
              "Pieces of work inside the group commits."},
    MetricRow{"trestle_store_queue", MetricKind::kGauge, "",
              "Pieces of work waiting for the store's writer."},
    MetricRow{"trestle_storage_keys", MetricKind::kGauge, "",
              "Keys that seal what waits, as of the last checkpoint."},
    MetricRow{"trestle_adapter_up", MetricKind::kGauge, "network",
              "1 when the adapter is healthy, 0 otherwise."},
    MetricRow{"trestle_rpc_total", MetricKind::kCounter, "code",
              "Finished calls by gRPC status code."},
    MetricRow{"trestle_adapter_events_total", MetricKind::kCounter, "event",
              "Wire events an adapter counts: network.event, such as sms.throttled."},
    MetricRow{"trestle_smpp_bind_events_total", MetricKind::kCounter, "event",
              "Wire events of one bind to an SMS centre: bind.event, such as 0.accepted."},
    MetricRow{"trestle_smpp_bind_up", MetricKind::kGauge, "bind",
              "1 while this bind to an SMS centre is bound, 0 otherwise."},
    MetricRow{
        "trestle_ghost_pool", MetricKind::kGauge, "measure",
        "The pools of ghosts, as network.measure: size, most_used (by one person), least_left."},
    MetricRow{"trestle_impossible_total", MetricKind::kCounter, "event",
              "Events that cannot happen. Alert at one."},
};

}  // namespace trestle
