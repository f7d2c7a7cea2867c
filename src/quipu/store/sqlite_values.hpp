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
namespace quipu::sqlite {

using UuidBytes = std::array<char, 16>;

/// The 16 bytes of a UUID in its canonical form (lower case, hyphens); nothing for other text.
[[nodiscard]] std::optional<UuidBytes> uuid_bytes(std::string_view text) noexcept;
/// The canonical text of 16 bytes; other sizes come out as hexadecimal digits.
[[nodiscard]] std::string uuid_text(std::string_view bytes);

[[nodiscard]] std::int64_t to_micros(Time time) noexcept;
[[nodiscard]] Time from_micros(std::int64_t micros) noexcept;

/// Length-prefixed pairs; empty for no headers. Values may hold any bytes.
[[nodiscard]] std::string encode_headers(const RecordHeaders& headers);
[[nodiscard]] std::optional<RecordHeaders> decode_headers(std::string_view bytes);

[[nodiscard]] std::string encode_attempts(const std::vector<Attempt>& attempts);
[[nodiscard]] std::optional<std::vector<Attempt>> decode_attempts(std::string_view bytes);

/// CRC-32 of the large parts of a record, and of all of it on top of that. SQLite does not notice
/// a changed byte within a row; this does.
[[nodiscard]] std::uint32_t payload_checksum(std::string_view headers,
                                             std::string_view body) noexcept;
[[nodiscard]] std::int64_t record_checksum(std::uint32_t payload, const Record& record);

[[nodiscard]] std::int64_t document_checksum(std::string_view collection, std::string_view key,
                                             std::string_view body) noexcept;

}  // namespace quipu::sqlite
