// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "integr8s/domain/execution_errors.hpp"
#include "integr8s/domain/execution_rows.hpp"
#include "integr8s/domain/execution_service.hpp"
#include "integr8s/domain/output.hpp"
#include "integr8s/domain/publishing.hpp"
#include "integr8s/domain/quantity.hpp"
#include "quipu/base/text.hpp"
#include "quipu/event/id.hpp"

namespace integr8s {
namespace {

using quipu::Error;
using quipu::ErrorCode;
using Unit = quipu::UnitOfWork<Events>;

constexpr std::size_t longest_key = 255;

std::optional<Error> check_key(std::string_view key) {
    if (key.size() <= longest_key && quipu::is_valid_utf8(key)) return std::nullopt;
    return Error{ErrorCode::invalid, "the idempotency key must be UTF-8 text of at most " +
                                         std::to_string(longest_key) + " bytes"};
}

IdempotencyRow key_row(const ExecutionRow& row, const SubmitRequest& request, quipu::Time now) {
    return {.execution_id = row.execution_id,
            .language = request.language,
            .version = request.version,
            .timeout_seconds = request.timeout_seconds,
            .priority = request.priority,
            .created_at = now};
}

bool same_request(const IdempotencyRow& row, const ScriptRow& script,
                  const SubmitRequest& request) {
    return row.language == request.language && row.version == request.version &&
           row.timeout_seconds == request.timeout_seconds && row.priority == request.priority &&
           script.script == request.script;
}

}  // namespace

quipu::Result<ExecutionRequested> ExecutionService::check(const SubmitRequest& request) const {
    const auto language = runtime::find_language(languages_, request.language, request.version);
    if (!language) return quipu::fail(ErrorCode::invalid, language.error().message);
    if (request.script.empty()) return quipu::fail(ErrorCode::invalid, "the script is empty");
    if (!quipu::is_valid_utf8(request.script)) {
        return quipu::fail(ErrorCode::invalid, "the script is not valid UTF-8");
    }
    if (request.script.size() > settings_.max_script_bytes ||
        json_bytes(request.script) > settings_.max_script_bytes) {
        return quipu::fail(ErrorCode::limit, "the script is too large; it may have at most " +
                                                 std::to_string(settings_.max_script_bytes) +
                                                 " bytes, written as JSON");
    }
    const std::int64_t timeout =
        request.timeout_seconds.value_or(settings_.default_timeout_seconds);
    if (timeout < 1 || timeout > settings_.max_timeout_seconds) {
        return quipu::fail(ErrorCode::invalid, "timeout_seconds must be 1 to " +
                                                   std::to_string(settings_.max_timeout_seconds));
    }
    if (request.user_id.size() > longest_id || !quipu::is_valid_utf8(request.user_id)) {
        return quipu::fail(ErrorCode::invalid, "the user id must be UTF-8 text of at most " +
                                                   std::to_string(longest_id) + " bytes");
    }
    const auto memory = static_cast<std::int64_t>(language->limits.memory_bytes);
    return ExecutionRequested{.execution_id = quipu::new_id(),
                              .script = request.script,
                              .language = language->name,
                              .language_version = language->version,
                              .runtime_image = language->image,
                              .runtime_command = language->command,
                              .runtime_filename = language->filename,
                              .timeout_seconds = timeout,
                              .cpu_limit = cpu_text(settings_.cpu_limit_millicores),
                              .memory_limit = memory_text(memory),
                              .cpu_request = cpu_text(settings_.cpu_request_millicores),
                              .memory_request = settings_.memory_request,
                              .priority = request.priority.value_or(QueuePriority::normal)};
}

quipu::Result<Submitted> ExecutionService::submit(const SubmitRequest& request,
                                                  std::string_view idempotency_key) {
    if (auto bad = check_key(idempotency_key)) return std::unexpected(std::move(*bad));
    auto requested = check(request);
    if (!requested) return std::unexpected(std::move(requested.error()));
    const std::string key = request.user_id + "/" + std::string(idempotency_key);
    Submitted answer;
    bool conflict = false;
    const auto work = [&](Unit& unit) {
        quipu::Documents& documents = unit.documents;
        conflict = false;
        answer = {};
        if (!idempotency_key.empty()) {
            const auto used = documents.get<IdempotencyRow>(key);
            if (used && documents.now() - used->created_at < settings_.idempotency_ttl) {
                const auto row = documents.get<ExecutionRow>(used->execution_id);
                const auto script = documents.get<ScriptRow>(used->execution_id);
                conflict = !row || !script || !same_request(*used, *script, request);
                if (!conflict) answer = {*row, true};
                return;
            }
        }
        answer.row = new_row(*requested, request.user_id, documents.now());
        documents.put(requested->execution_id, answer.row);
        documents.put(requested->execution_id, ScriptRow{.script = request.script});
        if (!idempotency_key.empty()) {
            documents.put(key, key_row(answer.row, request, documents.now()));
        }
        unit.publish(*requested, about(requested->execution_id, request.user_id));
    };
    if (auto done = publisher_.transact(work); !done) {
        return std::unexpected(std::move(done.error()));
    }
    if (conflict) {
        return quipu::fail(ErrorCode::conflict,
                           "the idempotency key was used for a different request; use a new one");
    }
    return answer;
}

}  // namespace integr8s
