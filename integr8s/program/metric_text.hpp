// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace integr8s::program {

/// Appends a gauge in Prometheus text format. Each sample is its labels, such as
/// `phase="running"` (empty for none), and its value.
void append_gauge(std::string& out, std::string_view name, std::string_view help,
                  const std::vector<std::pair<std::string, double>>& samples);

}  // namespace integr8s::program
