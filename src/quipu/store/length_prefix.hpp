// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

/// Numbers (LEB128) and bytes behind their length, as they stand in the file.
namespace quipu::stores {

constexpr std::size_t max_number_bytes = 10;

inline void put_number(std::string& out, std::uint64_t value) {
    while (value >= 0x80) {
        out.push_back(static_cast<char>(value | 0x80));
        value >>= 7;
    }
    out.push_back(static_cast<char>(value));
}

inline void put_bytes(std::string& out, std::string_view bytes) {
    put_number(out, bytes.size());
    out.append(bytes);
}

/// As put_bytes; a view without data stands as a length of zero in two bytes instead of one.
inline void put_nullable_bytes(std::string& out, std::string_view bytes) {
    if (bytes.data() != nullptr) {
        put_bytes(out, bytes);
    } else {
        out.append("\x80\0", 2);
    }
}

/// Takes it from the front of `in`; false where it does not stand there whole.
[[nodiscard]] inline bool take_number(std::string_view& in, std::uint64_t& value) noexcept {
    value = 0;
    for (unsigned shift = 0; shift < 64 && !in.empty(); shift += 7) {
        const auto byte = static_cast<unsigned char>(in.front());
        in.remove_prefix(1);
        value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
        if (byte < 0x80) {
            return true;
        }
    }
    return false;
}

/// As take_number; `out` is a view into what `in` was.
[[nodiscard]] inline bool take_bytes(std::string_view& in, std::string_view& out) noexcept {
    std::uint64_t size = 0;
    if (!take_number(in, size) || size > in.size()) {
        return false;
    }
    out = in.substr(0, size);
    in.remove_prefix(size);
    return true;
}

/// Takes what put_nullable_bytes has put there.
[[nodiscard]] inline bool take_nullable_bytes(std::string_view& in,
                                              std::string_view& out) noexcept {
    const bool null = in.starts_with(std::string_view("\x80\0", 2));
    if (!take_bytes(in, out)) {
        return false;
    }
    if (null) {
        out = {};
    }
    return true;
}

}  // namespace quipu::stores
