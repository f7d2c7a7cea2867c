#include "quipu/codec/writer.hpp"

#include <algorithm>

namespace quipu::codec {

namespace {

// Room kept beyond what is left of a text: both quotes, one whole block and one escape.
constexpr std::size_t slack = block_bytes + 8;

/// Copies up to 16 bytes that need no escape; false, with nothing promised of `to`, when one does.
bool copy_short(char* to, const char* from, std::size_t size) noexcept {
    if (size >= 8) {
        const std::uint64_t head = load8(from);
        const std::uint64_t tail = load8(from + size - 8);
        if ((special_bits(head) | special_bits(tail)) != 0) return false;
        std::memcpy(to, &head, 8);
        std::memcpy(to + size - 8, &tail, 8);
        return true;
    }
    for (std::size_t i = 0; i < size; ++i) {
        if (is_special(from[i])) return false;
        to[i] = from[i];
    }
    return true;
}

}  // namespace

void Writer::grow(std::size_t count) {
    const auto used = static_cast<std::size_t>(at_ - out_.data());
    out_.resize(used);
    open(std::max({used + count, 2 * used, std::size_t{256}}));
    at_ = out_.data() + used;
}

void Writer::escape(char c) {
    *at_++ = '\\';
    switch (c) {
        case '"':
        case '\\': *at_++ = c; return;
        case '\b': *at_++ = 'b'; return;
        case '\f': *at_++ = 'f'; return;
        case '\n': *at_++ = 'n'; return;
        case '\r': *at_++ = 'r'; return;
        case '\t': *at_++ = 't'; return;
        default: break;
    }
    constexpr char hex[] = "0123456789abcdef";
    std::memcpy(at_, "u00", 3);
    at_[3] = hex[(c >> 4) & 0xF];
    at_[4] = hex[c & 0xF];
    at_ += 5;
}

void Writer::quoted(std::string_view text) {
    reserve(text.size() + slack);
    const char* from = text.data();
    const char* end = from + text.size();
    *at_++ = '"';
    if (text.size() <= 16 && copy_short(at_, from, text.size())) {
        at_ += text.size();
        *at_++ = '"';
        return;
    }
    while (from < end) {
        const auto left = static_cast<std::size_t>(end - from);
        std::size_t plain = 0;
        if (left >= block_bytes) {
            plain = first_special(from);
            std::memcpy(at_, from, block_bytes);
        } else {
            while (plain < left && !is_special(from[plain])) ++plain;
            std::memcpy(at_, from, plain);
        }
        from += plain;
        at_ += plain;
        if (plain < std::min(left, block_bytes)) {
            escape(*from++);
            reserve(static_cast<std::size_t>(end - from) + slack);
        }
    }
    *at_++ = '"';
}

}  // namespace quipu::codec
