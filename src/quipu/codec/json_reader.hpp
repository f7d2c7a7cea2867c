// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "quipu/codec/fault_kind.hpp"
#include "quipu/codec/scan.hpp"

namespace quipu::codec {

/// A string of the text without its quotes, escapes not decoded.
struct StringToken {
    std::string_view raw;
    bool escaped = false;  ///< whether `raw` has escapes
};

/// A number of the text, or NaN, Infinity or -Infinity as Python writes them.
struct NumberToken {
    enum class Form : std::uint8_t { integer, decimal, nan, infinity, minus_infinity };
    std::string_view raw;
    Form form = Form::integer;
};

/// Reads JSON text from front to back. The grammar is RFC 8259 with two peculiarities of Pydantic's
/// parser (jiter): the literals NaN, Infinity and -Infinity are accepted, and the integer part of a
/// number has at most 4300 characters. Functions that return bool return whether the text is valid;
/// after false, fault() has the reason and the reader must not be used any more.
///
/// The text must be UTF-8 and must outlive the reader and its tokens.
class JsonReader {
  public:
    JsonReader(std::string_view text, std::size_t max_depth) noexcept
        : at_(text.data()), end_(text.data() + text.size()), max_depth_(max_depth) {}

    /// The current place, to which rewind() can return.
    [[nodiscard]] const char* position() const noexcept { return at_; }
    void rewind(const char* position) noexcept { at_ = position; }
    [[nodiscard]] FaultKind fault() const noexcept { return fault_; }

    /// The next character after white space, without consuming it; 0 at the end of the text.
    [[nodiscard]] char peek() noexcept {
        while (at_ < end_) {
            const char c = *at_;
            if (c > ' ' || !is_space(c)) return c;
            ++at_;
        }
        return '\0';
    }
    /// Consumes `c` and the white space before it if `c` is next.
    [[nodiscard]] bool take(char c) noexcept {
        if (peek() != c || at_ == end_) return false;
        ++at_;
        return true;
    }
    /// Consumes `key`, a name with quotes and colon, if exactly these bytes are next.
    [[nodiscard]] bool take_key(std::string_view key) noexcept {
        if (static_cast<std::size_t>(end_ - at_) < 32 || key.size() > 32 ||
            !equal_padded(at_, key.data(), key.size())) {
            return false;
        }
        at_ += key.size();
        return true;
    }

    /// Opens an object or list, which counts towards the depth. Call leave() after its last
    /// element.
    [[nodiscard]] bool enter() noexcept {
        ++at_;
        if (++depth_ <= max_depth_) return true;
        return fail(FaultKind::recursion_limit);
    }
    void leave() noexcept { --depth_; }
    [[nodiscard]] std::size_t depth() const noexcept { return depth_; }
    void set_depth(std::size_t depth) noexcept { depth_ = depth; }

    /// Consumes the comma before the next element, or `close`, which ends the object or list, and
    /// sets `more` accordingly. `first` is true before the first element.
    [[nodiscard]] bool next_element(char close, bool first, bool& more) noexcept {
        const char c = peek();
        more = c != close;
        if (first && more) return true;
        if (more && c != ',') return malformed();
        ++at_;
        return true;
    }
    /// Reads the name of an object's member and its colon.
    [[nodiscard]] bool read_key(StringToken& key);

    // For these, peek() must have returned the value's first character.
    [[nodiscard]] bool read_string(StringToken& token) noexcept {
        const char* begin = ++at_;
        at_ = find_special(begin, end_);
        token = {{begin, static_cast<std::size_t>(at_ - begin)}, false};
        if (at_ == end_ || *at_ != '"') return read_escaped_string(begin, token);
        ++at_;
        return true;
    }
    /// Reads a string into `out` and decodes its escapes.
    [[nodiscard]] bool read_string(std::string& out);
    /// Reads an integer of at most 18 digits. Returns false and consumes nothing for other numbers.
    [[nodiscard]] bool read_short_integer(std::int64_t& value) noexcept;
    [[nodiscard]] bool read_number(NumberToken& token) noexcept;
    [[nodiscard]] bool read_literal(std::string_view literal) noexcept;

    /// Checks and skips a value of any kind. Not recursive.
    [[nodiscard]] bool skip_value();
    /// Whether only white space is left.
    [[nodiscard]] bool at_end() noexcept {
        return (peek() == '\0' && at_ == end_) || fail(FaultKind::json_invalid);
    }

    bool fail(FaultKind kind) noexcept {
        fault_ = kind;
        return false;
    }
    bool malformed() noexcept { return fail(FaultKind::json_invalid); }

  private:
    [[nodiscard]] static bool is_space(char c) noexcept {
        return c == ' ' || c == '\n' || c == '\r' || c == '\t';
    }
    [[nodiscard]] bool read_escaped_string(const char* begin, StringToken& token) noexcept;
    [[nodiscard]] bool read_escape() noexcept;
    [[nodiscard]] bool write_escape(char*& to) noexcept;
    /// Copies the text up to the next special character to `to` in unescaped_. Returns the end of
    /// the copy, which has space for one escape.
    [[nodiscard]] char* copy_plain(char* to);
    void make_room(std::size_t used);
    [[nodiscard]] bool read_hex4(std::uint32_t& unit) noexcept;
    [[nodiscard]] bool skip_scalar(char first) noexcept;
    [[nodiscard]] bool read_fraction_and_exponent(bool& decimal) noexcept;

    const char* at_;
    const char* end_;
    std::size_t depth_ = 0;
    std::size_t max_depth_;
    FaultKind fault_ = FaultKind::none;
    std::string unescaped_;
};

[[nodiscard]] constexpr bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

/// Whether `c` begins a number, NaN or Infinity.
[[nodiscard]] constexpr bool starts_number(char c) noexcept {
    return is_digit(c) || c == '-' || c == 'N' || c == 'I';
}

/// Sets `out` to the decoded text of a token.
void unescape(const StringToken& token, std::string& out);

/// The decoded text of a token. Uses `scratch` if the token has escapes.
[[nodiscard]] std::string_view text_of(const StringToken& token, std::string& scratch);

}  // namespace quipu::codec
