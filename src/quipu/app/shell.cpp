#include "quipu/app/shell.hpp"

#include <unistd.h>

#include <charconv>
#include <utility>

#include "quipu/app/shell_routes.hpp"
#include "quipu/app/store_access.hpp"
#include "quipu/delivery/publisher.hpp"

namespace quipu {

namespace {

LogLevel level_of(DeliveryNotice::Level level) noexcept {
    switch (level) {
        case DeliveryNotice::Level::info: return LogLevel::info;
        case DeliveryNotice::Level::warning: return LogLevel::warning;
        case DeliveryNotice::Level::error: return LogLevel::error;
    }
    return LogLevel::error;
}

}  // namespace

Result<std::pair<std::string, std::uint16_t>> parse_http_address(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    const bool has_host = colon != std::string_view::npos && !text.ends_with(']');
    std::string_view host = has_host ? text.substr(0, colon) : std::string_view{};
    const std::string_view digits = has_host ? text.substr(colon + 1) : text;
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    std::uint16_t port = 0;
    const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (problem != std::errc{} || end != digits.data() + digits.size()) {
        return fail(ErrorCode::invalid, "--http '" + std::string(text) +
                                            "' is no address; write ADDR:PORT, such as "
                                            "127.0.0.1:8080 or [::1]:8080");
    }
    return std::pair{host.empty() ? std::string("127.0.0.1") : std::string(host), port};
}

Shell::Shell(const AppDefinition& definition, const Arguments& arguments, Log& log)
    : definition_(definition),
      arguments_(arguments),
      log_(log),
      control_socket_(arguments.common.file) {}

Shell::~Shell() = default;

Result<void> Shell::open() {
    const auto durability = arguments_.run.crash_only
                                ? SqliteOptions::Durability::process_crash_only
                                : SqliteOptions::Durability::full;
    if (auto made = make_http(); !made) return made;
    auto store = open_to_write(arguments_.common.file, durability);
    if (!store) return std::unexpected(std::move(store.error()));
    store_ = std::move(*store);
    publisher_ = std::make_unique<RawPublisher>(*store_, *definition_.types, definition_.producer);
    appended_ = std::make_unique<AppendCounter>(*store_, *definition_.types);
    make_runtime();
    make_control();
    for (Service* service : definition_.services) {
        if (auto prepared = service->prepare(*this); !prepared) return prepared;
    }
    return {};
}

void Shell::make_runtime() {
    RuntimeOptions options;
    options.producer = definition_.producer;
    options.notice = [this](const DeliveryNotice& notice) {
        log_.write(level_of(notice.level), notice.text,
                   {{"group", notice.group},
                    {"event_type", notice.event_type},
                    {"event_id", notice.event_id}});
    };
    runtime_ = std::make_unique<DeliveryRuntime>(*store_, *definition_.types, definition_.groups,
                                                 std::move(options));
}

Result<void> Shell::make_http() {
    if (arguments_.common.http.empty()) return {};
    auto address = parse_http_address(arguments_.common.http);
    if (!address) return std::unexpected(std::move(address.error()));
    HttpServerOptions options;
    options.address = address->first;
    options.port = address->second;
    options.allow_remote = arguments_.run.allow_remote;
    options.allowed_hosts = arguments_.run.allowed_hosts;
    options.on_error = [this](std::string_view text) { log_.write(LogLevel::error, text); };
    http_host_ = address->first.contains(':') ? "[" + address->first + "]" : address->first;
    http_ = std::make_unique<HttpServer>(std::move(options));
    add_status_routes(*http_, *this);
    return {};
}

void Shell::make_control() {
    HttpServerOptions options;
    options.address.clear();
    options.unix_socket_path = control_socket_.path();
    options.body_bytes_max = 8 << 20;
    options.on_error = [this](std::string_view text) { log_.write(LogLevel::error, text); };
    control_ = std::make_unique<HttpServer>(std::move(options));
    add_control_routes(*control_, *this);
}

Result<void> Shell::start() {
    for (Service* service : definition_.services) {
        if (auto started = service->start(*this); !started) return started;
        ++services_started_;
    }
    // Before the groups: a port in use is found before anything was handled.
    if (http_ != nullptr) {
        if (auto started = http_->start(); !started) {
            return fail(started.error().code,
                        "--http " + arguments_.common.http + ": " + started.error().message);
        }
    }
    if (auto started = runtime_->start(); !started) return started;
    if (auto started = control_->start(); !started) return started;
    purge_ = std::make_unique<PurgeJob>(
        *store_, [this](std::size_t removed, const std::string& problem) {
            if (removed > 0)
                log_.write(LogLevel::info, "purged expired events: " + std::to_string(removed));
            if (!problem.empty()) log_.write(LogLevel::warning, "cannot purge: " + problem);
        });
    started_ = true;
    return {};
}

bool Shell::stop(std::chrono::milliseconds deadline) {
    const auto end = std::chrono::steady_clock::now() + deadline;
    stopping_ = true;
    if (control_ != nullptr) control_->stop();
    if (http_ != nullptr) http_->stop();
    purge_.reset();
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        end - std::chrono::steady_clock::now());
    if (runtime_ != nullptr && !runtime_->stop(std::max(left, std::chrono::milliseconds{0}))) {
        return false;
    }
    while (services_started_ > 0) definition_.services[--services_started_]->stop();
    return true;
}

void Shell::log(std::string_view level, std::string_view text) {
    log_.write(log_level_from(level), text);
}

Readiness Shell::readiness() {
    ReadinessFacts facts{.started = started_,
                         .stopping = stopping_,
                         .store = store_->health(),
                         .groups = runtime_->status(),
                         .service_problems = {},
                         .stuck_after = arguments_.run.stuck_after};
    for (Service* service : definition_.services) {
        if (std::string problem = service->problem(); !problem.empty()) {
            facts.service_problems.push_back(std::move(problem));
        }
    }
    return assess(facts);
}

std::string Shell::metrics() {
    MetricsFacts facts{.program = definition_.name,
                       .version = definition_.version,
                       .ready = readiness().ready,
                       .store = store_->health(),
                       .groups = runtime_->status(),
                       .appended = appended_->counts(),
                       .open_dead_letters = {},
                       .http = {}};
    for (const GroupStatus& group : facts.groups) {
        facts.open_dead_letters[group.group] = count_open_dead_letters(*store_, group.group);
    }
    if (http_ != nullptr) facts.http = http_->stats();
    std::string text = metrics_text(facts);
    for (Service* service : definition_.services) service->metrics(text);
    return text;
}

ProgramStatus Shell::status() {
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

std::string Shell::http_address() const {
    if (http_ == nullptr || http_->port() == 0) return {};
    return http_host_ + ":" + std::to_string(http_->port());
}

}  // namespace quipu
