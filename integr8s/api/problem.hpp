// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "quipu/base/error.hpp"
#include "quipu/codec/fault.hpp"
#include "quipu/http/message.hpp"

namespace integr8s::api {

/// The response for an Error: validation 422, not_found 404, conflict 409, throttled 429 (for
/// limit), unavailable 503 (also for busy), otherwise internal 500 without the message. The body is
/// {"detail": sentence, "type": word}.
[[nodiscard]] quipu::HttpResponse problem(const quipu::Error& error);

/// 422 with all faults: {"detail", "type": "validation", "errors": [{"type", "loc", "msg"}]}. `loc`
/// begins with `part`, which is "body", "query" or "header".
[[nodiscard]] quipu::HttpResponse problem(const quipu::Faults& faults, std::string_view part);

/// 422 with one fault, of the query parameter or header `name`.
[[nodiscard]] quipu::HttpResponse bad_value(std::string_view part, std::string_view name,
                                            std::string_view message);

}  // namespace integr8s::api
