// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <string_view>

#include "integr8s/coordinator/documents.hpp"
#include "integr8s/events/command.hpp"
#include "integr8s/events/execution.hpp"
#include "quipu/delivery/handler.hpp"

namespace integr8s {

struct CoordinatorOptions {
    std::size_t max_running = 10;      ///< slots
    std::size_t max_waiting = 10'000;  ///< a request beyond it fails with resource_limit
};

/// Decides which executions may run: keeps the others in a queue and hands out slots.
///
/// An allocate_resources_command says "this execution has a slot, begin its saga"; the saga gives
/// the slot back by release_resources_command, once for each. The queue and the slots are
/// documents, changed in the transaction of the event that causes it: nothing lives in memory.
class ExecutionCoordinator {
  public:
    static constexpr std::string_view group = "execution-coordinator";
    static constexpr quipu::GroupOptions options{.serial = true,
                                                 .tick_interval = std::chrono::seconds{5}};

    explicit ExecutionCoordinator(CoordinatorOptions limits = {}) : limits_(limits) {}

    using Grants = quipu::Publishes<AllocateResourcesCommand>;

    void on(const quipu::Event<ExecutionRequested>& event,
            quipu::Publishes<ExecutionAccepted, ExecutionQueued, ExecutionFailed>& out,
            Grants& grants, quipu::Documents& documents);
    void on(const quipu::Event<ReleaseResourcesCommand>& event, Grants& grants,
            quipu::Documents& documents);

    // What ends before it has a slot leaves the queue; what ends before it was requested never
    // enters it.
    void on(const quipu::Event<ExecutionCancelled>& event, quipu::Documents& documents);
    void on(const quipu::Event<ExecutionFailed>& event, quipu::Documents& documents);
    void on(const quipu::Event<ExecutionTimeout>& event, quipu::Documents& documents);
    void on(const quipu::Event<ExecutionCompleted>& event, quipu::Documents& documents);

    /// Uses slots that a restart with a higher limit has added.
    void tick(Grants& grants, quipu::Documents& documents);

  private:
    void grant(Grants& grants, quipu::Documents& documents) const;

    CoordinatorOptions limits_;
};

}  // namespace integr8s
