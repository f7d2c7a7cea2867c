// SPDX-License-Identifier: Apache-2.0
// Each options struct with one of its fields: check.py compiles this with
// -Werror=missing-field-initializers, and wants to find every public options struct here.
#include <integr8s/api/api_service.hpp>
#include <integr8s/cli/submit.hpp>
#include <integr8s/coordinator/coordinator.hpp>
#include <integr8s/domain/execution_service.hpp>
#include <integr8s/monitor/pod_monitor.hpp>
#include <integr8s/runtime/pod.hpp>
#include <integr8s/runtime/sandbox_runtime.hpp>
#include <integr8s/saga/orchestrator.hpp>
#include <integr8s/worker/worker.hpp>
#include <quipu/app/app.hpp>
#include <quipu/codec/json.hpp>
#include <quipu/delivery/effects.hpp>
#include <quipu/delivery/options.hpp>
#include <quipu/delivery/relay.hpp>
#include <quipu/delivery/rewind.hpp>
#include <quipu/delivery/runtime.hpp>
#include <quipu/event/policy.hpp>
#include <quipu/http/client.hpp>
#include <quipu/http/message.hpp>
#include <quipu/http/server.hpp>
#include <quipu/log/kafka/kafka_log.hpp>
#include <quipu/log/topic_log.hpp>
#include <quipu/log/topics.hpp>
#include <quipu/store/mongo/mongo_store.hpp>
#include <quipu/store/query.hpp>
#include <quipu/store/sqlite/sqlite_store.hpp>

int main() {
    static_cast<void>(quipu::AppDefinition{.name = "shop"});
    static_cast<void>(quipu::CustomCommand{.name = "import"});
    static_cast<void>(quipu::RunFlag{.name = "dry-run"});
    static_cast<void>(quipu::DecodeOptions{.strict = true});
    static_cast<void>(quipu::PublishOptions{.key = "k"});
    static_cast<void>(quipu::GroupOptions{.serial = true});
    static_cast<void>(quipu::Producer{.service_name = "shop"});
    static_cast<void>(quipu::RelayOptions{.max_in_flight = 1});
    static_cast<void>(quipu::RuntimeOptions{.member = "one"});
    static_cast<void>(quipu::RewindOptions{.dry_run = true});
    static_cast<void>(quipu::RetryPolicy{.max_retries = 1});
    static_cast<void>(quipu::TopicPolicy{.partitions = 1});
    static_cast<void>(quipu::HttpClientOptions{.port = 80});
    static_cast<void>(quipu::HttpRequest{.method = "GET"});
    static_cast<void>(quipu::HttpResponse{.status = 204});
    static_cast<void>(quipu::HttpServerOptions{.port = 80});
    static_cast<void>(quipu::KafkaOptions{.brokers = "localhost:9092"});
    static_cast<void>(quipu::LogConsumerOptions{.group = "greeter"});
    static_cast<void>(quipu::TopicSpec{.event_type = "user_greeted"});
    static_cast<void>(quipu::MongoOptions{.uri = "mongodb://localhost"});
    static_cast<void>(quipu::EventQuery{.aggregate_id = "o-1"});
    static_cast<void>(quipu::SqliteOptions{.path = "events.db"});

    static_cast<void>(integr8s::api::ApiOptions{.slots = 1});
    static_cast<void>(integr8s::cli::SubmitOptions{.file = "a.py"});
    static_cast<void>(integr8s::CoordinatorOptions{.max_running = 1});
    static_cast<void>(integr8s::ServiceOptions{.max_script_bytes = 1});
    static_cast<void>(integr8s::SubmitRequest{.script = "print(1)"});
    static_cast<void>(integr8s::MonitorOptions{.max_attempts = 1});
    static_cast<void>(integr8s::runtime::ResourceLimits{.processes = 1});
    static_cast<void>(integr8s::runtime::PodSpec{.pod_name = "p"});
    static_cast<void>(integr8s::runtime::SandboxOptions{.max_running = 1});
    static_cast<void>(integr8s::SagaOptions{.max_allocations = 1});
    static_cast<void>(integr8s::WorkerOptions{.pod_namespace = "one"});
}
