// SPDX-License-Identifier: Apache-2.0
#include "quipu/store/record_headers.hpp"

#include <algorithm>

#include "quipu/store/length_prefix.hpp"

namespace quipu {

using stores::max_number_bytes;
using stores::put_bytes;
using stores::put_nullable_bytes;
using stores::take_bytes;
using stores::take_nullable_bytes;

RecordHeaders::RecordHeaders(std::initializer_list<value_type> headers) {
    std::size_t bytes = 0;
    for (const auto& [name, value] : headers) {
        bytes += name.size() + value.size();
    }
    reserve(headers.size(), bytes);
    for (const auto& [name, value] : headers) {
        add(name, value);
    }
}

void RecordHeaders::reserve(std::size_t headers, std::size_t bytes) {
    bytes_.reserve(bytes + 2 * max_number_bytes * headers);
}

void RecordHeaders::add(std::string_view name, std::string_view value) {
    // Either may be a view into these headers, so the block stays until they are copied.
    const std::size_t most = bytes_.size() + name.size() + value.size() + 2 * max_number_bytes;
    if (most <= bytes_.capacity()) {
        put_bytes(bytes_, name);
        put_nullable_bytes(bytes_, value);
        return;
    }
    std::string grown;
    grown.reserve(std::max(most, 2 * bytes_.size()));
    grown = bytes_;
    put_bytes(grown, name);
    put_nullable_bytes(grown, value);
    bytes_.swap(grown);
}

std::size_t RecordHeaders::size() const noexcept {
    return static_cast<std::size_t>(std::distance(begin(), end()));
}

std::optional<std::string_view> RecordHeaders::find(std::string_view name) const noexcept {
    std::optional<std::string_view> found;
    for (const auto& [each, value] : *this) {
        if (each == name) {
            found = value;
        }
    }
    return found;
}

std::optional<RecordHeaders> RecordHeaders::from_bytes(std::string bytes) {
    std::string_view rest = bytes;
    value_type header;
    while (!rest.empty()) {
        if (!take_bytes(rest, header.first) || !take_nullable_bytes(rest, header.second)) {
            return std::nullopt;
        }
    }
    RecordHeaders headers;
    headers.bytes_ = std::move(bytes);
    return headers;
}

void RecordHeaders::Iterator::read() noexcept {
    std::string_view rest(at_, static_cast<std::size_t>(end_ - at_));
    if (take_bytes(rest, header_.first) && take_nullable_bytes(rest, header_.second)) {
        next_ = rest.data();
    } else {
        next_ = end_;
    }
}

}  // namespace quipu
