// SPDX-License-Identifier: Apache-2.0
#include "integr8s/domain/execution_service.hpp"

#include <utility>

#include "integr8s/domain/execution_errors.hpp"
#include "integr8s/domain/execution_rows.hpp"
#include "integr8s/domain/output.hpp"

namespace integr8s {

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
        return quipu::fail(ErrorCode::corrupt, std::string(what) + " " + (*document)->key + ": " +
                                                   row.error().summary());
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
        if (row.error().code != ErrorCode::not_found || !get(execution_id)) {
            return std::unexpected(std::move(row.error()));
        }
        return quipu::fail(ErrorCode::not_found, "the execution has not ended yet");
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

}  // namespace integr8s
