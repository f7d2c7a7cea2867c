// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bson/bson.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "quipu/codec/bson_writer.hpp"
#include "quipu/event/time.hpp"

namespace quipu::stores {}
namespace quipu::mongo {

using namespace stores;  // what all engines share
using codec::BsonWriter;

/// A BSON document made by `fill(writer)`.
template <class Fill>
[[nodiscard]] std::string bson(Fill&& fill) {
    std::string out;
    BsonWriter writer(out);
    fill(writer);
    writer.end();
    return out;
}

/// Whether `bytes` can stand in a BSON string here.
[[nodiscard]] bool is_text(std::string_view bytes) noexcept;

/// Names and errors may hold any bytes, which BSON's strings may not: what is not UTF-8, or has a
/// zero byte, at which some clients cut a string, is stored as binary.
void put_text(BsonWriter& writer, std::string_view name, std::string_view value);

/// `name` as a date for people, cut to milliseconds, and `name`_us as the exact instant.
void put_time(BsonWriter& writer, std::string_view name, Time time);

/// Looks into a BSON document; the bytes must outlive it. What is absent or of another type comes
/// out empty: bytes of a server are never trusted further than the checksum.
class View {
  public:
    View() = default;
    explicit View(std::string_view bytes) noexcept : bytes_(bytes) {}
    explicit View(const bson_t& document) noexcept
        : bytes_(reinterpret_cast<const char*>(bson_get_data(&document)), document.len) {}

    [[nodiscard]] std::string_view bytes() const noexcept { return bytes_; }
    [[nodiscard]] bool has(const char* name) const;
    [[nodiscard]] std::int64_t integer(const char* name, std::int64_t otherwise = 0) const;
    /// The text of a string or the bytes of a binary.
    [[nodiscard]] std::string_view text(const char* name) const;
    [[nodiscard]] std::string string(const char* name) const { return std::string(text(name)); }
    [[nodiscard]] Time time(const char* name_us) const;
    [[nodiscard]] View document(const char* name) const;
    /// The raw element (type, name, value), empty when absent.
    [[nodiscard]] std::string_view element(const char* name) const;
    /// Each element: its name and its raw bytes.
    void elements(const std::function<void(std::string_view, std::string_view)>& visit) const;
    /// Each document in a list.
    void each(const char* list, const std::function<void(View)>& visit) const;

  private:
    std::string_view bytes_;
};

/// Two names as one text that tells them apart: "first/second", with % and, in the first, / as %XX;
/// bytes that a text may not hold, too.
[[nodiscard]] std::string joined(std::string_view first, std::string_view second);

/// Does not own the bytes.
[[nodiscard]] bson_t as_bson(std::string_view bytes);

}  // namespace quipu::mongo
