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
    /// 1 MiB less what the rest of an event needs, in bytes and as JSON (a newline is two there).
    std::size_t max_script_bytes = 1024 * 1024 - 16 * 1024;
    std::int64_t default_timeout_seconds = 300;
    std::int64_t max_timeout_seconds = 300;
    std::int64_t cpu_limit_millicores = 1000;
    std::int64_t cpu_request_millicores = 200;
    std::string memory_request = "128Mi";
    std::chrono::hours idempotency_ttl{24};
};

/// What a user asks for.
struct SubmitRequest {
    std::string script = {};    ///< UTF-8
    std::string language = {};  ///< one that is installed
    std::string version = {};   ///< empty: the installed one
    std::optional<std::int64_t> timeout_seconds = {};
    std::optional<QueuePriority> priority = {};  ///< normal when not set
    std::string user_id = {};
};

struct Submitted {
    ExecutionRow row;
    bool repeated = false;  ///< the key was used before: `row` is that of the first request
};

struct ExecutionResult {
    ResultRow row;
    std::string stdout_bytes;  ///< exactly as written; any bytes
    std::string stderr_bytes;
};

/// What the API does for users. Thread-safe; each function is one unit of work, so a row never
/// stands without its event nor an event without its row. Whether the user may see or change an
/// execution is the caller's to check, by user_id of the row.
class ExecutionService {
  public:
    /// `languages` must outlive this.
    ExecutionService(quipu::Publisher<Events> publisher, const runtime::Languages& languages,
                     ServiceOptions settings = {});

    /// Keeps the request and publishes execution_requested. With a key, the same request again
    /// (within the time that keys are kept) gives the first one's row.
    /// Errors: invalid (the language, the script, a limit, the key), limit (the script is too
    /// large), conflict (the key was used for another request), those of the store.
    [[nodiscard]] quipu::Result<Submitted> submit(const SubmitRequest& request,
                                                  std::string_view idempotency_key = {});

    /// Errors: not_found.
    [[nodiscard]] quipu::Result<ExecutionRow> get(std::string_view execution_id) const;
    [[nodiscard]] quipu::Result<std::string> script(std::string_view execution_id) const;
    /// Errors: not_found, also before the end.
    [[nodiscard]] quipu::Result<ExecutionResult> result(std::string_view execution_id) const;

    /// Ends an execution as cancelled, wherever it stands; its pod is killed soon after. Errors:
    /// not_found, conflict (it has ended, by a cancellation or otherwise).
    [[nodiscard]] quipu::Result<ExecutionRow> cancel(std::string_view execution_id,
                                                     std::string_view cancelled_by);

    /// Moves an execution that waits to another priority, where it keeps its order of arrival.
    /// Errors: not_found, conflict (it does not wait any more).
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

    // Publishing is thread-safe, but no const operation; neither are reads of the store.
    mutable quipu::Publisher<Events> publisher_;
    const runtime::Languages& languages_;
    ServiceOptions settings_;
};

}  // namespace integr8s
