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

/// Decides which executions may run: grants a limited number of slots and queues the others.
///
/// An allocate_resources_command grants a slot and starts the saga of an execution; the saga
/// returns the slot by one release_resources_command. Queue and slots are documents that change in
/// the transaction of the causing event; no state is in memory.
class ExecutionCoordinator {
  public:
    static constexpr std::string_view group = "execution-coordinator";
    /// A dead letter does not hold its execution's key: the release of the slot comes after it.
    static constexpr quipu::GroupOptions options{
        .serial = true,
        .tick_interval = std::chrono::seconds{5},
        .on_dead_letter = quipu::OnDeadLetter::release_key};

    explicit ExecutionCoordinator(CoordinatorOptions limits = {}) : limits_(limits) {}

    using Grants = quipu::Publishes<AllocateResourcesCommand>;

    void on(const quipu::Event<ExecutionRequested>& event,
            quipu::Publishes<ExecutionAccepted, ExecutionQueued, ExecutionFailed>& out,
            Grants& grants, quipu::Documents& documents);
    void on(const quipu::Event<ReleaseResourcesCommand>& event, Grants& grants,
            quipu::Documents& documents);

    // An execution that ends while it waits leaves the queue; one whose end is read before its
    // request never enters it.
    void on(const quipu::Event<ExecutionCancelled>& event, quipu::Documents& documents);
    void on(const quipu::Event<ExecutionFailed>& event, quipu::Documents& documents);
    void on(const quipu::Event<ExecutionTimeout>& event, quipu::Documents& documents);
    void on(const quipu::Event<ExecutionCompleted>& event, quipu::Documents& documents);

    /// Grants slots that a restart with a higher limit has added.
    void tick(Grants& grants, quipu::Documents& documents);

  private:
    void grant(Grants& grants, quipu::Documents& documents) const;

    CoordinatorOptions limits_;
};

}  // namespace integr8s
