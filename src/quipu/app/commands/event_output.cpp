// SPDX-License-Identifier: Apache-2.0
#include "quipu/app/commands/event_output.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "quipu/base/base64.hpp"
#include "quipu/base/text.hpp"

namespace quipu {

// Reflection needs types with external linkage, so these are not in the unnamed namespace.
namespace views {

struct JsonView {
    Json json;
};

}  // namespace views

bool is_json(const std::string& text) {
    return to_json(views::JsonView{.json = {text}}).has_value();
}

EventView view_of(const Record& record) {
    EventView view{.position = record.position,
                   .event_id = to_valid_utf8(record.event_id),
                   .event_type = to_valid_utf8(record.event_type),
                   .key = to_valid_utf8(record.key),
                   .aggregate_id = {},
                   .sequence = record.sequence,
                   .timestamp = record.timestamp,
                   .stored_at = record.stored_at,
                   .expires_at = record.expires_at,
                   .headers = {},
                   .event = {}};
    // A record that was ingested from a topic log may contain anything.
    if (is_json(record.body)) {
        view.event.text = compact_json(record.body);
    } else {
        view.body_base64.emplace(to_base64(record.body));
    }
    if (!is_valid_utf8(record.key)) view.key_base64.emplace(to_base64(record.key));
    if (!record.aggregate_id.empty()) view.aggregate_id = to_valid_utf8(record.aggregate_id);
    for (const auto& [name, value] : record.headers) {
        HeaderView& header = view.headers.emplace_back(to_valid_utf8(name));
        if (value.data() == nullptr) continue;
        header.value = to_valid_utf8(value);
        if (!is_valid_utf8(value)) header.value_base64.emplace(to_base64(value));
    }
    return view;
}

EventPrinter::EventPrinter(const Invocation& invocation, bool body)
    : invocation_(invocation), body_(body) {
    for (const EventInfo& info : invocation.definition.types->all()) {
        type_width_ = std::max(type_width_, info.event_type.size());
    }
}

void EventPrinter::print(const Record& record) const {
    if (invocation_.json) {
        invocation_.print_json(view_of(record));
        return;
    }
    const std::string& about = record.aggregate_id.empty() ? record.key : record.aggregate_id;
    invocation_.out << fmt::format("{}  {:>6}  {:<{}}  {}{}\n", format_time(record.timestamp),
                                   record.position, printable(record.event_type), type_width_,
                                   printable(record.event_id),
                                   about == record.event_id ? "" : "  " + printable(about));
    if (body_) invocation_.out << "    " << printable(compact_json(record.body)) << '\n';
}

}  // namespace quipu
