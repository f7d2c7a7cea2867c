// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "integr8s/events/command.hpp"
#include "integr8s/events/execution.hpp"
#include "integr8s/events/pod.hpp"
#include "integr8s/events/saga.hpp"
#include "integr8s/saga/documents.hpp"
#include "quipu/delivery/handler.hpp"

namespace integr8s {

struct SagaOptions {
    std::size_t max_allocations = 100;  ///< current allocations per language
    std::size_t max_script_bytes = 1024 * 1024;
    std::chrono::seconds max_timeout{300};
    /// Time for the pod to report its end, in addition to the script's own limit.
    std::chrono::seconds grace{30};
    /// Time from the slot to the start of the script, for queues and retries of the runtime.
    std::chrono::seconds start_allowance{600};
    /// Interval at which an unconfirmed deletion is requested again. Longer than all retries of one
    /// delete_pod_command take (see CommandPolicy).
    std::chrono::seconds delete_again{900};
};

/// Guides each execution from its slot to its end: runs the steps validate_execution,
/// allocate_resources and create_pod, waits for the terminal event, and then releases everything
/// exactly once, on every path.
///
/// The steps only change documents and publish events, so all of them are one transaction, and a
/// crash cannot leave a state between two steps. Whatever has to wait (for the end of the pod, its
/// deletion or a deadline) is a row and continues after a restart.
///
/// A slot is released only when its pod is known to be gone, so that there are never more pods than
/// slots.
class SagaOrchestrator {
  public:
    static constexpr std::string_view group = "saga-orchestrator";
    /// A dead letter does not hold its execution's key: the event that ends the execution comes
    /// after it, and compensation with it.
    static constexpr quipu::GroupOptions options{
        .serial = true,
        .tick_interval = std::chrono::seconds{1},
        .on_dead_letter = quipu::OnDeadLetter::release_key};

    explicit SagaOrchestrator(SagaOptions limits = {}) : limits_(limits) {}

    using Begin = quipu::Publishes<SagaStarted, CreatePodCommand>;
    using Fail = quipu::Publishes<ExecutionFailed>;
    using End = quipu::Publishes<SagaCompleted, SagaFailed, SagaCancelled, SagaCompensating,
                                 SagaCompensated, DeletePodCommand, ReleaseResourcesCommand>;

    void on(const quipu::Event<ExecutionRequested>& event, quipu::Documents& documents);
    void on(const quipu::Event<AllocateResourcesCommand>& event, Begin& begin, Fail& fail, End& end,
            quipu::Documents& documents);
    void on(const quipu::Event<PodRunning>& event, quipu::Documents& documents);
    void on(const quipu::Event<ExecutionCompleted>& event, End& end, quipu::Documents& documents);
    void on(const quipu::Event<ExecutionFailed>& event, End& end, quipu::Documents& documents);
    void on(const quipu::Event<ExecutionTimeout>& event, End& end, quipu::Documents& documents);
    void on(const quipu::Event<ExecutionCancelled>& event, End& end, quipu::Documents& documents);
    void on(const quipu::Event<PodDeleted>& event, Fail& fail, End& end,
            quipu::Documents& documents);

    /// Checks deadlines.
    void tick(quipu::Publishes<ExecutionTimeout>& timeout, End& end, quipu::Documents& documents);

  private:
    struct Ending {
        SagaState state = SagaState::failed;
        std::string failed_step;
        std::string error;
        std::string cancelled_by;
    };
    struct StepFailure {
        ExecutionErrorType type = ExecutionErrorType::system_error;
        std::string message;  ///< empty: the step succeeded
    };

    [[nodiscard]] StepFailure run_steps(SagaRow& saga, const ExecutionRequested& request,
                                        Begin& begin, quipu::Documents& documents) const;
    void ended(quipu::Documents& documents, End& out, const quipu::EventHeader& header,
               std::string_view execution_id, Ending ending) const;
    void wind_up(quipu::Documents& documents, End& out, SagaRow& saga, Ending ending) const;
    void conclude(quipu::Documents& documents, End& out, SagaRow& saga) const;
    void ask_deletion(const quipu::Documents& documents, End& out, SagaRow& saga) const;

    static void give_slot_back(End& out, SagaRow& saga);

    SagaOptions limits_;
};

}  // namespace integr8s
