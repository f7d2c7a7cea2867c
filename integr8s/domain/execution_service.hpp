// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "integr8s/domain/documents.hpp"
#include "integr8s/events/catalogue.hpp"
#include "integr8s/runtime/languages.hpp"
#include "quipu/delivery/publisher.hpp"

namespace integr8s {

struct ServiceOptions {
    /// 1 MiB less the rest of an event; counted as JSON, where a newline is two bytes.
    std::size_t max_script_bytes = 1024 * 1024 - 16 * 1024;
    std::int64_t default_timeout_seconds = 300;
    std::int64_t max_timeout_seconds = 300;
    std::int64_t cpu_limit_millicores = 1000;
    std::int64_t cpu_request_millicores = 200;
    std::string memory_request = "128Mi";
    std::chrono::hours idempotency_ttl{24};
};

/// A user's request to run a script.
struct SubmitRequest {
    std::string script = {};    ///< UTF-8
    std::string language = {};  ///< must be installed
    std::string version = {};   ///< empty: the installed one
    std::optional<std::int64_t> timeout_seconds = {};
    std::optional<QueuePriority> priority = {};  ///< unset: normal
    std::string user_id = {};
};

struct Submitted {
    ExecutionRow row;
    bool repeated = false;  ///< the key was used before: `row` belongs to the first request
};

struct ExecutionResult {
    ResultRow row;
    std::string stdout_bytes;  ///< exactly as written; may be any bytes
    std::string stderr_bytes;
};

/// The operations of the API. Thread-safe. Each function is one unit of work, so rows and events
/// always agree. The caller must check, by the row's user_id, whether the user may see or change an
/// execution.
class ExecutionService {
  public:
    /// `languages` must outlive this.
    ExecutionService(quipu::Publisher<Events> publisher, const runtime::Languages& languages,
                     ServiceOptions settings = {});

    /// Stores the request and publishes execution_requested. If the same request was made with the
    /// same key before, and the key has not expired, returns the first request's row.
    /// Errors: invalid (the language, the script, a limit, the key), limit (the script is too
    /// large), conflict (the key was used for another request), those of the store.
    [[nodiscard]] quipu::Result<Submitted> submit(const SubmitRequest& request,
                                                  std::string_view idempotency_key = {});

    /// Errors: not_found.
    [[nodiscard]] quipu::Result<ExecutionRow> get(std::string_view execution_id) const;
    [[nodiscard]] quipu::Result<std::string> script(std::string_view execution_id) const;
    /// Errors: not_found, also while the execution has not ended.
    [[nodiscard]] quipu::Result<ExecutionResult> result(std::string_view execution_id) const;

    /// Cancels an execution in any state; its pod is killed soon after. Errors: not_found, conflict
    /// (it has already ended).
    [[nodiscard]] quipu::Result<ExecutionRow> cancel(std::string_view execution_id,
                                                     std::string_view cancelled_by);

    /// Moves a waiting execution to another priority, where it keeps its order of arrival. Errors:
    /// not_found, conflict (it is no longer waiting).
    [[nodiscard]] quipu::Result<ExecutionRow> set_priority(std::string_view execution_id,
                                                           QueuePriority priority);

    /// The events of an execution, oldest first. Errors: those of the store's query.
    [[nodiscard]] quipu::Result<quipu::EventPage> events(std::string_view execution_id,
                                                         std::size_t limit = 100,
                                                         std::string cursor = {}) const;

    [[nodiscard]] const runtime::Languages& languages() const noexcept { return languages_; }
    [[nodiscard]] const ServiceOptions& settings() const noexcept { return settings_; }

  private:
    template <class Row>
    [[nodiscard]] quipu::Result<Row> load(std::string_view key, std::string_view what) const;
    [[nodiscard]] quipu::Result<ExecutionRequested> check(const SubmitRequest& request) const;

    // Publishing and reading the store are thread-safe, but not const.
    mutable quipu::Publisher<Events> publisher_;
    const runtime::Languages& languages_;
    ServiceOptions settings_;
};

}  // namespace integr8s
