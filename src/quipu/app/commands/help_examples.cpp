// SPDX-License-Identifier: Apache-2.0
#include "quipu/app/commands/help_examples.hpp"

#include <utility>

#include "quipu/codec/json.hpp"

namespace quipu {

namespace {

constexpr int max_depth = 8;

void append_value(std::string& out, const TypeInfo& type, const EventTypes& types, int depth);

void append_struct(std::string& out, const StructInfo& info, const EventTypes& types, int depth) {
    out += '{';
    bool first = true;
    for (const FieldInfo& field : info.fields) {
        if (!must_be_present(field.presence) || field.type == nullptr || depth == 0) continue;
        if (!std::exchange(first, false)) out += ',';
        append_json_string(out, field.name);
        out += ':';
        append_value(out, *field.type, types, depth - 1);
    }
    out += '}';
}

void append_value(std::string& out, const TypeInfo& type, const EventTypes& types, int depth) {
    switch (type.kind) {
        case Kind::boolean: out += "true"; return;
        case Kind::integer: out += '1'; return;
        case Kind::number: out += "1.5"; return;
        case Kind::text: out += R"("abc")"; return;
        case Kind::time: out += R"("2026-01-02T03:04:05Z")"; return;
        case Kind::enumeration: append_json_string(out, type.enumeration->values.front()); return;
        case Kind::event_type: append_json_string(out, types.all().front().event_type); return;
        case Kind::structure: append_struct(out, type.structure(), types, depth); return;
        case Kind::list: out += "[]"; return;
        case Kind::map: out += "{}"; return;
        case Kind::json: out += "null"; return;
    }
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
    for (std::size_t at = text.find(from); at != std::string::npos;
         at = text.find(from, at + to.size())) {
        text.replace(at, from.size(), to);
    }
}

}  // namespace

std::string example_json(const StructInfo& payload, const EventTypes& types) {
    std::string out;
    append_struct(out, payload, types, max_depth);
    return out;
}

HelpExamples::HelpExamples(std::string_view program, const EventTypes& types) : program_(program) {
    // The event with the shortest example makes the most readable help.
    for (const EventInfo& info : types.all()) {
        std::string json = example_json(*info.payload, types);
        if (type_.empty() || json.size() < json_.size()) {
            type_ = info.event_type;
            json_ = std::move(json);
        }
    }
}

std::string HelpExamples::filled(std::string_view text) const {
    std::string result = "Examples:\n" + std::string(text);
    replace_all(result, "$P", program_);
    replace_all(result, "$T", type_);
    replace_all(result, "$J", json_);
    return result;
}

}  // namespace quipu
