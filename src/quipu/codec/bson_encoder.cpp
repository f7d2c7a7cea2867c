// SPDX-License-Identifier: Apache-2.0
#include "quipu/codec/bson_encoder.hpp"

#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>

#include "quipu/codec/coerce.hpp"
#include "quipu/codec/integer_field.hpp"
#include "quipu/codec/value_text.hpp"
#include "quipu/event/time.hpp"

namespace quipu::codec {

namespace {

constexpr std::size_t deepest = 500;

std::int64_t milliseconds(Time time) {
    return std::chrono::floor<std::chrono::milliseconds>(time).time_since_epoch().count();
}

}  // namespace

std::string bson_name(std::string_view name) {
    std::string out;
    for (std::size_t i = 0; i < name.size(); ++i) {
        switch (name[i]) {
            case '.': out += "\xEF\xBC\x8E"; break;
            case '\0': out += "\xE2\x90\x80"; break;
            case '$': out += i == 0 ? "\xEF\xBC\x84" : "$"; break;
            default: out += name[i];
        }
    }
    return out;
}

// The recursion is bounded: the values were decoded from text of bounded depth.
// NOLINTBEGIN(misc-no-recursion)

void BsonEncoder::fields(const StructInfo& info, const void* object) {
    for (const FieldInfo& field : info.fields) {
        if (field.type == nullptr) {
            out_.text(field.name, event_type);
            continue;
        }
        const TypeInfo& type = *field.type;
        const void* at = field.in(object);
        if (type.optional != nullptr) {
            at = type.optional->get(at);
            if (at == nullptr && field.presence == Presence::omittable) continue;
        }
        if (at == nullptr) {
            out_.null(field.name);
        } else {
            value(field.name, type, at);
        }
    }
    if (info.extra_offset != StructInfo::no_extra) {
        extra(
            *reinterpret_cast<const Extra*>(static_cast<const char*>(object) + info.extra_offset));
    }
}

void BsonEncoder::extra(const Extra& extra) {
    for (const auto& [name, text] : extra.fields) json(bson_name(name), text);
}

void BsonEncoder::value(std::string_view name, const TypeInfo& type, const void* at) {
    switch (type.kind) {
        case Kind::text:
        case Kind::event_type: out_.text(name, *static_cast<const std::string*>(at)); break;
        case Kind::boolean: out_.boolean(name, *static_cast<const bool*>(at)); break;
        case Kind::integer: integer(name, type, at); break;
        case Kind::number: number(name, *static_cast<const double*>(at)); break;
        case Kind::time: out_.date(name, milliseconds(*static_cast<const Time*>(at))); break;
        case Kind::enumeration: {
            const std::size_t index = type.enumeration->read(at);
            const auto& values = type.enumeration->values;
            index < values.size() ? out_.text(name, values[index]) : out_.null(name);
            break;
        }
        case Kind::structure:
            out_.begin_document(name);
            fields(type.structure(), at);
            out_.end();
            break;
        case Kind::list: list(name, type, at); break;
        case Kind::map: map(name, type, at); break;
        case Kind::json: json(name, static_cast<const Json*>(at)->text); break;
    }
}

void BsonEncoder::list(std::string_view name, const TypeInfo& type, const void* at) {
    out_.begin_list(name);
    const TypeInfo& element = *type.element;
    for (std::size_t index = 0; index < type.list->size(at); ++index) {
        const void* item = type.list->at(at, index);
        if (element.optional != nullptr) item = element.optional->get(item);
        item == nullptr ? out_.null({}) : value({}, element, item);
    }
    out_.end();
}

void BsonEncoder::map(std::string_view name, const TypeInfo& type, const void* at) {
    struct Visit {
        BsonEncoder& encoder;
        const TypeInfo& element;
    };
    Visit visit{*this, *type.element};
    out_.begin_document(name);
    type.map->each(at, &visit, [](void* context, const std::string& key, const void* item) {
        auto& [encoder, element] = *static_cast<Visit*>(context);
        if (element.optional != nullptr) item = element.optional->get(item);
        item == nullptr ? encoder.out_.null(bson_name(key))
                        : encoder.value(bson_name(key), element, item);
    });
    out_.end();
}

void BsonEncoder::integer(std::string_view name, const TypeInfo& type, const void* at) {
    const std::uint64_t word = load_integer(type, at);
    if (!type.is_signed && word > std::uint64_t{std::numeric_limits<std::int64_t>::max()}) {
        out_.number(name, static_cast<double>(word));
    } else {
        out_.int64(name, static_cast<std::int64_t>(word));
    }
}

void BsonEncoder::number(std::string_view name, double value) {
    std::isfinite(value) ? out_.number(name, value) : out_.null(name);
}

void BsonEncoder::json(std::string_view name, std::string_view text) {
    // Removes repeated names, so that each name is written once.
    std::string single;
    JsonReader source(text, deepest);
    if (!copy_canonical(source, single)) {
        out_.null(name);
        return;
    }
    JsonReader in(single, deepest);
    static_cast<void>(json_value(in, name));
}

bool BsonEncoder::json_value(JsonReader& in, std::string_view name) {
    switch (in.peek()) {
        case '{': return json_object(in, name);
        case '[': return json_list(in, name);
        default: return json_scalar(in, name);
    }
}

bool BsonEncoder::json_object(JsonReader& in, std::string_view name) {
    if (!in.enter()) return false;
    out_.begin_document(name);
    std::string scratch;
    bool good = true;
    for (bool first = true, more = true; good; first = false) {
        StringToken key;
        good = in.next_element('}', first, more) && (!more || in.read_key(key));
        if (!good || !more) break;
        good = json_value(in, bson_name(text_of(key, scratch)));
    }
    out_.end();
    in.leave();
    return good;
}

bool BsonEncoder::json_list(JsonReader& in, std::string_view name) {
    if (!in.enter()) return false;
    out_.begin_list(name);
    bool good = true;
    for (bool first = true, more = true; good; first = false) {
        good = in.next_element(']', first, more);
        if (!good || !more) break;
        good = json_value(in, {});
    }
    out_.end();
    in.leave();
    return good;
}

// NOLINTEND(misc-no-recursion)

bool BsonEncoder::json_scalar(JsonReader& in, std::string_view name) {
    switch (in.peek()) {
        case '"': {
            std::string text;
            if (!in.read_string(text)) return false;
            out_.text(name, text);
            return true;
        }
        case 't': out_.boolean(name, true); return in.read_literal("true");
        case 'f': out_.boolean(name, false); return in.read_literal("false");
        case 'n': out_.null(name); return in.read_literal("null");
        default: break;
    }
    NumberToken token;
    if (!in.read_number(token)) return false;
    std::int64_t whole = 0;
    const char* end = token.raw.data() + token.raw.size();
    if (token.form == NumberToken::Form::integer &&
        std::from_chars(token.raw.data(), end, whole).ec == std::errc{}) {
        out_.int64(name, whole);
    } else {
        number(name, to_double(token));
    }
    return true;
}

}  // namespace quipu::codec
