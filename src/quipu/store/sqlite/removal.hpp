// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "quipu/store/sqlite/events.hpp"
#include "quipu/store/sqlite/groups.hpp"
#include "quipu/store/sqlite/letters.hpp"

namespace quipu::sqlite {

/// Where a purge goes on: behind this expiry and position.
struct PurgeFrom {
    std::int64_t expires_at = std::numeric_limits<std::int64_t>::min();
    std::int64_t position = 0;
};

struct PurgeStep {
    std::vector<std::int64_t> removed;
    PurgeFrom next;
    bool more = false;  ///< not everything that expired was looked at
};

/// Takes events out of the log (writer only).
class Removal {
  public:
    Removal(const Connection& connection, EventTable& events, GroupTable& groups,
            ParkedTable& parked);

    [[nodiscard]] PurgeStep purge(const PurgeFrom& from, Time now, std::size_t limit);
    /// The position the event had.
    [[nodiscard]] Result<std::int64_t> archive(std::string_view event_id, Time now,
                                               const std::string& deleted_by,
                                               const std::string& reason);
    /// Whether the log still has this event at this position.
    [[nodiscard]] bool in_log(const Record& record);

  private:
    void remove(const Record& record);

    EventTable& events_;
    GroupTable& groups_;
    ParkedTable& parked_;
    Statement expired_;
    Statement find_;
    Statement archived_;
    Statement copy_;
    Statement delete_;
};

}  // namespace quipu::sqlite
