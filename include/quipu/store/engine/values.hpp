// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "quipu/store/record.hpp"
#include "quipu/store/transaction.hpp"

/// How values look inside the file. Everything here is the file format.
namespace quipu::stores {

using UuidBytes = std::array<char, 16>;

/// The 16 bytes of a UUID in its canonical form (lower case, hyphens); nothing for other text.
[[nodiscard]] std::optional<UuidBytes> uuid_bytes(std::string_view text) noexcept;
/// The canonical text of 16 bytes; other sizes come out as hexadecimal digits.
[[nodiscard]] std::string uuid_text(std::string_view bytes);

[[nodiscard]] std::int64_t to_micros(Time time) noexcept;
[[nodiscard]] Time from_micros(std::int64_t micros) noexcept;

[[nodiscard]] std::string encode_attempts(const std::vector<Attempt>& attempts);
[[nodiscard]] std::optional<std::vector<Attempt>> decode_attempts(std::string_view bytes);

/// How a record's parts look in a row, as far as they are known before it has its place.
struct RecordImage {
    std::optional<UuidBytes> event_id;
    std::optional<UuidBytes> aggregate_id;
    std::optional<UuidBytes> key;
    /// CRC-32 of all that the producer decides. SQLite does not notice a changed byte within a
    /// row; this does.
    std::uint32_t checksum = 0;
};
[[nodiscard]] RecordImage image_of(const Record& record);
/// The checksum of the producer's part.
[[nodiscard]] std::uint32_t content_checksum(const Record& record);
/// The checksum of the whole row: `content` and the record's place.
[[nodiscard]] std::int64_t row_checksum(std::uint32_t content, const Record& record) noexcept;

/// Of what a group has finished: the positions `first` to `last`. An offset is the range that
/// begins at 1, and may be empty.
[[nodiscard]] std::int64_t finished_checksum(std::string_view group, std::int64_t first,
                                             std::int64_t last) noexcept;
[[nodiscard]] std::int64_t document_checksum(std::string_view collection, std::string_view key,
                                             std::string_view body) noexcept;

}  // namespace quipu::stores
