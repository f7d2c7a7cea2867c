// SPDX-License-Identifier: Apache-2.0
#include "integr8s/groups.hpp"

namespace integr8s {

static_assert(quipu::check_groups<Events, ExecutionCoordinator, SagaOrchestrator, PodWorker,
                                  PodStarter, ResultProcessor>());

Groups::Groups(runtime::PodRuntime& pods, const runtime::Languages& languages,
               const GroupSettings& settings)
    : coordinator(settings.coordinator),
      saga(settings.saga),
      worker(pods, settings.worker),
      starter(pods, languages),
      monitor(pods, settings.monitor) {}

std::vector<quipu::GroupBinding> Groups::bindings() {
    return {quipu::bind_group<Events>(coordinator), quipu::bind_group<Events>(saga),
            quipu::bind_group<Events>(worker), quipu::bind_group<Events>(starter),
            quipu::bind_group<Events>(results)};
}

}  // namespace integr8s
