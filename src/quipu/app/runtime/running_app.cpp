// SPDX-License-Identifier: Apache-2.0
#include "quipu/app/runtime/running_app.hpp"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "quipu/app/engines/store_access.hpp"
#include "quipu/app/engines/topic_plan.hpp"
#include "quipu/app/runtime/app_routes.hpp"
#include "quipu/app/runtime/http_address.hpp"
#include "quipu/app/runtime/not_published.hpp"
#include "quipu/delivery/publisher.hpp"

namespace quipu {

namespace {

/// How long start_groups() waits for topics that may have been created just before.
constexpr std::chrono::seconds topics_known_within{3};

LogLevel level_of(DeliveryNotice::Level level) noexcept {
    switch (level) {
        case DeliveryNotice::Level::debug: return LogLevel::debug;
        case DeliveryNotice::Level::info: return LogLevel::info;
        case DeliveryNotice::Level::warning: return LogLevel::warning;
        case DeliveryNotice::Level::error: return LogLevel::error;
    }
    return LogLevel::error;
}

std::chrono::milliseconds left_until(std::chrono::steady_clock::time_point end) {
    return std::max(std::chrono::milliseconds{0},
                    std::chrono::duration_cast<std::chrono::milliseconds>(
                        end - std::chrono::steady_clock::now()));
}

}  // namespace

RunningApp::RunningApp(const AppDefinition& definition, const RunOptions& options, Logger& logger)
    : definition_(definition), options_(options), logger_(logger) {
    const EngineOptions& engines = options.engines;
    if (engines.one_writer()) control_socket_.emplace(engines.store.file);
}

RunningApp::~RunningApp() = default;

EngineNotice RunningApp::notice() {
    // While a server is unreachable, its clients repeat themselves. Only changes are logged.
    return [this](std::string_view level, std::string_view text) {
        {
            const MutexLock lock(status_mutex_);
            if (text == last_notice_) return;
            last_notice_ = text;
        }
        log(level, text);
    };
}

Result<void> RunningApp::open_store() {
    const auto durability = options_.crash_only ? SqliteOptions::Durability::process_crash_only
                                                : SqliteOptions::Durability::full;
    if (auto made = make_http(); !made) return made;
    auto store = open_to_write(definition_, options_.engines,
                               {.durability = durability, .notice = notice()});
    if (!store) return std::unexpected(std::move(store.error()));
    store_ = std::move(*store);
    return {};
}

Result<void> RunningApp::open() {
    if (auto made = make_log(); !made) return made;
    publisher_ = std::make_unique<RawPublisher>(*store_, *definition_.types, definition_.producer);
    publisher_->set_log_wait([this](std::int64_t position, std::chrono::milliseconds timeout) {
        return wait_published(position, timeout);
    });
    appended_ = std::make_unique<AppendCounter>(*store_, *definition_.types);
    make_runtime();
    if (control_socket_) make_control();
    for (Service* service : definition_.services) {
        if (auto prepared = service->prepare(*this); !prepared) return prepared;
    }
    return {};
}

Result<void> RunningApp::make_log() {
    const EngineOptions& engines = options_.engines;
    if (!engines.has_log()) return {};
    auto log = open_log(engines, definition_.name, notice());
    if (!log) return std::unexpected(std::move(log.error()));
    topic_log_ = std::move(*log);
    RelayOptions options;
    options.notice = notice();
    relay_ = std::make_unique<Relay>(*store_, *topic_log_, std::move(options));
    return {};
}

void RunningApp::make_runtime() {
    RuntimeOptions options;
    options.producer = definition_.producer;
    options.log = topic_log_.get();
    options.member = options_.engines.member;
    options.debug = logger_.writes(LogLevel::debug);
    options.notice = [this](const DeliveryNotice& notice) {
        logger_.write(level_of(notice.level), notice.text,
                      {{"group", notice.group},
                       {"event_type", notice.event_type},
                       {"event_id", notice.event_id}});
    };
    runtime_ = std::make_unique<DeliveryRuntime>(*store_, *definition_.types, definition_.groups,
                                                 std::move(options));
}

Result<void> RunningApp::make_http() {
    if (options_.http.empty()) return {};
    auto options = http_options(options_);
    if (!options) return std::unexpected(std::move(options.error()));
    options->on_error = [this](std::string_view text) { logger_.write(LogLevel::error, text); };
    http_host_ = options->address.contains(':') ? "[" + options->address + "]" : options->address;
    http_ = std::make_unique<HttpServer>(std::move(*options));
    add_status_routes(*http_, *this);
    return {};
}

void RunningApp::make_control() {
    HttpServerOptions options;
    options.address.clear();
    options.unix_socket_path = control_socket_->path();
    options.body_bytes_max = 8 << 20;
    options.on_error = [this](std::string_view text) { logger_.write(LogLevel::error, text); };
    control_ = std::make_unique<HttpServer>(std::move(options));
    add_control_routes(*control_, *this);
}

Result<void> RunningApp::start() {
    for (Service* service : definition_.services) {
        if (auto started = service->start(*this); !started) return started;
        ++services_started_;
    }
    // Before the groups, so that a port in use is detected before any event is handled.
    if (http_ != nullptr) {
        if (auto started = http_->start(); !started) {
            return fail(started.error().code,
                        "--http " + options_.http + ": " + started.error().message);
        }
    }
    return control_ != nullptr ? control_->start() : Result<void>{};
}

Result<void> RunningApp::check_topics() {
    const EngineOptions& engines = options_.engines;
    const auto named = [&](const Error& error) {
        return fail(error.code, "log " + engines.log.shown() + ": " + error.message);
    };
    auto changes = settled_topic_changes(
        *topic_log_, *definition_.types, engines.replication,
        engines.create_topics ? std::chrono::milliseconds{0} : topics_known_within);
    if (!changes) return named(changes.error());
    if (engines.create_topics && !changes->empty()) {
        for (const TopicChange& change : *changes) {
            logger_.write(LogLevel::info,
                          "topic " + change.spec.event_type + ": " + describe(change));
        }
        std::erase_if(*changes, [](const TopicChange& change) {
            return change.kind == TopicChange::Kind::differs;
        });
        const auto results = topic_log_->apply(*changes);
        if (!results) return named(results.error());
        for (const TopicResult& result : *results) {
            // Programs that start together create the same topics; all but the first get a
            // conflict.
            if (result.error && result.error->code != ErrorCode::conflict) {
                return named(*result.error);
            }
        }
        return {};
    }
    const std::string missing = missing_topics(*changes);
    if (missing.empty()) return {};
    return fail(ErrorCode::not_found, "log " + engines.log.shown() + " lacks the topics " +
                                          missing + "; run '" + definition_.name +
                                          " topics apply', or start with --create-topics");
}

Result<void> RunningApp::start_groups() {
    if (topic_log_ != nullptr) {
        if (auto checked = check_topics(); !checked) return checked;
        if (options_.engines.relay && !std::exchange(relay_started_, true)) {
            if (auto started = relay_->start(); !started) {
                relay_started_ = false;
                return started;
            }
        }
    }
    if (auto started = runtime_->start(); !started) return started;
    purge_ = std::make_unique<PurgeJob>(
        *store_, [this](std::size_t removed, const std::string& problem) {
            if (removed > 0)
                logger_.write(LogLevel::info, "purged expired events: " + std::to_string(removed));
            if (!problem.empty()) logger_.write(LogLevel::warning, "cannot purge: " + problem);
        });
    waits_for({});
    started_ = true;
    return {};
}

void RunningApp::waits_for(std::string reason) {
    const MutexLock lock(status_mutex_);
    waits_for_ = std::move(reason);
}

bool RunningApp::stop(std::chrono::milliseconds deadline) {
    const auto end = std::chrono::steady_clock::now() + deadline;
    stopping_ = true;
    if (control_ != nullptr) control_->stop();
    if (http_ != nullptr) http_->stop();
    purge_.reset();
    if (runtime_ != nullptr && !runtime_->stop(left_until(end))) return false;
    // After the groups, so that the relay can still publish their last events.
    if (relay_ != nullptr) relay_->stop(left_until(end));
    while (services_started_ > 0) definition_.services[--services_started_]->stop();
    return true;
}

void RunningApp::log(std::string_view level, std::string_view text) {
    logger_.write(log_level_from(level), text);
}

Result<void> RunningApp::wait_published(std::int64_t position, std::chrono::milliseconds timeout) {
    if (relay_ == nullptr || relay_->wait_published(position, timeout)) return {};
    return not_published(position, relay_->status(),
                         "the relay publishes it when the log accepts it");
}

bool RunningApp::drain(std::chrono::milliseconds timeout) {
    const auto end = std::chrono::steady_clock::now() + timeout;
    const std::int64_t last = store_->last_position();
    const bool publishes = relay_ != nullptr && options_.engines.relay;
    if (publishes && !relay_->wait_published(last, left_until(end))) return false;
    return runtime_->drain(left_until(end)) && (!publishes || store_->last_position() == last);
}

std::string RunningApp::http_address() const {
    if (http_ == nullptr || http_->port() == 0) return {};
    return http_host_ + ":" + std::to_string(http_->port());
}

std::optional<RelayStatus> RunningApp::relay_status() const {
    if (relay_ == nullptr || !options_.engines.relay) return std::nullopt;
    return relay_->status();
}

Readiness RunningApp::readiness() {
    ReadinessFacts facts{.started = started_,
                         .stopping = stopping_,
                         .waits_for = {},
                         .store = store_->health(),
                         .log = {},
                         .relay = relay_status(),
                         .relay_still = {},
                         .groups = runtime_->status(),
                         .service_problems = {},
                         .stuck_after = options_.stuck_after,
                         .strict = options_.strict_ready,
                         .now = now()};
    {
        const MutexLock lock(status_mutex_);
        facts.waits_for = waits_for_;
    }
    if (topic_log_ != nullptr) facts.log = topic_log_->health();
    if (facts.relay) {
        facts.relay_still = relay_watch_.still(*facts.relay, std::chrono::steady_clock::now());
    }
    for (Service* service : definition_.services) {
        if (std::string problem = service->problem(); !problem.empty()) {
            facts.service_problems.push_back(std::move(problem));
        }
    }
    return assess(facts);
}

std::string RunningApp::metrics() {
    MetricsFacts facts{.program = definition_.name,
                       .version = definition_.version,
                       .ready = readiness().ready,
                       .store = store_->health(),
                       .log = {},
                       .relay = relay_status(),
                       .groups = runtime_->status(),
                       .appended = appended_->counts(),
                       .open_dead_letters = {},
                       .http = {}};
    if (topic_log_ != nullptr) facts.log = topic_log_->health();
    for (const GroupStatus& group : facts.groups) {
        facts.open_dead_letters[group.group] = count_open_dead_letters(*store_, group.group);
    }
    if (facts.relay) {
        const std::string relay{relay_group};
        facts.open_dead_letters[relay] = count_open_dead_letters(*store_, relay);
    }
    if (http_ != nullptr) facts.http = http_->stats();
    std::string text = metrics_text(facts);
    for (Service* service : definition_.services) service->metrics(text);
    return text;
}

ProgramStatus RunningApp::status() {
    Readiness ready = readiness();
    ProgramStatus status{.program = definition_.name,
                         .version = definition_.version,
                         .pid = ::getpid(),
                         .started_at = started_at_,
                         .durability = {},
                         .http = http_address(),
                         .ready = ready.ready,
                         .not_ready_because = std::move(ready.because),
                         .groups = {}};
    if (auto health = store_->health()) status.durability = std::move(health->durability);
    for (const GroupStatus& group : runtime_->status()) status.groups.push_back(live_of(group));
    return status;
}

}  // namespace quipu
