// SPDX-License-Identifier: Apache-2.0
#include "quipu/app/runtime/metrics.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>

namespace quipu {

namespace {

using Labels = std::vector<std::pair<std::string, std::string>>;

class Families {
  public:
    void counter(const std::string& name, const std::string& help, double value,
                 const Labels& labels = {}) {
        metric(name, help, prometheus::MetricType::Counter, labels).counter.value = value;
    }
    void gauge(const std::string& name, const std::string& help, double value,
               const Labels& labels = {}) {
        metric(name, help, prometheus::MetricType::Gauge, labels).gauge.value = value;
    }
    void histogram(const std::string& name, const std::string& help, const Durations& durations,
                   const Labels& labels) {
        auto& histogram = metric(name, help, prometheus::MetricType::Histogram, labels).histogram;
        std::uint64_t count = 0;
        for (std::size_t i = 0; i < durations.counts.size(); ++i) {
            count += durations.counts[i];
            const double bound = i < durations.bounds.size()
                                     ? durations.bounds[i]
                                     : std::numeric_limits<double>::infinity();
            histogram.bucket.push_back({.cumulative_count = count, .upper_bound = bound});
        }
        histogram.sample_count = count;
        histogram.sample_sum = durations.sum;
    }
    [[nodiscard]] std::string text() const {
        return prometheus::TextSerializer().Serialize(families_);
    }

  private:
    prometheus::ClientMetric& metric(const std::string& name, const std::string& help,
                                     prometheus::MetricType type, const Labels& labels) {
        prometheus::MetricFamily* family = nullptr;
        for (auto& known : families_) {
            if (known.name == name) family = &known;
        }
        if (family == nullptr) {
            family = &families_.emplace_back();
            family->name = name;
            family->help = help;
            family->type = type;
        }
        prometheus::ClientMetric& made = family->metric.emplace_back();
        for (const auto& [label, value] : labels) made.label.push_back({label, value});
        return made;
    }

    std::vector<prometheus::MetricFamily> families_;
};

void add_store(Families& families, const StoreHealth& health) {
    families.gauge("quipu_store_last_position", "Position of the last event in the log.",
                   static_cast<double>(health.last_position));
    families.gauge("quipu_store_events", "Events in the store.",
                   static_cast<double>(health.events));
    families.gauge("quipu_store_bytes", "Size of the store on disk.",
                   static_cast<double>(health.bytes));
    families.gauge("quipu_store_wal_bytes", "Part of the store not yet checkpointed.",
                   static_cast<double>(health.wal_bytes));
}

void add_log(Families& families, const LogHealth& log) {
    families.gauge("quipu_log_reachable", "1 if the log beside the store is reachable.",
                   log.reachable ? 1 : 0);
    families.gauge("quipu_log_queued", "Records that the log has not acknowledged yet.",
                   static_cast<double>(log.queued));
    families.counter("quipu_log_tombstones_total",
                     "Records with a key and no value, which groups pass over.",
                     static_cast<double>(log.tombstones));
}

void add_relay(Families& families, const RelayStatus& relay) {
    families.gauge("quipu_relay_active", "1 if this program's relay holds the lease.",
                   relay.active ? 1 : 0);
    families.gauge("quipu_relay_position", "Every event up to this position is in the log.",
                   static_cast<double>(relay.position));
    families.gauge("quipu_relay_lag", "Stored events that are not in the log yet.",
                   static_cast<double>(relay.lag));
    families.gauge("quipu_relay_lag_seconds", "Age of the oldest event that is not in the log yet.",
                   static_cast<double>(relay.lag_time.count()) / 1000);
    families.counter("quipu_relay_published_total", "Events published to the log.",
                     static_cast<double>(relay.published));
}

double seconds_since_epoch(Time time) {
    return std::chrono::duration<double>(time.time_since_epoch()).count();
}

void add_group(Families& families, const GroupStatus& status) {
    const Labels group{{"group", status.group}};
    families.gauge("quipu_group_position", "The group has finished every event up to here.",
                   static_cast<double>(status.position), group);
    families.gauge("quipu_group_lag", "Events that the group has not finished yet.",
                   static_cast<double>(status.lag), group);
    families.gauge("quipu_group_in_flight", "Events read and not finished.",
                   static_cast<double>(status.in_flight), group);
    families.gauge("quipu_group_parked", "Events that wait for a retry, or for an earlier event.",
                   static_cast<double>(status.parked), group);
    families.gauge("quipu_group_held_keys",
                   "Keys whose events wait until a dead letter is requeued or discarded.",
                   static_cast<double>(status.held_keys), group);
    families.gauge(
        "quipu_group_held_oldest_timestamp_seconds",
        "When the oldest of these dead letters failed, in seconds since 1970; 0 without.",
        status.held_since ? seconds_since_epoch(*status.held_since) : 0, group);
    families.gauge("quipu_group_slow_handlers",
                   "Handlers that have been running for longer than the group's handler_timeout.",
                   static_cast<double>(status.slow_handlers), group);
    families.gauge("quipu_group_since_progress_seconds",
                   "Time since the group last finished an event or was idle.",
                   static_cast<double>(status.since_progress.count()) / 1000, group);
    families.counter("quipu_group_handled_total", "Events handled.",
                     static_cast<double>(status.handled), group);
    families.counter("quipu_group_failed_total", "Failed attempts to handle an event.",
                     static_cast<double>(status.failed), group);
    families.counter("quipu_group_dead_lettered_total", "Events that became dead letters.",
                     static_cast<double>(status.dead_lettered), group);
    families.histogram("quipu_group_handler_seconds", "Duration of each attempt of a handler.",
                       status.handler_time, group);
    families.histogram("quipu_group_event_age_seconds",
                       "Age of an event when its handler has ended, from its timestamp.",
                       status.event_age, group);
    families.counter("quipu_group_conflicts_total",
                     "Attempts repeated because a document had changed.",
                     static_cast<double>(status.conflicts), group);
}

void add_http(Families& families, const HttpServerStats& http) {
    families.counter("quipu_http_connections_total", "HTTP connections taken.",
                     static_cast<double>(http.connections));
    families.counter("quipu_http_connections_refused_total", "HTTP connections refused.",
                     static_cast<double>(http.connections_refused));
    families.counter("quipu_http_requests_total", "HTTP requests read.",
                     static_cast<double>(http.requests));
    families.counter("quipu_http_responses_total", "HTTP responses that report a failure.",
                     static_cast<double>(http.responses_4xx), {{"class", "4xx"}});
    families.counter("quipu_http_responses_total", "HTTP responses that report a failure.",
                     static_cast<double>(http.responses_5xx), {{"class", "5xx"}});
    families.gauge("quipu_http_connections_open", "HTTP connections open.",
                   static_cast<double>(http.connections_open));
    families.gauge("quipu_http_streams_open", "Open event streams.",
                   static_cast<double>(http.streams_open));
}

}  // namespace

std::string metrics_text(const MetricsFacts& facts) {
    Families families;
    families.gauge("quipu_program_info", "The program and its version.", 1,
                   {{"program", facts.program}, {"version", facts.version}});
    families.gauge("quipu_ready", "1 if /readyz reports ready.", facts.ready ? 1 : 0);
    families.gauge("quipu_store_writable", "1 if the store accepts writes.",
                   facts.store && facts.store->writable ? 1 : 0);
    if (facts.store) add_store(families, *facts.store);
    if (facts.log) add_log(families, *facts.log);
    if (facts.relay) add_relay(families, *facts.relay);
    for (const auto& [type, count] : facts.appended) {
        families.counter("quipu_events_appended_total",
                         "Events appended to the log since the program started.",
                         static_cast<double>(count), {{"event_type", type}});
    }
    for (const GroupStatus& status : facts.groups) add_group(families, status);
    for (const auto& [group, count] : facts.open_dead_letters) {
        families.gauge("quipu_dead_letters_open", "Open dead letters; counting stops at 1000.",
                       static_cast<double>(count), {{"group", group}});
    }
    if (facts.http) add_http(families, *facts.http);
    return families.text();
}

AppendCounter::AppendCounter(Store& store, const EventTypes& types)
    : store_(store), counted_to_(store.last_position()) {
    for (const EventInfo& info : types.all()) counts_[std::string(info.event_type)] = 0;
}

std::map<std::string, std::int64_t> AppendCounter::counts() {
    const MutexLock lock(counts_mutex_);
    const std::int64_t last = store_.last_position();
    if (last <= counted_to_) return counts_;
    std::map<std::string, std::int64_t> next = counts_;
    for (auto& [type, count] : next) {
        const auto since = store_.count_beyond(counted_to_, {type});
        const auto later = store_.count_beyond(last, {type});
        // All or nothing, so that types that cannot be counted now are counted next time.
        if (!since || !later) return counts_;
        count += *since - *later;
    }
    counts_ = std::move(next);
    counted_to_ = last;
    return counts_;
}

std::int64_t count_open_dead_letters(Store& store, const std::string& group, std::int64_t most) {
    constexpr std::size_t page = 100;
    std::int64_t count = 0;
    for (std::int64_t after = 0; count < most;) {
        const auto letters = store.dead_letters(group, DeadLetter::Status::open, after, page);
        if (!letters || letters->empty()) break;
        count += static_cast<std::int64_t>(letters->size());
        after = letters->back().id;
    }
    return std::min(count, most);
}

}  // namespace quipu
