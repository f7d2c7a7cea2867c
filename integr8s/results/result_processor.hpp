// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "integr8s/events/command.hpp"
#include "integr8s/events/execution.hpp"
#include "integr8s/events/pod.hpp"
#include "integr8s/events/result.hpp"
#include "quipu/delivery/handler.hpp"

namespace integr8s {

/// Maintains the rows that users see: the status as it changes, and at the end status and result,
/// together with result_stored. Only the first terminal event counts: a final status never changes,
/// and a result that was not stored is not announced.
///
/// If the store fails, the handler runs again; that never causes result_failed.
class ResultProcessor {
  public:
    static constexpr std::string_view group = "result-processor";
    /// A dead letter holds its execution's key, so that a row is never written in another order
    /// than the one in which things happened; no slot and no pod depends on it.
    static constexpr quipu::GroupOptions options{.on_dead_letter = quipu::OnDeadLetter::hold_key};

    using Stored = quipu::Publishes<ResultStored>;

    void on(const quipu::Event<ExecutionRequested>& event, quipu::Documents& documents);
    void on(const quipu::Event<AllocateResourcesCommand>& event, quipu::Documents& documents);
    void on(const quipu::Event<PodRunning>& event, quipu::Documents& documents);

    void on(const quipu::Event<ExecutionCompleted>& event, Stored& out,
            quipu::Documents& documents);
    void on(const quipu::Event<ExecutionFailed>& event, Stored& out, quipu::Documents& documents);
    void on(const quipu::Event<ExecutionTimeout>& event, Stored& out, quipu::Documents& documents);
    void on(const quipu::Event<ExecutionCancelled>& event, Stored& out,
            quipu::Documents& documents);
};

}  // namespace integr8s
