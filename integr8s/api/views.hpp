// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "integr8s/domain/documents.hpp"
#include "quipu/base/error.hpp"
#include "quipu/event/field.hpp"
#include "quipu/event/time.hpp"
#include "quipu/store/record.hpp"

namespace integr8s::api {

// The bodies of responses, as plain structs for quipu::to_json.

/// The result of an execution. In the texts, bytes that are not UTF-8 are replaced by U+FFFD. If
/// there are any, and only then, the exact bytes are also given in base64.
struct ResultView {
    std::string execution_id;
    ExecutionStatus status;
    std::optional<std::int64_t> exit_code = {};
    std::optional<ExecutionErrorType> error_type = {};
    std::string outcome;  ///< of the pod: "exited", "timeout", "out_of_memory", ...
    std::string reason;   ///< a sentence for people; may be empty
    std::optional<std::int64_t> signal = {};
    std::string stdout_;
    std::string stderr_;
    quipu::Omittable<std::string> stdout_base64 = {};
    quipu::Omittable<std::string> stderr_base64 = {};
    bool stdout_truncated = false;  ///< the script wrote more than is kept
    bool stderr_truncated = false;
    std::optional<ResourceUsage> resource_usage = {};
    quipu::Time stored_at;
};

/// Combines the row of a result with its outputs.
[[nodiscard]] ResultView result_view(const ResultRow& row, std::string stdout_bytes,
                                     std::string stderr_bytes);

/// One event of an execution.
struct EventView {
    std::int64_t position = 0;  ///< in the log
    std::int64_t sequence = 0;  ///< within the execution
    quipu::Json event;          ///< as stored
};

struct EventsView {
    std::vector<EventView> events;
    std::optional<std::string> next_cursor = {};
};

/// One frame of an execution's event stream.
struct FrameView {
    std::string event_type;  ///< "status" in the first frame
    std::string execution_id;
    quipu::Time timestamp;
    std::optional<std::string> event_id = {};
    std::optional<ExecutionStatus> status = {};  ///< set in the first frame
    std::optional<ResultView> result = {};       ///< set with result_stored
    /// The event's own fields without script, stdout and stderr; the result has the outputs.
    std::optional<quipu::Json> payload = {};
};

/// The frame of an event, without a result.
[[nodiscard]] FrameView frame_view(const quipu::Record& record, const std::string& execution_id);

}  // namespace integr8s::api
