// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "integr8s/events/types.hpp"
#include "quipu/event/time.hpp"

namespace integr8s {

// The rows of the execution coordinator. Keys are execution ids unless said otherwise.

enum class AdmissionState {
    waiting,   ///< has a QueueEntry
    granted,   ///< has a SlotRow
    released,  ///< had a slot
    ended,     ///< ended without a slot: cancelled or rejected
};

/// Whether an execution may still get a slot. Never erased, so that a request that is delivered
/// again, or after its own cancellation, does not run.
struct AdmissionRow {
    static constexpr std::string_view collection = "admissions";
    AdmissionState state;
    QueuePriority priority;
    std::string queue_key;  ///< key of the QueueEntry while there is one
    std::string user_id;
    std::string cpu_request;
    std::string memory_request;
};

/// A waiting execution. Keys sort by priority and then by order of arrival.
struct QueueEntry {
    static constexpr std::string_view collection = "queue";
    std::string execution_id;
    quipu::Time since;
};

/// Counters of the queue; one row, key "state".
struct QueueState {
    static constexpr std::string_view collection = "queue_state";
    std::int64_t next_number = 1;
    std::vector<std::int64_t> waiting;  ///< by priority
};

/// An execution that may use resources. There are never more than the configured limit.
struct SlotRow {
    static constexpr std::string_view collection = "slots";
    quipu::Time since;
};

}  // namespace integr8s
