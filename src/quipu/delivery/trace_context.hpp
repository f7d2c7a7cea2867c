// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "quipu/store/record_headers.hpp"

namespace quipu {

/// Whether the value of a header `traceparent` is valid by W3C's Trace Context, level 1: lower-case
/// hexadecimal fields of the right lengths, neither id all zeros, and a version other than ff.
[[nodiscard]] bool is_traceparent(std::string_view value) noexcept;

/// Whether the value of a header `tracestate` may be passed on: at most 512 printable characters of
/// ASCII. Its entries belong to the tracing systems that wrote them.
[[nodiscard]] bool is_tracestate(std::string_view value) noexcept;

/// Adds the trace context of `cause` to the headers of an event that it has led to, unless these
/// have a `traceparent` of their own. What is not valid is left out, and `tracestate` without a
/// valid `traceparent`, too.
void inherit_trace(const RecordHeaders& cause, RecordHeaders& headers);

}  // namespace quipu
