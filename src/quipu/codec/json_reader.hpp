// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "quipu/codec/fault_kind.hpp"
#include "quipu/codec/scan.hpp"

namespace quipu::codec {

/// A string of the text, without its quotes.
struct StringToken {
    std::string_view raw;
    bool escaped = false;  ///< whether `raw` holds escapes
};

/// A number of the text, or one of the literals that Python writes for what JSON cannot say.
struct NumberToken {
    enum class Form : std::uint8_t { integer, decimal, nan, infinity, minus_infinity };
    std::string_view raw;
    Form form = Form::integer;
};

/// Reads JSON text from front to back. The grammar is RFC 8259 in UTF-8 with two additions that
/// Pydantic's parser (jiter) has: the literals NaN, Infinity and -Infinity, and a bound of 4300
/// characters for the whole part of a number. Every function that returns bool says whether the
/// text is valid there; after false, fault() says why and the reader is of no more use.
///
/// The caller has checked that the text is UTF-8. The text must outlive the reader and its tokens.
class JsonReader {
  public:
    JsonReader(std::string_view text, std::size_t max_depth) noexcept
        : at_(text.data()), end_(text.data() + text.size()), max_depth_(max_depth) {}

    /// Where the reader stands; for going back there with rewind().
    [[nodiscard]] const char* position() const noexcept { return at_; }
    void rewind(const char* position) noexcept { at_ = position; }
    [[nodiscard]] FaultKind fault() const noexcept { return fault_; }

    /// The next character after white space, not consumed; 0 at the end of the text.
    [[nodiscard]] char peek() noexcept {
        while (at_ < end_) {
            const char c = *at_;
            if (c > ' ' || !is_space(c)) return c;
            ++at_;
        }
        return '\0';
    }
    /// Consumes `c` and white space before it, if it comes next.
    [[nodiscard]] bool take(char c) noexcept {
        if (peek() != c || at_ == end_) return false;
        ++at_;
        return true;
    }
    /// Consumes `key`, a name with its quotes and the colon, if exactly these bytes come next.
    [[nodiscard]] bool take_key(std::string_view key) noexcept {
        if (static_cast<std::size_t>(end_ - at_) < 32 || key.size() > 32 ||
            !equal_padded(at_, key.data(), key.size())) {
            return false;
        }
        at_ += key.size();
        return true;
    }

    /// Opens an object or list; counts towards the depth. leave() after its last element.
    [[nodiscard]] bool enter() noexcept {
        ++at_;
        if (++depth_ <= max_depth_) return true;
        return fail(FaultKind::recursion_limit);
    }
    void leave() noexcept { --depth_; }
    [[nodiscard]] std::size_t depth() const noexcept { return depth_; }
    void set_depth(std::size_t depth) noexcept { depth_ = depth; }

    /// Between the elements of an object or list that `close` ends: consumes a comma or the end.
    /// `more` says which. `first` is true before the first element.
    [[nodiscard]] bool next_element(char close, bool first, bool& more) noexcept {
        const char c = peek();
        more = c != close;
        if (first && more) return true;
        if (more && c != ',') return malformed();
        ++at_;
        return true;
    }
    /// Reads a member's name and its colon.
    [[nodiscard]] bool read_key(StringToken& key);

    // The next character has told what comes.
    [[nodiscard]] bool read_string(StringToken& token) noexcept {
        const char* begin = ++at_;
        at_ = find_special(begin, end_);
        token = {{begin, static_cast<std::size_t>(at_ - begin)}, false};
        if (at_ == end_ || *at_ != '"') return read_escaped_string(begin, token);
        ++at_;
        return true;
    }
    /// Reads a string into `out`, its escapes replaced.
    [[nodiscard]] bool read_string(std::string& out);
    /// Reads an integer of at most 18 digits. False, with nothing consumed, for any other number.
    [[nodiscard]] bool read_short_integer(std::int64_t& value) noexcept;
    [[nodiscard]] bool read_number(NumberToken& token) noexcept;
    [[nodiscard]] bool read_literal(std::string_view literal) noexcept;

    /// Skips one value of any kind, checking it. No recursion.
    [[nodiscard]] bool skip_value();
    /// True when nothing but white space is left.
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
    /// Copies up to the next special character, to `to` in unescaped_; returns the end there, with
    /// room for one escape.
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

/// True for the first character of a number or of NaN and Infinity.
[[nodiscard]] constexpr bool starts_number(char c) noexcept {
    return is_digit(c) || c == '-' || c == 'N' || c == 'I';
}

/// Replaces `out` by the text that a token stands for.
void unescape(const StringToken& token, std::string& out);

/// The text that a token stands for, in `scratch` if it has escapes.
[[nodiscard]] std::string_view text_of(const StringToken& token, std::string& scratch);

}  // namespace quipu::codec
