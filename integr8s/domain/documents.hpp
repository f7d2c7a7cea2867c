// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "integr8s/events/types.hpp"
#include "quipu/event/time.hpp"

namespace integr8s {

// The rows of an execution that users see. Keys are execution ids unless said otherwise.

/// The last five are final: a row with one of them never changes its status.
enum class ExecutionStatus {
    queued,     ///< waits for a slot
    scheduled,  ///< has a slot, its pod is being made
    running,    ///< the script runs
    completed,  ///< the script ended with exit code 0
    failed,     ///< the script failed, or could not be run; see error_type
    timeout,    ///< the script was stopped at its time limit
    cancelled,
    error,  ///< read from rows of other programs; never written
};

[[nodiscard]] constexpr bool is_end(ExecutionStatus status) noexcept {
    return status >= ExecutionStatus::completed;
}

/// The name on the wire.
[[nodiscard]] std::string_view to_string(ExecutionStatus status) noexcept;
[[nodiscard]] std::string_view to_string(ExecutionErrorType type) noexcept;

struct ExecutionRow {
    static constexpr std::string_view collection = "executions";
    std::string execution_id;
    std::string user_id;  ///< empty if the request named no user
    ExecutionStatus status;
    std::string language;
    std::string version;
    QueuePriority priority;
    std::int64_t timeout_seconds;
    std::int64_t script_bytes;
    quipu::Time created_at;
    quipu::Time updated_at;
    std::optional<quipu::Time> started_at = {};  ///< of the script
    std::optional<quipu::Time> ended_at = {};
    std::optional<std::int64_t> exit_code = {};
    std::optional<ExecutionErrorType> error_type = {};
    std::optional<std::string> cancelled_by = {};
};

/// The submitted script. Stored apart from the row because it is large and never changes.
struct ScriptRow {
    static constexpr std::string_view collection = "scripts";
    std::string script;
};

/// The request and the execution that belong to an idempotency key. Key: user id, "/", idempotency
/// key.
struct IdempotencyRow {
    static constexpr std::string_view collection = "idempotency_keys";
    std::string execution_id;
    std::string language;  ///< as requested, like the following fields
    std::string version;
    std::optional<std::int64_t> timeout_seconds = {};
    std::optional<QueuePriority> priority = {};
    quipu::Time created_at;
};

/// The claim of the right to end an execution: the transaction that writes this row publishes the
/// terminal event. See execution_end.hpp.
struct EndRow {
    static constexpr std::string_view collection = "execution_ends";
    ExecutionStatus status;
    quipu::Time at;
};

/// The description of an execution's outputs; their bytes are in OutputChunks.
struct OutputRow {
    static constexpr std::string_view collection = "outputs";
    std::int64_t stdout_bytes = 0;  ///< stored bytes
    std::int64_t stderr_bytes = 0;
    bool stdout_truncated = false;  ///< the script wrote more than is kept
    bool stderr_truncated = false;
    bool event_truncated = false;  ///< the terminal event has less than is stored
    std::string outcome;           ///< of the pod: "exited", "out_of_memory", ...
    std::string reason;            ///< a sentence for people; may be empty
    std::optional<std::int64_t> signal = {};
};

/// A piece of one output stream. Key: see output.hpp. Exactly one of the two fields has a value.
struct OutputChunk {
    static constexpr std::string_view collection = "output_chunks";
    std::optional<std::string> text = {};    ///< if the bytes are valid UTF-8
    std::optional<std::string> base64 = {};  ///< if they are not
};

/// The result of an execution. It exists once the row has a final status.
struct ResultRow {
    static constexpr std::string_view collection = "results";
    std::string execution_id;
    std::string user_id;
    ExecutionStatus status;
    std::optional<std::int64_t> exit_code = {};
    std::optional<ExecutionErrorType> error_type = {};
    std::optional<ResourceUsage> resource_usage = {};
    OutputRow output;
    quipu::Time stored_at;
};

}  // namespace integr8s
