// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "quipu/event/field.hpp"
#include "quipu/event/time.hpp"
#include "quipu/event/type_info.hpp"

namespace quipu {

enum class Environment { development, staging, production, test };

/// Who produced an event, and on whose behalf. `user_id` is left out when it is unknown.
struct EventMetadata {
    std::string service_name;
    std::string service_version;
    Omittable<std::string> user_id = {};
    Default<Environment> environment = Environment::production;
};

/// The fields that every event has. On the wire they come first, in the same JSON object as the
/// event's own fields, with event_type after event_id.
struct EventHeader {
    std::string
        event_id;  ///< a UUIDv7 if made by this library; foreign producers may send any text
    std::string event_version = "1.0";
    Time timestamp{};
    std::optional<std::string> aggregate_id = {};
    EventMetadata metadata = {};
};

/// The fields of a header in wire order. event_type, which EventHeader does not hold, is the second
/// one and has a null type.
[[nodiscard]] const StructInfo& header_info();

}  // namespace quipu
