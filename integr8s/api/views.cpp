// SPDX-License-Identifier: Apache-2.0
#include "integr8s/api/views.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "quipu/base/base64.hpp"
#include "quipu/base/text.hpp"
#include "quipu/codec/json.hpp"
#include "quipu/event/header.hpp"

namespace integr8s::api {
namespace {

struct AnyObject {
    quipu::Extra fields;
};

bool in_payload(std::string_view name) {
    constexpr std::array elsewhere{std::string_view{"execution_id"}, std::string_view{"script"},
                                   std::string_view{"stdout"}, std::string_view{"stderr"}};
    const auto is_name = [name](const quipu::FieldInfo& field) { return field.name == name; };
    return std::ranges::find(elsewhere, name) == elsewhere.end() &&
           std::ranges::none_of(quipu::header_info().fields, is_name);
}

quipu::Json payload_of(const quipu::Record& record) {
    quipu::DecodeOptions options;
    options.max_bytes = record.body.size() + 1;
    AnyObject kept;
    if (auto whole = quipu::from_json<AnyObject>(record.body, options)) {
        for (auto& [name, json] : whole->fields.fields) {
            if (in_payload(name)) kept.fields.set(name, std::move(json));
        }
    }
    return {quipu::to_json(kept).value_or("{}")};
}

void set_text(std::string& text, std::optional<std::string>& base64, std::string bytes) {
    if (quipu::is_valid_utf8(bytes)) {
        text = std::move(bytes);
        return;
    }
    text = quipu::to_valid_utf8(bytes);
    base64 = quipu::to_base64(bytes);
}

}  // namespace

ResultView result_view(const ResultRow& row, std::string stdout_bytes, std::string stderr_bytes) {
    ResultView view{.execution_id = row.execution_id,
                    .status = row.status,
                    .exit_code = row.exit_code,
                    .error_type = row.error_type,
                    .outcome = row.output.outcome,
                    .reason = row.output.reason,
                    .signal = row.output.signal,
                    .stdout_ = {},
                    .stderr_ = {},
                    .stdout_truncated = row.output.stdout_truncated,
                    .stderr_truncated = row.output.stderr_truncated,
                    .resource_usage = row.resource_usage,
                    .stored_at = row.stored_at};
    set_text(view.stdout_, view.stdout_base64, std::move(stdout_bytes));
    set_text(view.stderr_, view.stderr_base64, std::move(stderr_bytes));
    return view;
}

FrameView frame_view(const quipu::Record& record, const std::string& execution_id) {
    return {.event_type = record.event_type,
            .execution_id = execution_id,
            .timestamp = record.timestamp,
            .event_id = record.event_id,
            .payload = payload_of(record)};
}

}  // namespace integr8s::api
