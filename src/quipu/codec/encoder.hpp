// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "quipu/base/error.hpp"
#include "quipu/codec/json_writer.hpp"
#include "quipu/event/field.hpp"
#include "quipu/event/type_info.hpp"

namespace quipu::codec {

/// Writes structs as JSON, guided by their tables.
class Encoder {
  public:
    explicit Encoder(JsonWriter& writer) noexcept : out_(writer) {}

    /// The text for a field whose type is null in the table: the event's type.
    std::string_view event_type;

    /// Fields of `info`, each with its comma. False when something cannot be written; error()
    /// tells what.
    [[nodiscard]] bool fields(const StructInfo& info, const void* object);
    /// Fields kept as JSON text. A name must not be one of `declared`.
    [[nodiscard]] bool extra(const Extra& extra, const StructInfo& info, const StructInfo* header);
    [[nodiscard]] bool structure(const StructInfo& info, const void* object);

    /// The field that could not be written and why.
    [[nodiscard]] const std::string& error() const noexcept { return error_; }

  private:
    [[nodiscard]] bool value(const TypeInfo& type, const void* at);
    [[nodiscard]] bool list(const TypeInfo& type, const void* at);
    [[nodiscard]] bool map(const TypeInfo& type, const void* at);
    [[nodiscard]] bool enumeration(const EnumInfo& info, const void* at);
    [[nodiscard]] bool json(std::string_view text);
    void integer(const TypeInfo& type, const void* at);
    bool fail(std::string_view what);

    JsonWriter& out_;
    std::size_t depth_ = 0;
    std::string error_;
};

}  // namespace quipu::codec
