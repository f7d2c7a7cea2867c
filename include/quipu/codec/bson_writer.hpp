// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace quipu::codec {

/// Appends one BSON document (bsonspec.org) to a string. Names must not contain a zero byte; texts
/// must be UTF-8. Inside a list pass empty names: the writer numbers the elements.
class BsonWriter {
  public:
    explicit BsonWriter(std::string& out) : out_(out) { open(false); }
    BsonWriter(const BsonWriter&) = delete;
    BsonWriter& operator=(const BsonWriter&) = delete;

    void int32(std::string_view name, std::int32_t value);
    void int64(std::string_view name, std::int64_t value);
    void number(std::string_view name, double value);
    void boolean(std::string_view name, bool value);
    void null(std::string_view name);
    void text(std::string_view name, std::string_view value);
    void binary(std::string_view name, std::string_view bytes);
    void date(std::string_view name, std::int64_t milliseconds);
    /// A complete BSON document.
    void document(std::string_view name, std::string_view bson);
    /// An element copied from another document: type byte, name and value.
    void element(std::string_view raw);

    void begin_document(std::string_view name);
    void begin_list(std::string_view name);
    /// Ends the innermost open document or list. The outermost document must be ended, too.
    void end();

    /// The number of open documents and lists.

    [[nodiscard]] std::size_t depth() const noexcept { return open_.size(); }

  private:
    struct Open {
        std::size_t start = 0;
        bool list = false;
        std::size_t next = 0;
    };
    void head(char type, std::string_view name);
    void open(bool list);
    void put(const void* data, std::size_t size);

    std::string& out_;
    std::vector<Open> open_;
};

}  // namespace quipu::codec
