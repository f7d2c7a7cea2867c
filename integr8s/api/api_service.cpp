// SPDX-License-Identifier: Apache-2.0
#include "integr8s/api/api_service.hpp"

#include <string_view>
#include <utility>

#include "integr8s/api/queue_view.hpp"
#include "integr8s/program/metric_text.hpp"

namespace integr8s::api {
namespace {

std::shared_ptr<const StreamSource> make_source(quipu::Store& store, ExecutionFeed& feed,
                                                const ExecutionService& service) {
    return std::make_shared<StreamSource>(StreamSource{
        .store = store,
        .feed = feed,
        .execution = [&service](const std::string& id) { return service.get(id); },
        .result = [&service](const std::string& id) { return find_result(service, id); }});
}

}  // namespace

ApiService::ApiService(const runtime::Languages& languages, ApiOptions options)
    : languages_(languages), options_(std::move(options)) {}

quipu::Result<void> ApiService::prepare(quipu::Running& running) {
    quipu::HttpServer* const server = running.http();
    if (server == nullptr) return {};
    quipu::RawPublisher& publisher = running.publisher();
    service_.emplace(quipu::Publisher<Events>(publisher), languages_, options_.service);
    feed_ = std::make_unique<ExecutionFeed>(running.store(), publisher.types());
    context_.emplace(*service_, running.store(), publisher.types(), *feed_, options_.slots,
                     make_source(running.store(), *feed_, *service_));
    add_execution_routes(*server, *context_);
    add_event_routes(*server, *context_);
    add_system_routes(*server, *context_);
    feed_->start();
    return {};
}

void ApiService::stop() {
    if (feed_) feed_->stop();
}

void ApiService::metrics(std::string& out) {
    if (!context_) return;
    program::append_gauge(out, "integr8s_event_streams", "Open event streams of executions.",
                          {{"", static_cast<double>(feed_->subscribers())}});
    const auto queue = read_queue(context_->store, context_->slots);
    if (!queue) return;
    program::append_gauge(out, "integr8s_executions_waiting", "Executions that wait for a slot.",
                          {{"", static_cast<double>(queue->waiting)}});
    program::append_gauge(out, "integr8s_executions_active", "Executions that have a slot.",
                          {{"", static_cast<double>(queue->active)}});
    program::append_gauge(out, "integr8s_executions_limit", "Slots.",
                          {{"", static_cast<double>(queue->limit)}});
}

}  // namespace integr8s::api
