// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "quipu/base/error.hpp"

namespace quipu::stores {

/// The text of the top-level member `execution_id` of a JSON object; empty when there is none.
[[nodiscard]] std::string execution_id_of(std::string_view body);

/// "a.b.0" as the JSON pointer "/a/b/0"; nothing when the path is not made of 1 to 16 segments of
/// letters, digits and underscores.
[[nodiscard]] std::optional<std::string> member_pointer(std::string_view path);

/// What to say when member_pointer gives nothing.
[[nodiscard]] Error bad_member_path();

/// A member as text (a string's content, a number's or boolean's JSON text), nothing for anything
/// else and for a body that is no JSON.
[[nodiscard]] std::optional<std::string> member_text(std::string_view body,
                                                     std::string_view pointer);

}  // namespace quipu::stores
