// SPDX-License-Identifier: Apache-2.0
#include "quipu/codec/json_writer.hpp"

#include <algorithm>
#include <array>

#include "quipu/base/hex.hpp"

namespace quipu::codec {

namespace {

// Space reserved in addition to the rest of a text: both quotes, one whole block and one escape.
constexpr std::size_t slack = block_bytes + 8;

struct Escape {
    char text[7];
    std::uint8_t size;
};

/// The escape of each special character.
constexpr std::array<Escape, 128> escapes = [] {
    std::array<Escape, 128> table{};
    constexpr std::string_view hex = lower_hex_digits;
    for (std::size_t c = 0; c < 0x20; ++c) {
        table[c] = {{'\\', 'u', '0', '0', hex[c >> 4], hex[c & 0xF], 0}, 6};
    }
    table['"'] = {{'\\', '"'}, 2};
    table['\\'] = {{'\\', '\\'}, 2};
    table['\b'] = {{'\\', 'b'}, 2};
    table['\f'] = {{'\\', 'f'}, 2};
    table['\n'] = {{'\\', 'n'}, 2};
    table['\r'] = {{'\\', 'r'}, 2};
    table['\t'] = {{'\\', 't'}, 2};
    return table;
}();

/// Copies up to 16 bytes. Returns false, with `to` unspecified, if one of them needs an escape.
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

void JsonWriter::grow(std::size_t count) {
    const auto used = static_cast<std::size_t>(at_ - out_.data());
    out_.resize(used);
    open(std::max({used + count, 2 * used, std::size_t{256}}));
    at_ = out_.data() + used;
}

void JsonWriter::quoted(std::string_view text) {
    reserve(text.size() + slack);
    char* at = at_;  // a local: the compiler must assume that writes through it change a member
    const char* from = text.data();
    const char* end = from + text.size();
    *at++ = '"';
    for (;;) {
        const auto left = static_cast<std::size_t>(end - from);
        std::size_t plain = 0;
        if (left >= block_bytes) {
            std::memcpy(at, from, block_bytes);
            plain = first_special(from);
            from += plain;
            at += plain;
            if (plain == block_bytes) continue;
        } else if (copy_short(at, from, left)) {
            at += left;
            break;
        } else {
            while (!is_special(*from)) *at++ = *from++;
        }
        const Escape& escape = escapes[static_cast<unsigned char>(*from++)];
        std::memcpy(at, &escape, sizeof escape);
        at += escape.size;
        const std::size_t needed = static_cast<std::size_t>(end - from) + slack;
        if (static_cast<std::size_t>(end_ - at) < needed) {
            at_ = at;
            grow(needed);
            at = at_;
        }
    }
    *at++ = '"';
    at_ = at;
}

}  // namespace quipu::codec
