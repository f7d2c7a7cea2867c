// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "quipu/base/error.hpp"
#include "quipu/codec/json_writer.hpp"
#include "quipu/event/field.hpp"
#include "quipu/event/type_info.hpp"

namespace quipu::codec {

/// Writes structs as JSON, driven by their StructInfo.
class Encoder {
  public:
    explicit Encoder(JsonWriter& writer) noexcept : out_(writer) {}

    /// The value of the field whose type is null: event_type.
    std::string_view event_type;

    /// Writes the fields of `info`, each with its comma. Returns false if a field cannot be
    /// written; see error().
    [[nodiscard]] bool fields(const StructInfo& info, const void* object);
    /// Writes fields that are held as JSON text. Fails if a name is one of `declared`.
    [[nodiscard]] bool extra(const Extra& extra, const StructInfo& info, const StructInfo* header);
    [[nodiscard]] bool structure(const StructInfo& info, const void* object);

    /// Which field could not be written, and why.
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
