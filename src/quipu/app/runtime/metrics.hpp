// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "quipu/base/mutex.hpp"
#include "quipu/delivery/relay.hpp"
#include "quipu/delivery/runtime.hpp"
#include "quipu/event/catalogue.hpp"
#include "quipu/http/server.hpp"
#include "quipu/log/topic_log.hpp"
#include "quipu/store/store.hpp"

namespace quipu {

/// The data of one response of /metrics.
struct MetricsFacts {
    std::string program;
    std::string version;
    bool ready = false;
    Result<StoreHealth> store = StoreHealth{};
    std::optional<LogHealth> log;      ///< of a log beside the store
    std::optional<RelayStatus> relay;  ///< set if this program runs a relay
    std::vector<GroupStatus> groups;
    std::map<std::string, std::int64_t> appended;           ///< by event type
    std::map<std::string, std::int64_t> open_dead_letters;  ///< by group
    std::optional<HttpServerStats> http;
};

/// The facts in Prometheus text format. Labels are event types, groups and this program's name, so
/// the number of series is bounded by the catalogue.
[[nodiscard]] std::string metrics_text(const MetricsFacts& facts);

/// Counts the events appended to a store since this object was created, by event type. Thread-safe.
class AppendCounter {
  public:
    AppendCounter(Store& store, const EventTypes& types);
    /// The current counts. Reads the events appended since the last call.
    [[nodiscard]] std::map<std::string, std::int64_t> counts() QUIPU_EXCLUDES(counts_mutex_);

  private:
    Store& store_;
    Mutex counts_mutex_;
    std::int64_t counted_to_ QUIPU_GUARDED_BY(counts_mutex_);
    std::map<std::string, std::int64_t> counts_ QUIPU_GUARDED_BY(counts_mutex_);
};

/// The number of open dead letters of `group`, at most `most`.
[[nodiscard]] std::int64_t count_open_dead_letters(Store& store, const std::string& group,
                                                   std::int64_t most = 1000);

}  // namespace quipu
