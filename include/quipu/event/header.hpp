// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "quipu/event/field.hpp"
#include "quipu/event/time.hpp"
#include "quipu/event/type_info.hpp"

namespace quipu {

enum class Environment { development, staging, production, test };

/// Who produced an event, and for whom. `user_id` is left out when unknown: it is never invented.
struct EventMetadata {
    std::string service_name;
    std::string service_version;
    Omittable<std::string> user_id = {};
    Default<Environment> environment = Environment::production;
};

/// What every event carries beside its own fields. On the wire it comes first, flat, with
/// event_type after event_id.
struct EventHeader {
    std::string event_id;  ///< UUIDv7 when made here; any string that a foreign producer sent
    std::string event_version = "1.0";
    Time timestamp{};
    std::optional<std::string> aggregate_id = {};
    EventMetadata metadata = {};
};

/// The wire fields of a header in wire order; event_type, which the header does not hold, stands
/// second with a null type.
[[nodiscard]] const StructInfo& header_info();

}  // namespace quipu
