// SPDX-License-Identifier: Apache-2.0
#include "quipu/store/engine/values.hpp"

#include <chrono>
#include <cstddef>
#include <cstring>

#include "quipu/base/checksum.hpp"
#include "quipu/base/hex.hpp"
#include "quipu/store/length_prefix.hpp"

namespace quipu::stores {
namespace {

// Upper case is refused, since the text that is made from the bytes again is in lower case.
int lower_hex_value(char digit) noexcept {
    return digit >= 'A' && digit <= 'F' ? -1 : hex_value(digit);
}

constexpr bool hyphen_at(std::size_t index) noexcept {
    return index == 8 || index == 13 || index == 18 || index == 23;
}

// Signed 32 bits take four bytes in a row, unsigned ones mostly six.
std::int64_t as_stored(std::uint32_t checksum) noexcept {
    return static_cast<std::int32_t>(checksum);
}

}  // namespace

std::optional<UuidBytes> uuid_bytes(std::string_view text) noexcept {
    if (text.size() != 36) {
        return std::nullopt;
    }
    UuidBytes bytes{};
    std::size_t filled = 0;
    for (std::size_t i = 0; i < text.size();) {
        if (hyphen_at(i)) {
            if (text[i] != '-') {
                return std::nullopt;
            }
            ++i;
            continue;
        }
        const int high = lower_hex_value(text[i]);
        const int low = lower_hex_value(text[i + 1]);
        if (high < 0 || low < 0) {
            return std::nullopt;
        }
        bytes[filled++] = static_cast<char>(high * 16 + low);
        i += 2;
    }
    return bytes;
}

std::string uuid_text(std::string_view bytes) {
    std::string text;
    text.reserve(bytes.size() * 2 + 4);
    for (const char byte : bytes) {
        if (bytes.size() == 16 && hyphen_at(text.size())) {
            text.push_back('-');
        }
        append_hex(text, byte);
    }
    return text;
}

std::int64_t to_micros(Time time) noexcept {
    return time.time_since_epoch().count();
}

Time from_micros(std::int64_t micros) noexcept {
    return Time(std::chrono::microseconds(micros));
}

std::string encode_attempts(const std::vector<Attempt>& attempts) {
    std::string out;
    for (const auto& attempt : attempts) {
        put_number(out, static_cast<std::uint64_t>(to_micros(attempt.at)));
        put_bytes(out, attempt.error);
    }
    return out;
}

std::optional<std::vector<Attempt>> decode_attempts(std::string_view bytes) {
    std::vector<Attempt> attempts;
    while (!bytes.empty()) {
        std::uint64_t micros = 0;
        std::string_view error;
        if (!take_number(bytes, micros) || !take_bytes(bytes, error)) {
            return std::nullopt;
        }
        attempts.push_back({from_micros(static_cast<std::int64_t>(micros)), std::string(error)});
    }
    return attempts;
}

RecordImage image_of(const Record& record) {
    RecordImage image;
    image.event_id = uuid_bytes(record.event_id);
    image.aggregate_id = uuid_bytes(record.aggregate_id);
    image.key = record.key == record.aggregate_id ? image.aggregate_id : uuid_bytes(record.key);
    image.checksum = content_checksum(record);
    return image;
}

std::uint32_t content_checksum(const Record& record) {
    std::uint32_t sum = crc32_of(crc32_of(0, record.headers.bytes()), record.body);
    // The small parts in one piece: a call costs more than its bytes.
    std::array<char, 512> small{};
    std::size_t used = 0;
    const auto add = [&](const void* data, std::size_t size) {
        if (size > small.size() - used) {
            sum = crc32_of(sum, {small.data(), used});
            used = 0;
        }
        if (size > small.size()) {
            sum = crc32_of(sum, {static_cast<const char*>(data), size});
        } else if (size != 0) {
            std::memcpy(small.data() + used, data, size);
            used += size;
        }
    };
    const std::array<std::int64_t, 2> times{to_micros(record.timestamp),
                                            record.expires_at ? to_micros(*record.expires_at) : -1};
    add(times.data(), sizeof times);
    for (const std::string_view text :
         {std::string_view(record.event_id), std::string_view(record.event_type),
          std::string_view(record.key), std::string_view(record.aggregate_id)}) {
        const auto size = static_cast<std::uint32_t>(text.size());
        add(&size, sizeof size);
        add(text.data(), text.size());
    }
    return crc32_of(sum, {small.data(), used});
}

std::int64_t row_checksum(std::uint32_t content, const Record& record) noexcept {
    const std::array<std::int64_t, 3> place{record.position, record.sequence,
                                            to_micros(record.stored_at)};
    std::array<char, sizeof place> bytes{};
    std::memcpy(bytes.data(), place.data(), sizeof place);
    return as_stored(crc32_of(content, {bytes.data(), bytes.size()}));
}

std::int64_t finished_checksum(std::string_view group, std::int64_t first,
                               std::int64_t last) noexcept {
    const std::array<std::int64_t, 2> range{first, last};
    std::array<char, sizeof range> bytes{};
    std::memcpy(bytes.data(), range.data(), sizeof range);
    return as_stored(crc32_of(crc32_of(0, group), {bytes.data(), bytes.size()}));
}

std::int64_t document_checksum(std::string_view collection, std::string_view key,
                               std::string_view body) noexcept {
    return as_stored(crc32_of(crc32_of(crc32_of(crc32_of(0, collection), "/"), key), body));
}

}  // namespace quipu::stores
