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
    MetricRow{"trestle_leases_total", MetricKind::kCounter, "when",
              "Deliveries handed to adapters: as they were written, as the next of their lane, or "
              "out of what waits."},
    MetricRow{"trestle_outbox_rows", MetricKind::kGauge, "network",
              "Deliveries that wait, by network."},
    MetricRow{"trestle_dead_letters_total", MetricKind::kCounter, "network",
              "Deliveries given up, by network."},
    MetricRow{"trestle_erased_total", MetricKind::kCounter, "cause",
              "Envelopes erased: delivered, expired, withdrawn or given up."},
    MetricRow{"trestle_commits_total", MetricKind::kCounter, "", "Group commits of the store."},
    MetricRow{"trestle_commits_unsynced_total", MetricKind::kCounter, "",
              "Those of them that are synced with a later one."},
    MetricRow{"trestle_groups_run_again_total", MetricKind::kCounter, "",
              "Groups of work that were taken back and run again, because one piece of them failed "
              "half-way."},
    MetricRow{"trestle_commit_items_total", MetricKind::kCounter, "",
              "Pieces of work inside the group commits."},
    MetricRow{"trestle_directory_reads_total", MetricKind::kCounter, "from",
              "Records of the directory that were read: from the cache or from the file."},
    MetricRow{"trestle_store_queue", MetricKind::kGauge, "",
              "Pieces of work waiting for the store's writer."},
    MetricRow{"trestle_store_damaged", MetricKind::kGauge, "",
              "1 once a store's file had a broken page: nothing is taken any more. Alert at one."},
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
    MetricRow{"trestle_address_keys", MetricKind::kGauge, "measure",
              "The keys of the address books, as network.measure: held, rows_under_old (counted "
              "once a minute while older keys are held)."},
    MetricRow{"trestle_over_limit_total", MetricKind::kCounter, "limit",
              "Times that a row of the limits table was reached."},
    MetricRow{"trestle_unanswered_total", MetricKind::kCounter, "network",
              "Attempts that an adapter did not answer in time."},
    MetricRow{"trestle_fallbacks_total", MetricKind::kCounter, "outcome",
              "Deliveries that waited for a network that was down too long: moved, or why not."},
    MetricRow{"trestle_canaries_total", MetricKind::kCounter, "outcome",
              "Canaries: network.sent, network.heard, network.missed, network.not_sent."},
    MetricRow{"trestle_canary_ms", MetricKind::kGauge, "network",
              "How long the last canary took; -1 when none has come back yet."},
    MetricRow{"trestle_adapter_health", MetricKind::kGauge, "network",
              "0 healthy, 1 degraded, 2 deaf, 3 starting, 4 down."},
    MetricRow{"trestle_oldest_due_ms", MetricKind::kGauge, "network",
              "How long the oldest delivery that could go has not gone."},
    MetricRow{"trestle_last_inbound_ms", MetricKind::kGauge, "network",
              "How long ago something last came in; -1 when nothing has since the start."},
    MetricRow{"trestle_adapter_restarts_total", MetricKind::kCounter, "network",
              "Times that a deaf adapter was told to make its connections anew."},
    MetricRow{"trestle_edge_events_total", MetricKind::kCounter, "event",
              "What trestle-edge did: agreed, ended, thread_joined, segment_planned, part_sent, "
              "text_sent, text_in_doubt and others (docs/edge.md)."},
    MetricRow{"trestle_edge_offers_waiting", MetricKind::kGauge, "",
              "What trestle-edge has still to tell the bridge."},
    MetricRow{"trestle_edge_connected", MetricKind::kGauge, "",
              "1 while trestle-edge is connected to the bridge, 0 otherwise."},
    MetricRow{"trestle_impossible_total", MetricKind::kCounter, "event",
              "Events that cannot happen. Alert at one."},
};

}  // namespace trestle
