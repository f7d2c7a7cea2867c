// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <string>

#include "integr8s/api/api_service.hpp"
#include "integr8s/cli/commands.hpp"
#include "integr8s/groups.hpp"
#include "integr8s/program/deferred_runtime.hpp"
#include "integr8s/program/pod_service.hpp"

int main(int argc, char** argv) {
    using namespace integr8s;
    program::DeferredRuntime pods;
    runtime::Languages languages;
    const GroupSettings settings;
    Groups groups(pods, languages, settings);

    runtime::SandboxOptions sandbox;
    sandbox.max_running = settings.coordinator.max_running;
    program::PodService pod_service(pods, languages, groups.monitor, sandbox);
    api::ApiService api_service(
        languages, {.slots = static_cast<std::int64_t>(settings.coordinator.max_running)});

    quipu::App<Events, ExecutionCoordinator, SagaOrchestrator, PodWorker, PodStarter,
               ResultProcessor>
        app{argc,          argv,           groups.coordinator, groups.saga,
            groups.worker, groups.starter, groups.results};
    app.definition().name = "integr8s";
    app.definition().default_http = cli::default_address;
    app.definition().services = {&pod_service, &api_service};
    app.definition().commands = cli::commands();
    app.definition().event_filters = {
        {"execution", "execution_id", "Only events of this execution"}};
    app.definition().run_flags = {{"allow-unsandboxed",
                                   "Run scripts WITHOUT a sandbox, with all rights of this program",
                                   &pod_service.allow_unsandboxed()}};
    return app.run();
}
