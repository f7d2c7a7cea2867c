// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "quipu/base/error.hpp"
#include "quipu/delivery/runtime.hpp"
#include "quipu/event/field.hpp"
#include "quipu/event/time.hpp"

namespace quipu {

// The JSON messages between a running program and its own command line over the control socket.
// Both ends are the same executable, or two builds of it.

/// The state of a group in a running program.
struct GroupLive {
    std::string group;
    std::int64_t in_flight = 0;
    std::int64_t handled = 0;
    std::int64_t failed = 0;
    std::int64_t dead_lettered = 0;
    std::string problem;
};

/// GET /control/status
struct ProgramStatus {
    std::string program;
    std::string version;
    std::int64_t pid = 0;
    Time started_at{};
    std::string durability;  ///< of the store, as this program opened it
    std::string http;        ///< "127.0.0.1:8080"; empty without HTTP
    bool ready = false;
    std::vector<std::string> not_ready_because;
    std::vector<GroupLive> groups;
};

/// POST /control/events/{type}: the body is the event's JSON, the options are query parameters.
struct PublishReply {
    std::string event_id;
    std::int64_t position = 0;
    std::int64_t sequence = 0;
    bool duplicate = false;
};

/// GET /control/published/{position}?timeout_ms=N: status 200 when the log has everything up to
/// that position, 503 if it does not within N milliseconds. This is the largest N.
inline constexpr std::chrono::milliseconds control_wait_max{20'000};

/// The body of POST /control/dead-letters/{id}/requeue and /discard, and of POST
/// /control/archive/{event_id}. The response has none. The decision is made by the user at the
/// other end of the socket.
struct ControlDecision {
    std::string reason;
};

// POST /control/parked/{group}/{position}/retry has no body, and neither has its response.

/// POST /control/groups/{group}/rewind/{type}: what rewind_group has returned.
struct RewindReply {
    std::int64_t events = 0;
};

/// The body of a response with any status but 200.
struct ControlProblem {
    std::string detail;
    std::string type;  ///< as to_string(ErrorCode)
};

[[nodiscard]] int http_status_of(ErrorCode code) noexcept;
[[nodiscard]] ErrorCode error_code_of(const ControlProblem& problem) noexcept;
[[nodiscard]] GroupLive live_of(const GroupStatus& status);

}  // namespace quipu
