// SPDX-License-Identifier: Apache-2.0
#include "quipu/codec/scalar_decoder.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

#include "quipu/codec/coerce.hpp"
#include "quipu/event/time_text.hpp"

namespace quipu::codec {

namespace {

/// Stores an integer in a field of any size; false if it does not fit.
bool store_integer(const TypeInfo& type, void* at, const WideInteger& value) noexcept {
    if (value.too_large) return false;
    const unsigned bits = type.bytes * 8U - (type.is_signed ? 1U : 0U);
    std::uint64_t most = std::numeric_limits<std::uint64_t>::max() >> (64U - bits);
    if (value.negative) most = type.is_signed ? most + 1 : 0;
    if (value.magnitude > most) return false;
    const std::uint64_t word = value.negative ? 0 - value.magnitude : value.magnitude;
    // Little-endian: the low bytes come first, whatever the size of the field.
    std::memcpy(at, &word, type.bytes);
    return true;
}

bool has_19_digits(const NumberToken& token) noexcept {
    return token.raw.size() - (token.raw.starts_with('-') ? 1U : 0U) > 18;
}

}  // namespace

FaultKind ScalarDecoder::read(const TypeInfo& type, void* at) {
    switch (type.kind) {
        case Kind::text: return read_text(*static_cast<std::string*>(at));
        case Kind::boolean: return read_boolean(*static_cast<bool*>(at));
        case Kind::integer: return read_integer(type, at);
        case Kind::number: return read_double(*static_cast<double*>(at));
        case Kind::time: return read_time_value(*static_cast<Time*>(at));
        case Kind::enumeration: return read_enumeration(*type.enumeration, at);
        case Kind::event_type: return read_event_type_name(*static_cast<std::string*>(at));
        default: return FaultKind::json_invalid;
    }
}

FaultKind ScalarDecoder::read_text(std::string& out) {
    if (in_.peek() != '"') return FaultKind::string_type;
    return in_.read_string(out) ? FaultKind::none : in_.fault();
}

FaultKind ScalarDecoder::read_boolean(bool& out) {
    const char c = in_.peek();
    if (c == 't' || c == 'f') {
        out = c == 't';
        return in_.read_literal(out ? "true" : "false") ? FaultKind::none : in_.fault();
    }
    if (strict_) return FaultKind::bool_type;
    if (c == '"') {
        StringToken token;
        if (!in_.read_string(token)) return in_.fault();
        return bool_from_text(text_of(token, scratch_), out);
    }
    if (!starts_number(c)) return FaultKind::bool_type;
    NumberToken token;
    if (!in_.read_number(token)) return in_.fault();
    return bool_from_number(token, out);
}

FaultKind ScalarDecoder::read_integer(const TypeInfo& type, void* at) {
    const char c = in_.peek();
    WideInteger value;
    std::int64_t number = 0;
    if (in_.read_short_integer(number)) {
        value.negative = number < 0;
        value.magnitude = static_cast<std::uint64_t>(number < 0 ? -number : number);
        return store_integer(type, at, value) ? FaultKind::none : FaultKind::int_parsing_size;
    }
    FaultKind kind = FaultKind::none;
    if (starts_number(c)) {
        NumberToken token;
        if (!in_.read_number(token)) return in_.fault();
        if (strict_ && token.form != NumberToken::Form::integer) return FaultKind::int_type;
        kind = integer_from_number(token, value);
    } else if (c == '"' && !strict_) {
        StringToken token;
        if (!in_.read_string(token)) return in_.fault();
        kind = integer_from_text(text_of(token, scratch_), value);
    } else if ((c == 't' || c == 'f') && !strict_) {
        value.magnitude = c == 't' ? 1 : 0;
        if (!in_.read_literal(c == 't' ? "true" : "false")) return in_.fault();
    } else {
        return FaultKind::int_type;
    }
    if (kind != FaultKind::none) return kind;
    return store_integer(type, at, value) ? FaultKind::none : FaultKind::int_parsing_size;
}

FaultKind ScalarDecoder::read_double(double& out) {
    const char c = in_.peek();
    if (starts_number(c)) {
        NumberToken token;
        if (!in_.read_number(token)) return in_.fault();
        out = to_double(token);
        return FaultKind::none;
    }
    if (strict_) return FaultKind::float_type;
    if (c == '"') {
        StringToken token;
        if (!in_.read_string(token)) return in_.fault();
        return float_from_text(text_of(token, scratch_), out);
    }
    if (c != 't' && c != 'f') return FaultKind::float_type;
    out = c == 't' ? 1.0 : 0.0;
    return in_.read_literal(c == 't' ? "true" : "false") ? FaultKind::none : in_.fault();
}

FaultKind ScalarDecoder::read_time_value(Time& out) {
    const char c = in_.peek();
    if (c == '"') {
        StringToken token;
        if (!in_.read_string(token)) return in_.fault();
        switch (read_time(text_of(token, scratch_), !strict_, out)) {
            case TimeReading::ok: return FaultKind::none;
            case TimeReading::out_of_range: return FaultKind::datetime_parsing;
            case TimeReading::malformed: break;
        }
        return strict_ ? FaultKind::datetime_parsing : FaultKind::datetime_from_date_parsing;
    }
    if (strict_ || !starts_number(c)) return FaultKind::datetime_type;
    NumberToken token;
    if (!in_.read_number(token)) return in_.fault();
    TimeReading reading = TimeReading::malformed;
    if (token.form == NumberToken::Form::integer) {
        // Pydantic reads integers of 19 digits and more as a different type, which no time accepts.
        if (has_19_digits(token)) return FaultKind::datetime_type;
        const WideInteger number = parse_integer(token.raw);
        const auto magnitude = static_cast<std::int64_t>(number.magnitude);
        reading = read_time(number.negative ? -magnitude : magnitude, out);
    } else {
        reading = read_time(to_double(token), out);
    }
    return reading == TimeReading::ok ? FaultKind::none : FaultKind::datetime_parsing;
}

FaultKind ScalarDecoder::read_enumeration(const EnumInfo& info, void* at) {
    if (in_.peek() != '"') return FaultKind::enumeration;
    StringToken token;
    if (!in_.read_string(token)) return in_.fault();
    const std::string_view name = text_of(token, scratch_);
    const auto found = std::find(info.values.begin(), info.values.end(), name);
    if (found == info.values.end()) return FaultKind::enumeration;
    info.write(at, static_cast<std::size_t>(found - info.values.begin()));
    return FaultKind::none;
}

FaultKind ScalarDecoder::read_event_type_name(std::string& out) {
    if (in_.peek() != '"') return FaultKind::enumeration;
    StringToken token;
    if (!in_.read_string(token)) return in_.fault();
    unescape(token, out);
    // A catalogue of one event is that of decode_as(), which does not know the other types.
    const bool known = types_ == nullptr || types_->all().size() == 1
                           ? is_topic_name(out)
                           : types_->index_of(out) != EventTypes::npos;
    return known ? FaultKind::none : FaultKind::enumeration;
}

}  // namespace quipu::codec
