// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "quipu/codec/bson_writer.hpp"
#include "quipu/codec/json_reader.hpp"
#include "quipu/event/field.hpp"
#include "quipu/event/type_info.hpp"

namespace quipu::codec {

/// Writes structs as BSON, driven by their StructInfo.
class BsonEncoder {
  public:
    explicit BsonEncoder(BsonWriter& writer) noexcept : out_(writer) {}

    /// The value of the field whose type is null: event_type.
    std::string_view event_type;

    /// Writes the fields of `info` and those that its Extra field holds.
    void fields(const StructInfo& info, const void* object);
    void extra(const Extra& extra);

  private:
    void value(std::string_view name, const TypeInfo& type, const void* at);
    void list(std::string_view name, const TypeInfo& type, const void* at);
    void map(std::string_view name, const TypeInfo& type, const void* at);
    void integer(std::string_view name, const TypeInfo& type, const void* at);
    void number(std::string_view name, double value);
    /// Writes a value that is held as JSON text; null if the text is not valid JSON.
    void json(std::string_view name, std::string_view text);
    [[nodiscard]] bool json_value(JsonReader& in, std::string_view name);
    [[nodiscard]] bool json_object(JsonReader& in, std::string_view name);
    [[nodiscard]] bool json_list(JsonReader& in, std::string_view name);
    [[nodiscard]] bool json_scalar(JsonReader& in, std::string_view name);

    BsonWriter& out_;
};

/// A name with the replacements that event_document() describes.
[[nodiscard]] std::string bson_name(std::string_view name);

}  // namespace quipu::codec
