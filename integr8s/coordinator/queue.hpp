// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "integr8s/coordinator/documents.hpp"
#include "quipu/delivery/handler.hpp"

namespace integr8s {

/// The queue of executions that wait for a slot, as documents: five priorities, first come, first
/// served within each. Changes belong to the transaction of `documents`.
class ExecutionQueue {
  public:
    explicit ExecutionQueue(quipu::Documents& documents);

    /// The number of waiting executions.
    [[nodiscard]] std::size_t size() const;
    /// The number of executions that would be ahead of a new one of `priority`.
    [[nodiscard]] std::size_t ahead_of(QueuePriority priority) const;

    /// Appends an execution to those of its priority and returns the entry's key.
    std::string add(std::string_view execution_id, QueuePriority priority);
    /// Removes the first entry and returns its execution id.
    [[nodiscard]] std::optional<std::string> pop();
    void remove(std::string_view key);
    /// Moves an entry to another priority, where it keeps its order of arrival, and returns its new
    /// key. `key` must be the key of an entry.
    std::string move(std::string_view key, QueuePriority priority);

  private:
    void count(std::size_t priority, std::int64_t change);

    quipu::Documents& documents_;
    QueueState state_;
};

}  // namespace integr8s
