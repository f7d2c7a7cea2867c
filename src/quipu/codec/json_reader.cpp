// SPDX-License-Identifier: Apache-2.0
#include "quipu/codec/json_reader.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "quipu/base/hex.hpp"

namespace quipu::codec {

namespace {

constexpr std::size_t longest_integer = 4300;
constexpr std::size_t room = 2 * block_bytes;  // space for one block and one escape

/// The kind of the open bracket at each depth. Does not allocate for the first 64 levels.
class Brackets {
  public:
    void push(bool object) {
        if (size_ < 64) {
            const std::uint64_t bit = std::uint64_t{1} << size_;
            first_ = object ? first_ | bit : first_ & ~bit;
        } else {
            rest_.push_back(object);
        }
        ++size_;
    }
    void pop() {
        --size_;
        if (size_ >= 64) rest_.pop_back();
    }
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
    [[nodiscard]] bool in_object() const {
        return size_ > 64 ? rest_.back() : ((first_ >> (size_ - 1)) & 1) != 0;
    }

  private:
    std::uint64_t first_ = 0;
    std::vector<bool> rest_;
    std::size_t size_ = 0;
};

void append_utf8(char*& to, std::uint32_t point) noexcept {
    const auto put = [&](std::uint32_t byte) { *to++ = static_cast<char>(byte); };
    if (point < 0x80) {
        put(point);
    } else if (point < 0x800) {
        put(0xC0 | (point >> 6));
        put(0x80 | (point & 0x3F));
    } else if (point < 0x10000) {
        put(0xE0 | (point >> 12));
        put(0x80 | ((point >> 6) & 0x3F));
        put(0x80 | (point & 0x3F));
    } else {
        put(0xF0 | (point >> 18));
        put(0x80 | ((point >> 12) & 0x3F));
        put(0x80 | ((point >> 6) & 0x3F));
        put(0x80 | (point & 0x3F));
    }
}

std::uint32_t hex4(const char* digits) noexcept {
    std::uint32_t unit = 0;
    for (int i = 0; i < 4; ++i) unit = unit * 16 + static_cast<std::uint32_t>(hex_value(digits[i]));
    return unit;
}

/// The character that a backslash and a character encode; 0 if they are not an escape or begin \u.
constexpr std::array<char, 256> simple_escapes = [] {
    std::array<char, 256> table{};
    constexpr std::string_view names = "\"\\/bfnrt";
    constexpr std::string_view values = "\"\\/\b\f\n\r\t";
    for (std::size_t i = 0; i < names.size(); ++i) {
        table[static_cast<unsigned char>(names[i])] = values[i];
    }
    return table;
}();

/// Decodes the escape at `from`, which must be valid, to `to`. Returns the end of the escape.
const char* write_escape(const char* from, char*& to) noexcept {
    if (from[1] != 'u') {
        *to++ = simple_escapes[static_cast<unsigned char>(from[1])];
        return from + 2;
    }
    const std::uint32_t unit = hex4(from + 2);
    if (unit < 0xD800 || unit > 0xDBFF) {
        append_utf8(to, unit);
        return from + 6;
    }
    append_utf8(to, 0x10000 + ((unit - 0xD800) << 10) + (hex4(from + 8) - 0xDC00));
    return from + 12;
}

}  // namespace

bool JsonReader::read_hex4(std::uint32_t& unit) noexcept {
    if (end_ - at_ < 4) return malformed();
    unit = 0;
    for (int i = 0; i < 4; ++i) {
        const int value = hex_value(*at_++);
        if (value < 0) return malformed();
        unit = unit * 16 + static_cast<std::uint32_t>(value);
    }
    return true;
}

bool JsonReader::read_escape() noexcept {
    if (end_ - at_ < 2) return malformed();
    const char kind = at_[1];
    at_ += 2;
    if (kind != 'u') {
        return simple_escapes[static_cast<unsigned char>(kind)] != '\0' || malformed();
    }
    std::uint32_t unit = 0;
    if (!read_hex4(unit)) return false;
    if (unit < 0xD800 || unit > 0xDFFF) return true;
    // A surrogate: it must be the first of a pair, and the second must follow.
    if (unit > 0xDBFF || end_ - at_ < 6 || at_[0] != '\\' || at_[1] != 'u') return malformed();
    at_ += 2;
    if (!read_hex4(unit)) return false;
    return (unit >= 0xDC00 && unit <= 0xDFFF) || malformed();
}

bool JsonReader::read_escaped_string(const char* begin, StringToken& token) noexcept {
    for (;;) {
        if (at_ == end_) return malformed();
        if (*at_ == '"') break;
        if (*at_ != '\\' || !read_escape()) return malformed();
        at_ = find_special(at_, end_);
    }
    token = {{begin, static_cast<std::size_t>(at_ - begin)}, true};
    ++at_;
    return true;
}

bool JsonReader::read_string(std::string& out) {
    const char* begin = ++at_;
    at_ = find_special(begin, end_);
    const auto plain = static_cast<std::size_t>(at_ - begin);
    if (at_ < end_ && *at_ == '"') {
        out.assign(begin, plain);
        ++at_;
        return true;
    }
    // The length of the string is known only at its end, so it is assembled in a buffer.
    make_room(plain);
    std::memcpy(unescaped_.data(), begin, plain);
    char* to = unescaped_.data() + plain;
    for (;;) {
        if (at_ == end_) return malformed();
        if (*at_ == '"') break;
        if (*at_ != '\\' || !write_escape(to)) return malformed();
        to = copy_plain(to);
    }
    out.assign(unescaped_.data(), static_cast<std::size_t>(to - unescaped_.data()));
    ++at_;
    return true;
}

void JsonReader::make_room(std::size_t used) {
    constexpr std::size_t least = 512;
    if (unescaped_.size() < used + room) unescaped_.resize(std::max(least, 2 * (used + room)));
}

char* JsonReader::copy_plain(char* to) {
    const char* from =
        at_;  // a local: the compiler must assume that writes to `to` change a member
    const char* limit = unescaped_.data() + unescaped_.size();
    for (;;) {
        if (static_cast<std::size_t>(limit - to) < room) {
            const auto used = static_cast<std::size_t>(to - unescaped_.data());
            make_room(used);
            to = unescaped_.data() + used;
            limit = unescaped_.data() + unescaped_.size();
        }
        if (static_cast<std::size_t>(end_ - from) < block_bytes) break;
        std::memcpy(to, from, block_bytes);
        const std::size_t plain = first_special(from);
        from += plain;
        to += plain;
        if (plain < block_bytes) {
            at_ = from;
            return to;
        }
    }
    while (from < end_ && !is_special(*from)) *to++ = *from++;
    at_ = from;
    return to;
}

bool JsonReader::write_escape(char*& to) noexcept {
    if (end_ - at_ >= 2 && at_[1] != 'u') {
        const char plain = simple_escapes[static_cast<unsigned char>(at_[1])];
        if (plain == '\0') return malformed();
        *to++ = plain;
        at_ += 2;
        return true;
    }
    const char* escape = at_;
    if (!read_escape()) return false;
    static_cast<void>(codec::write_escape(escape, to));
    return true;
}

bool JsonReader::read_short_integer(std::int64_t& value) noexcept {
    const char* at = at_;
    const bool minus = at < end_ && *at == '-';
    if (minus) ++at;
    const char* begin = at;
    std::int64_t number = 0;
    while (at < end_ && is_digit(*at) && at - begin < 18) number = number * 10 + (*at++ - '0');
    const auto digits = at - begin;
    if (digits == 0 || (*begin == '0' && digits > 1)) return false;
    if (at < end_ && (is_digit(*at) || *at == '.' || *at == 'e' || *at == 'E')) return false;
    value = minus ? -number : number;
    at_ = at;
    return true;
}

bool JsonReader::read_key(StringToken& key) {
    if (peek() != '"' || !read_string(key)) return malformed();
    return take(':') || malformed();
}

bool JsonReader::read_literal(std::string_view literal) noexcept {
    if (static_cast<std::size_t>(end_ - at_) < literal.size() ||
        std::string_view(at_, literal.size()) != literal) {
        return malformed();
    }
    at_ += literal.size();
    return true;
}

bool JsonReader::read_fraction_and_exponent(bool& decimal) noexcept {
    const auto digits = [&] {
        const char* begin = at_;
        while (at_ < end_ && is_digit(*at_)) ++at_;
        return at_ > begin;
    };
    decimal = false;
    if (at_ < end_ && *at_ == '.') {
        ++at_;
        decimal = true;
        if (!digits()) return malformed();
    }
    if (at_ < end_ && (*at_ == 'e' || *at_ == 'E')) {
        ++at_;
        decimal = true;
        if (at_ < end_ && (*at_ == '+' || *at_ == '-')) ++at_;
        if (!digits()) return malformed();
    }
    return true;
}

bool JsonReader::read_number(NumberToken& token) noexcept {
    using Form = NumberToken::Form;
    const char* begin = at_;
    const bool minus = *at_ == '-';
    if (minus) ++at_;
    if (at_ == end_) return malformed();
    token.form = Form::integer;
    if (*at_ == 'I') {
        token.form = minus ? Form::minus_infinity : Form::infinity;
        if (!read_literal("Infinity")) return false;
    } else if (*at_ == 'N' && !minus) {
        token.form = Form::nan;
        if (!read_literal("NaN")) return false;
    } else {
        if (!is_digit(*at_)) return malformed();
        const bool zero = *at_++ == '0';
        if (zero && at_ < end_ && is_digit(*at_)) return malformed();
        while (at_ < end_ && is_digit(*at_)) ++at_;
        if (static_cast<std::size_t>(at_ - begin) > longest_integer) return malformed();
        bool decimal = false;
        if (!read_fraction_and_exponent(decimal)) return false;
        if (decimal) token.form = Form::decimal;
    }
    token.raw = {begin, static_cast<std::size_t>(at_ - begin)};
    return true;
}

bool JsonReader::skip_scalar(char first) noexcept {
    switch (first) {
        case '"': {
            StringToken token;
            return read_string(token);
        }
        case 't': return read_literal("true");
        case 'f': return read_literal("false");
        case 'n': return read_literal("null");
        default: {
            NumberToken token;
            return starts_number(first) ? read_number(token) : malformed();
        }
    }
}

bool JsonReader::skip_value() {
    Brackets open;
    StringToken key;
    for (;;) {
        const char c = peek();
        const bool opens = c == '{' || c == '[';
        if (opens) {
            if (!enter()) return false;
            open.push(c == '{');
        } else if (!skip_scalar(c)) {
            return false;
        }
        bool first = opens;
        for (;;) {
            if (open.empty()) return true;
            bool more = false;
            if (!next_element(open.in_object() ? '}' : ']', first, more)) return false;
            if (more) break;
            open.pop();
            leave();
            first = false;
        }
        if (open.in_object() && !read_key(key)) return false;
    }
}

void unescape(const StringToken& token, std::string& out) {
    if (!token.escaped) {
        out.assign(token.raw);
        return;
    }
    // An escape is never shorter than its character, so the raw length is enough.
    out.resize_and_overwrite(token.raw.size(), [&](char* to, std::size_t) {
        const char* begin = to;
        const char* from = token.raw.data();
        const char* end = from + token.raw.size();
        while (from < end) {
            const char* stop = find_special(from, end);
            std::memcpy(to, from, static_cast<std::size_t>(stop - from));
            to += stop - from;
            from = stop < end ? write_escape(stop, to) : stop;
        }
        return static_cast<std::size_t>(to - begin);
    });
}

std::string_view text_of(const StringToken& token, std::string& scratch) {
    if (!token.escaped) return token.raw;
    unescape(token, scratch);
    return scratch;
}

}  // namespace quipu::codec
