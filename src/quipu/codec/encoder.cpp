// SPDX-License-Identifier: Apache-2.0
#include "quipu/codec/encoder.hpp"

#include <algorithm>

#include "quipu/codec/integer_field.hpp"
#include "quipu/codec/json_reader.hpp"
#include "quipu/codec/number_text.hpp"
#include "quipu/event/time_text.hpp"

namespace quipu::codec {

namespace {

// A struct that contains itself is written recursively; this bounds the use of the stack.
constexpr std::size_t deepest = 500;

bool declares(const StructInfo& info, std::string_view name) {
    return std::any_of(info.fields.begin(), info.fields.end(),
                       [&](const FieldInfo& field) { return field.name == name; });
}

}  // namespace

bool Encoder::fail(std::string_view what) {
    error_ = what;
    return false;
}

// The recursion is bounded by `deepest`.
// NOLINTBEGIN(misc-no-recursion)

bool Encoder::fields(const StructInfo& info, const void* object) {
    for (const FieldInfo& field : info.fields) {
        if (field.type == nullptr) {
            out_.key(field.key);
            out_.quoted(event_type);
            continue;
        }
        const TypeInfo& type = *field.type;
        const void* at = field.in(object);
        if (type.optional != nullptr) {
            at = type.optional->get(at);
            if (at == nullptr && field.presence == Presence::omittable) continue;
        }
        out_.key(field.key);
        if (at == nullptr) {
            out_.text("null");
        } else if (!value(type, at)) {
            error_.insert(0, std::string(field.name) + (error_.starts_with(':') ? "" : "."));
            return false;
        }
    }
    return true;
}

bool Encoder::structure(const StructInfo& info, const void* object) {
    if (++depth_ > deepest) return fail(": nested too deeply");
    out_.text("{");
    if (!fields(info, object)) return false;
    if (info.extra_offset != StructInfo::no_extra) {
        const auto* kept =
            reinterpret_cast<const Extra*>(static_cast<const char*>(object) + info.extra_offset);
        if (!extra(*kept, info, nullptr)) return false;
    }
    out_.text("}");
    --depth_;
    return true;
}

bool Encoder::value(const TypeInfo& type, const void* at) {
    switch (type.kind) {
        case Kind::text:
        case Kind::event_type: out_.quoted(*static_cast<const std::string*>(at)); return true;
        case Kind::boolean:
            out_.text(*static_cast<const bool*>(at) ? "true" : "false");
            return true;
        case Kind::integer: integer(type, at); return true;
        case Kind::number:
            out_.reserve(double_chars);
            out_.advance_to(write_double(out_.at(), *static_cast<const double*>(at)));
            return true;
        case Kind::time:
            out_.reserve(time_chars + 2);
            out_.put('"');
            out_.advance_to(write_time(out_.at(), *static_cast<const Time*>(at)));
            out_.put('"');
            return true;
        case Kind::enumeration: return enumeration(*type.enumeration, at);
        case Kind::structure: return structure(type.structure(), at);
        case Kind::list: return list(type, at);
        case Kind::map: return map(type, at);
        case Kind::json: return json(static_cast<const Json*>(at)->text);
    }
    return fail(": not of a known kind");
}

bool Encoder::list(const TypeInfo& type, const void* at) {
    if (++depth_ > deepest) return fail(": nested too deeply");
    out_.text("[");
    const TypeInfo& element = *type.element;
    const std::size_t size = type.list->size(at);
    for (std::size_t index = 0; index < size; ++index) {
        if (index > 0) out_.text(",");
        const void* item = type.list->at(at, index);
        if (element.optional != nullptr) item = element.optional->get(item);
        if (item == nullptr) {
            out_.text("null");
        } else if (!value(element, item)) {
            error_.insert(0,
                          '[' + std::to_string(index) + ']' + (error_.starts_with(':') ? "" : "."));
            return false;
        }
    }
    out_.text("]");
    --depth_;
    return true;
}

bool Encoder::map(const TypeInfo& type, const void* at) {
    struct Visit {
        Encoder& encoder;
        const TypeInfo& element;
        bool first = true;
        bool good = true;
    };
    if (++depth_ > deepest) return fail(": nested too deeply");
    Visit visit{*this, *type.element};
    out_.text("{");
    type.map->each(at, &visit, [](void* context, const std::string& key, const void* item) {
        auto& [encoder, element, first, good] = *static_cast<Visit*>(context);
        if (!good) return;
        if (!first) encoder.out_.text(",");
        first = false;
        encoder.out_.quoted(key);
        encoder.out_.text(":");
        if (element.optional != nullptr) item = element.optional->get(item);
        if (item == nullptr) {
            encoder.out_.text("null");
        } else {
            good = encoder.value(element, item);
        }
    });
    if (!visit.good) {
        error_.insert(0, error_.starts_with(':') ? "[]" : "[].");
        return false;
    }
    out_.text("}");
    --depth_;
    return true;
}

// NOLINTEND(misc-no-recursion)

bool Encoder::extra(const Extra& extra, const StructInfo& info, const StructInfo* header) {
    for (const auto& [name, text] : extra.fields) {
        if (declares(info, name) || (header != nullptr && declares(*header, name))) {
            return fail("(extra): has a field with the name of a declared one");
        }
        out_.reserve(1);
        if (out_.at()[-1] != '{') out_.put(',');
        out_.quoted(name);
        out_.text(":");
        if (!json(text)) {
            error_ = "(extra)" + error_;
            return false;
        }
    }
    return true;
}

bool Encoder::enumeration(const EnumInfo& info, const void* at) {
    const std::size_t index = info.read(at);
    if (index >= info.values.size()) return fail(": not one of the enumerators");
    const std::string_view name = info.values[index];
    out_.reserve(name.size() + 2);
    out_.put('"');
    out_.text(name);
    out_.text("\"");
    return true;
}

bool Encoder::json(std::string_view text) {
    JsonReader reader(text, deepest);
    if (!reader.skip_value() || !reader.at_end()) return fail(": not valid JSON");
    out_.text(text);
    return true;
}

void Encoder::integer(const TypeInfo& type, const void* at) {
    const std::uint64_t word = load_integer(type, at);
    const bool negative = type.is_signed && static_cast<std::int64_t>(word) < 0;
    out_.reserve(integer_chars);
    out_.advance_to(write_integer(out_.at(), negative ? 0 - word : word, negative));
}

}  // namespace quipu::codec
