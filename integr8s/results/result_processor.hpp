// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "integr8s/events/command.hpp"
#include "integr8s/events/execution.hpp"
#include "integr8s/events/pod.hpp"
#include "integr8s/events/result.hpp"
#include "quipu/delivery/handler.hpp"

namespace integr8s {

/// Keeps the rows that users see: the status as it goes on, and at the end status and result
/// together with result_stored. The first terminal event counts: a row that has ended keeps its
/// end, and what was not stored is not announced.
///
/// A failure of the store makes the handler run again; it never turns into result_failed.
class ResultProcessor {
  public:
    static constexpr std::string_view group = "result-processor";

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
