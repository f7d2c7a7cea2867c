// SPDX-License-Identifier: Apache-2.0
#include "integr8s/domain/execution_service.hpp"

#include <functional>
#include <optional>
#include <utility>

#include "integr8s/coordinator/queue.hpp"
#include "integr8s/domain/execution_end.hpp"
#include "integr8s/domain/execution_errors.hpp"
#include "integr8s/domain/execution_rows.hpp"
#include "integr8s/domain/output.hpp"
#include "integr8s/domain/publishing.hpp"
#include "integr8s/domain/quantity.hpp"
#include "quipu/base/text.hpp"
#include "quipu/event/id.hpp"

namespace integr8s {
namespace {

using quipu::Error;
using Unit = quipu::UnitOfWork<Events>;

/// Changes a row in the transaction. An error means that nothing must be changed.
using Change = std::function<std::optional<Error>(Unit&, ExecutionRow&)>;

quipu::Result<ExecutionRow> change_row(quipu::Publisher<Events>& publisher,
                                       std::string_view execution_id, const Change& change) {
    std::optional<Error> refused;
    ExecutionRow answer{};
    const auto work = [&](Unit& unit) {
        auto row = unit.documents.get<ExecutionRow>(execution_id);
        refused = row ? change(unit, *row) : not_there(execution_id);
        if (refused) return;
        row->updated_at = unit.documents.now();
        unit.documents.put(execution_id, *row);
        answer = std::move(*row);
    };
    if (auto done = publisher.transact(work); !done) {
        return std::unexpected(std::move(done.error()));
    }
    if (refused) return std::unexpected(std::move(*refused));
    return answer;
}

constexpr std::size_t longest_key = 255;

std::optional<Error> check_key(std::string_view key) {
    if (key.size() <= longest_key && quipu::is_valid_utf8(key)) return std::nullopt;
    return Error{quipu::ErrorCode::invalid, "the idempotency key must be UTF-8 text of at most " +
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

using quipu::ErrorCode;

ExecutionService::ExecutionService(quipu::Publisher<Events> publisher,
                                   const runtime::Languages& languages, ServiceOptions settings)
    : publisher_(publisher), languages_(languages), settings_(std::move(settings)) {}

template <class Row>
quipu::Result<Row> ExecutionService::load(std::string_view key, std::string_view what) const {
    auto document = publisher_.store().document(Row::collection, key);
    if (!document) return std::unexpected(std::move(document.error()));
    if (!*document) return std::unexpected(not_there(key));
    auto row = quipu::from_json<Row>((*document)->body);
    if (!row) {
        return quipu::fail(quipu::ErrorCode::corrupt, std::string(what) + " " + (*document)->key +
                                                          ": " + row.error().summary());
    }
    return std::move(*row);
}

quipu::Result<ExecutionRow> ExecutionService::get(std::string_view execution_id) const {
    return load<ExecutionRow>(execution_id, "execution");
}

quipu::Result<std::string> ExecutionService::script(std::string_view execution_id) const {
    auto row = load<ScriptRow>(execution_id, "script");
    if (!row) return std::unexpected(std::move(row.error()));
    return std::move(row->script);
}

quipu::Result<ExecutionResult> ExecutionService::result(std::string_view execution_id) const {
    auto row = load<ResultRow>(execution_id, "result");
    if (!row) {
        if (row.error().code != quipu::ErrorCode::not_found || !get(execution_id)) {
            return std::unexpected(std::move(row.error()));
        }
        return quipu::fail(quipu::ErrorCode::not_found, "the execution has not ended yet");
    }
    ExecutionResult result{std::move(*row), {}, {}};
    auto out = load_output(publisher_.store(), execution_id, Stream::out);
    if (!out) return std::unexpected(std::move(out.error()));
    auto err = load_output(publisher_.store(), execution_id, Stream::err);
    if (!err) return std::unexpected(std::move(err.error()));
    result.stdout_bytes = std::move(*out);
    result.stderr_bytes = std::move(*err);
    return result;
}

quipu::Result<quipu::EventPage> ExecutionService::events(std::string_view execution_id,
                                                         std::size_t limit,
                                                         std::string cursor) const {
    quipu::EventQuery query;
    query.where = {quipu::where_text("execution_id", execution_id)};
    query.limit = limit;
    query.cursor = std::move(cursor);
    return publisher_.store().query(query);
}

quipu::Result<ExecutionRow> ExecutionService::cancel(std::string_view execution_id,
                                                     std::string_view cancelled_by) {
    return change_row(publisher_, execution_id, [&](Unit& unit, ExecutionRow& row) {
        std::optional<Error> refused;
        const bool ended = is_end(row.status);
        if (ended || !claim_end(unit.documents, execution_id, ExecutionStatus::cancelled)) {
            refused = {quipu::ErrorCode::conflict,
                       "the execution has already ended" +
                           (ended ? ": " + std::string(to_string(row.status)) : "")};
            return refused;
        }
        const bool was_running = row.status == ExecutionStatus::running;
        row.status = ExecutionStatus::cancelled;
        row.cancelled_by = std::string(cancelled_by);
        row.ended_at = unit.documents.now();
        unit.publish(ExecutionCancelled{.execution_id = row.execution_id,
                                        .cancelled_by = std::string(cancelled_by),
                                        .force_terminated = was_running},
                     about(execution_id, row.user_id));
        return refused;
    });
}

quipu::Result<ExecutionRow> ExecutionService::set_priority(std::string_view execution_id,
                                                           QueuePriority priority) {
    return change_row(publisher_, execution_id, [&](Unit& unit, ExecutionRow& row) {
        std::optional<Error> refused;
        auto admission = unit.documents.get<AdmissionRow>(execution_id);
        if (!admission || admission->state != AdmissionState::waiting) {
            refused = {quipu::ErrorCode::conflict, "the execution is not waiting in the queue"};
            return refused;
        }
        admission->priority = priority;
        admission->queue_key = ExecutionQueue(unit.documents).move(admission->queue_key, priority);
        unit.documents.put(execution_id, *admission);
        row.priority = priority;
        return refused;
    });
}

quipu::Result<ExecutionRequested> ExecutionService::check(const SubmitRequest& request) const {
    const auto language = runtime::find_language(languages_, request.language, request.version);
    if (!language) return quipu::fail(quipu::ErrorCode::invalid, language.error().message);
    if (request.script.empty())
        return quipu::fail(quipu::ErrorCode::invalid, "the script is empty");
    if (!quipu::is_valid_utf8(request.script)) {
        return quipu::fail(quipu::ErrorCode::invalid, "the script is not valid UTF-8");
    }
    if (request.script.size() > settings_.max_script_bytes ||
        json_bytes(request.script) > settings_.max_script_bytes) {
        return quipu::fail(quipu::ErrorCode::limit,
                           "the script is too large; it may have at most " +
                               std::to_string(settings_.max_script_bytes) +
                               " bytes, written as JSON");
    }
    const std::int64_t timeout =
        request.timeout_seconds.value_or(settings_.default_timeout_seconds);
    if (timeout < 1 || timeout > settings_.max_timeout_seconds) {
        return quipu::fail(
            quipu::ErrorCode::invalid,
            "timeout_seconds must be 1 to " + std::to_string(settings_.max_timeout_seconds));
    }
    if (request.user_id.size() > longest_id || !quipu::is_valid_utf8(request.user_id)) {
        return quipu::fail(quipu::ErrorCode::invalid, "the user id must be UTF-8 text of at most " +
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
        return quipu::fail(quipu::ErrorCode::conflict,
                           "the idempotency key was used for a different request; use a new one");
    }
    return answer;
}

}  // namespace integr8s
