// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace quipu::kafka {

/// The clients that a property of librdkafka applies to.
struct PropertySides {
    bool producer = false;
    bool consumer = false;
};

/// Looks a property up; empty for a name that this librdkafka does not know.
[[nodiscard]] std::optional<PropertySides> property_sides(std::string_view name);
/// The known name that is most similar to `name`; empty if none is.
[[nodiscard]] std::string nearest_property(std::string_view name);
/// Why users may not set the property; empty if they may.
[[nodiscard]] std::string_view refusal(std::string_view name);

}  // namespace quipu::kafka
