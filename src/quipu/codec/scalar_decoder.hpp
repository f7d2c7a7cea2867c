// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "quipu/codec/fault_kind.hpp"
#include "quipu/codec/json_reader.hpp"
#include "quipu/event/catalogue.hpp"
#include "quipu/event/time.hpp"
#include "quipu/event/type_info.hpp"

namespace quipu::codec {

/// Decodes values that have no elements. Each function consumes one value and returns its fault, if
/// any. Converts between types as coerce.hpp describes, unless `strict` is set.
class ScalarDecoder {
  public:
    /// If `types` is null, names of event types are only checked for their form.
    ScalarDecoder(JsonReader& in, const EventTypes* types, bool strict) noexcept
        : in_(in), types_(types), strict_(strict) {}

    /// `type` must not be a structure, a list, a map or JSON. `at` points to a value of that type.
    [[nodiscard]] FaultKind read(const TypeInfo& type, void* at);

  private:
    [[nodiscard]] FaultKind read_text(std::string& out);
    [[nodiscard]] FaultKind read_boolean(bool& out);
    [[nodiscard]] FaultKind read_integer(const TypeInfo& type, void* at);
    [[nodiscard]] FaultKind read_double(double& out);
    [[nodiscard]] FaultKind read_time_value(Time& out);
    [[nodiscard]] FaultKind read_enumeration(const EnumInfo& info, void* at);
    [[nodiscard]] FaultKind read_event_type_name(std::string& out);

    JsonReader& in_;
    const EventTypes* types_;
    const bool strict_;
    std::string scratch_;
};

}  // namespace quipu::codec
