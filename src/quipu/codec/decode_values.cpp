// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <limits>

#include "quipu/codec/coerce.hpp"
#include "quipu/codec/decoder.hpp"
#include "quipu/codec/value_text.hpp"
#include "quipu/event/time_text.hpp"

namespace quipu::codec {

namespace {

/// Writes an integer into a member of any size; false when it does not fit.
bool store_integer(const TypeInfo& type, void* at, const WideInteger& value) noexcept {
    if (value.too_large) return false;
    const unsigned bits = type.bytes * 8U - (type.is_signed ? 1U : 0U);
    std::uint64_t most = std::numeric_limits<std::uint64_t>::max() >> (64U - bits);
    if (value.negative) most = type.is_signed ? most + 1 : 0;
    if (value.magnitude > most) return false;
    const std::uint64_t word = value.negative ? 0 - value.magnitude : value.magnitude;
    // Little-endian: the low bytes come first whatever the size.
    std::memcpy(at, &word, type.bytes);
    return true;
}

/// Makes a value as if it had not been read before.
void reset(const TypeInfo& type, void* at) {
    if (type.optional != nullptr) {
        type.optional->reset(at);
        return;
    }
    switch (type.kind) {
        case Kind::list: type.list->clear(at); break;
        case Kind::map: type.map->clear(at); break;
        case Kind::structure: {
            const StructInfo& info = type.structure();
            info.assign(at, info.defaults);
            break;
        }
        default: break;  // reading overwrites the others
    }
}

bool has_19_digits(const NumberToken& token) noexcept {
    return token.raw.size() - (token.raw.starts_with('-') ? 1U : 0U) > 18;
}

}  // namespace

// The recursion over values follows the nesting of the text, which the reader bounds.
// NOLINTBEGIN(misc-no-recursion)

bool Decoder::read_member(const Member& member, void* object, const Path& path) {
    void* at = member.in(object);
    const TypeInfo& type = *member.type;
    if (type.optional == nullptr) return read_value(type, at, path);
    if (member.presence != Presence::omittable) return read_element(type, at, path);
    return read_value(type, type.optional->emplace(at), path);
}

bool Decoder::read_element(const TypeInfo& type, void* at, const Path& path) {
    if (type.optional == nullptr) return read_value(type, at, path);
    if (in_.peek() == 'n') {
        type.optional->reset(at);
        return in_.read_literal("null");
    }
    return read_value(type, type.optional->emplace(at), path);
}

bool Decoder::read_value(const TypeInfo& type, void* at, const Path& path) {
    switch (type.kind) {
        case Kind::structure: return read_structure(type, at, path);
        case Kind::list: return read_list(type, at, path);
        case Kind::map: return read_map(type, at, path);
        case Kind::json: return read_json(at);
        default: break;
    }
    static_cast<void>(in_.peek());
    const char* value = in_.position();
    const Problem problem = read_scalar(type, at);
    if (problem == Problem::none) return true;
    return refuse(problem, value, path, type.enumeration);
}

bool Decoder::read_structure(const TypeInfo& type, void* at, const Path& path) {
    if (in_.peek() != '{') return refuse(Problem::dataclass_type, in_.position(), path);
    return read_object(struct_layout(type.structure(), at), &path);
}

bool Decoder::read_list(const TypeInfo& type, void* at, const Path& path) {
    if (in_.peek() != '[') return refuse(Problem::list_type, in_.position(), path);
    if (!in_.enter()) return false;
    type.list->clear(at);
    Path here{&path};
    for (bool first = true, more = true;; first = false) {
        if (!in_.next_element(']', first, more)) return false;
        if (!more) break;
        ++here.index;
        if (!read_element(*type.element, type.list->append(at), here)) return false;
    }
    in_.leave();
    return true;
}

bool Decoder::read_map(const TypeInfo& type, void* at, const Path& path) {
    if (in_.peek() != '{') return refuse(Problem::map_type, in_.position(), path);
    if (!in_.enter()) return false;
    type.map->clear(at);
    std::string name;
    for (bool first = true, more = true;; first = false) {
        if (!in_.next_element('}', first, more)) return false;
        if (!more) break;
        StringToken key;
        if (!in_.read_key(key)) return false;
        unescape(key, name);
        const Path here{&path, name};
        void* element = type.map->insert(at, name);
        reset(*type.element, element);
        if (!read_element(*type.element, element, here)) return false;
    }
    in_.leave();
    return true;
}

// NOLINTEND(misc-no-recursion)

bool Decoder::read_json(void* at) {
    std::string& text = static_cast<Json*>(at)->text;
    text.clear();
    return copy_canonical(in_, text);
}

Problem Decoder::read_scalar(const TypeInfo& type, void* at) {
    switch (type.kind) {
        case Kind::text: return read_text(*static_cast<std::string*>(at));
        case Kind::boolean: return read_boolean(*static_cast<bool*>(at));
        case Kind::integer: return read_integer(type, at);
        case Kind::number: return read_double(*static_cast<double*>(at));
        case Kind::time: return read_time_value(*static_cast<Time*>(at));
        case Kind::enumeration: return read_enumeration(*type.enumeration, at);
        case Kind::event_type: return read_event_type_name(*static_cast<std::string*>(at));
        default: return Problem::json_invalid;
    }
}

Problem Decoder::read_text(std::string& out) {
    if (in_.peek() != '"') return Problem::string_type;
    return in_.read_string(out) ? Problem::none : in_.problem();
}

Problem Decoder::read_boolean(bool& out) {
    const char c = in_.peek();
    if (c == 't' || c == 'f') {
        out = c == 't';
        return in_.read_literal(out ? "true" : "false") ? Problem::none : in_.problem();
    }
    if (options_.strict) return Problem::bool_type;
    if (c == '"') {
        StringToken token;
        if (!in_.read_string(token)) return in_.problem();
        return bool_from_text(text_of(token, scratch_), out);
    }
    if (!starts_number(c)) return Problem::bool_type;
    NumberToken token;
    if (!in_.read_number(token)) return in_.problem();
    return bool_from_number(token, out);
}

Problem Decoder::read_integer(const TypeInfo& type, void* at) {
    const char c = in_.peek();
    WideInteger value;
    std::int64_t number = 0;
    if (in_.read_short_integer(number)) {
        value.negative = number < 0;
        value.magnitude = static_cast<std::uint64_t>(number < 0 ? -number : number);
        return store_integer(type, at, value) ? Problem::none : Problem::int_parsing_size;
    }
    Problem problem = Problem::none;
    if (starts_number(c)) {
        NumberToken token;
        if (!in_.read_number(token)) return in_.problem();
        if (options_.strict && token.form != NumberToken::Form::integer) return Problem::int_type;
        problem = integer_from_number(token, value);
    } else if (c == '"' && !options_.strict) {
        StringToken token;
        if (!in_.read_string(token)) return in_.problem();
        problem = integer_from_text(text_of(token, scratch_), value);
    } else if ((c == 't' || c == 'f') && !options_.strict) {
        value.magnitude = c == 't' ? 1 : 0;
        if (!in_.read_literal(c == 't' ? "true" : "false")) return in_.problem();
    } else {
        return Problem::int_type;
    }
    if (problem != Problem::none) return problem;
    return store_integer(type, at, value) ? Problem::none : Problem::int_parsing_size;
}

Problem Decoder::read_double(double& out) {
    const char c = in_.peek();
    if (starts_number(c)) {
        NumberToken token;
        if (!in_.read_number(token)) return in_.problem();
        out = to_double(token);
        return Problem::none;
    }
    if (options_.strict) return Problem::float_type;
    if (c == '"') {
        StringToken token;
        if (!in_.read_string(token)) return in_.problem();
        return float_from_text(text_of(token, scratch_), out);
    }
    if (c != 't' && c != 'f') return Problem::float_type;
    out = c == 't' ? 1.0 : 0.0;
    return in_.read_literal(c == 't' ? "true" : "false") ? Problem::none : in_.problem();
}

Problem Decoder::read_time_value(Time& out) {
    const char c = in_.peek();
    if (c == '"') {
        StringToken token;
        if (!in_.read_string(token)) return in_.problem();
        switch (read_time(text_of(token, scratch_), !options_.strict, out)) {
            case TimeReading::ok: return Problem::none;
            case TimeReading::out_of_range: return Problem::datetime_parsing;
            case TimeReading::malformed: break;
        }
        return options_.strict ? Problem::datetime_parsing : Problem::datetime_from_date_parsing;
    }
    if (options_.strict || !starts_number(c)) return Problem::datetime_type;
    NumberToken token;
    if (!in_.read_number(token)) return in_.problem();
    TimeReading reading = TimeReading::malformed;
    if (token.form == NumberToken::Form::integer) {
        // Integers of 19 digits and more are another type to Pydantic, which no time is made of.
        if (has_19_digits(token)) return Problem::datetime_type;
        const WideInteger number = parse_integer(token.raw);
        const auto magnitude = static_cast<std::int64_t>(number.magnitude);
        reading = read_time(number.negative ? -magnitude : magnitude, out);
    } else {
        reading = read_time(to_double(token), out);
    }
    return reading == TimeReading::ok ? Problem::none : Problem::datetime_parsing;
}

Problem Decoder::read_enumeration(const EnumInfo& info, void* at) {
    if (in_.peek() != '"') return Problem::enumeration;
    StringToken token;
    if (!in_.read_string(token)) return in_.problem();
    const std::string_view name = text_of(token, scratch_);
    const auto found = std::find(info.values.begin(), info.values.end(), name);
    if (found == info.values.end()) return Problem::enumeration;
    info.write(at, static_cast<std::size_t>(found - info.values.begin()));
    return Problem::none;
}

Problem Decoder::read_event_type_name(std::string& out) {
    if (in_.peek() != '"') return Problem::enumeration;
    StringToken token;
    if (!in_.read_string(token)) return in_.problem();
    unescape(token, out);
    // A catalogue of one is that of decode_as(), which cannot know the others.
    const bool known = types_ == nullptr || types_->all().size() == 1
                           ? is_topic_name(out)
                           : types_->index_of(out) != EventTypes::npos;
    return known ? Problem::none : Problem::enumeration;
}

}  // namespace quipu::codec
