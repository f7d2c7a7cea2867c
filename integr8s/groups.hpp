// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "integr8s/coordinator/coordinator.hpp"
#include "integr8s/events/catalogue.hpp"
#include "integr8s/monitor/pod_monitor.hpp"
#include "integr8s/monitor/pod_starter.hpp"
#include "integr8s/results/result_processor.hpp"
#include "integr8s/runtime/languages.hpp"
#include "integr8s/runtime/pod_runtime.hpp"
#include "integr8s/saga/orchestrator.hpp"
#include "integr8s/worker/worker.hpp"
#include "quipu/delivery/handler.hpp"

namespace integr8s {

struct GroupSettings {
    CoordinatorOptions coordinator = {};
    SagaOptions saga = {};
    WorkerOptions worker = {};
    MonitorOptions monitor = {};
};

/// The groups of the system with their dependencies. For an App:
///
///     Groups groups(*runtime, runtime::languages());
///     quipu::App<Events, ExecutionCoordinator, SagaOrchestrator, PodWorker, PodStarter,
///                ResultProcessor>
///         app{argc, argv, groups.coordinator, groups.saga, groups.worker, groups.starter,
///             groups.results};
///
/// Call groups.monitor.start() before the groups run (in Service::prepare) and
/// groups.monitor.stop() after (in Service::stop).
struct Groups {
    /// `pods` and `languages` must outlive this object.
    Groups(runtime::PodRuntime& pods, const runtime::Languages& languages,
           const GroupSettings& settings = {});

    /// The bindings for a DeliveryRuntime. This object must outlive them.
    [[nodiscard]] std::vector<quipu::GroupBinding> bindings();

    ExecutionCoordinator coordinator;
    SagaOrchestrator saga;
    PodWorker worker;
    PodStarter starter;
    ResultProcessor results;
    PodMonitor monitor;  ///< not a group: publishes what the runtime reports
};

}  // namespace integr8s
