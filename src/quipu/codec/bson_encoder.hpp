// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "quipu/codec/bson_writer.hpp"
#include "quipu/codec/json_reader.hpp"
#include "quipu/event/field.hpp"
#include "quipu/event/type_info.hpp"

namespace quipu::codec {

/// Writes structs as BSON, guided by their tables.
class BsonEncoder {
  public:
    explicit BsonEncoder(BsonWriter& writer) noexcept : out_(writer) {}

    /// The text for a field whose type is null in the table: the event's type.
    std::string_view event_type;

    /// Fields of `info`, and what its Extra field keeps.
    void fields(const StructInfo& info, const void* object);
    void extra(const Extra& extra);

  private:
    void value(std::string_view name, const TypeInfo& type, const void* at);
    void list(std::string_view name, const TypeInfo& type, const void* at);
    void map(std::string_view name, const TypeInfo& type, const void* at);
    void integer(std::string_view name, const TypeInfo& type, const void* at);
    void number(std::string_view name, double value);
    /// A value that is kept as JSON text; null when the text is not valid.
    void json(std::string_view name, std::string_view text);
    [[nodiscard]] bool json_value(JsonReader& in, std::string_view name);
    [[nodiscard]] bool json_object(JsonReader& in, std::string_view name);
    [[nodiscard]] bool json_list(JsonReader& in, std::string_view name);
    [[nodiscard]] bool json_scalar(JsonReader& in, std::string_view name);

    BsonWriter& out_;
};

/// A name as BSON takes it; see event_document().
[[nodiscard]] std::string bson_name(std::string_view name);

}  // namespace quipu::codec
