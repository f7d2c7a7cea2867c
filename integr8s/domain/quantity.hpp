// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "quipu/base/error.hpp"

namespace integr8s {

// Resource quantities in the notation of Kubernetes.

/// Parses "128Mi", "1Gi", "500M" or "1048576" as bytes. Errors: invalid, naming the text.
[[nodiscard]] quipu::Result<std::int64_t> parse_memory(std::string_view text);

/// Parses "500m" or "2" as thousandths of a processor. Errors: invalid, naming the text.
[[nodiscard]] quipu::Result<std::int64_t> parse_cpu(std::string_view text);

/// The quantity in Mi if that is exact, otherwise in bytes.
[[nodiscard]] std::string memory_text(std::int64_t bytes);
[[nodiscard]] std::string cpu_text(std::int64_t millicores);

}  // namespace integr8s
