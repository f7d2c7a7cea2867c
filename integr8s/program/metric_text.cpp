// SPDX-License-Identifier: Apache-2.0
#include "integr8s/program/metric_text.hpp"

#include <fmt/core.h>

namespace integr8s::program {

void append_gauge(std::string& out, std::string_view name, std::string_view help,
                  const std::vector<std::pair<std::string, double>>& samples) {
    out += fmt::format("# HELP {} {}\n# TYPE {} gauge\n", name, help, name);
    for (const auto& [labels, value] : samples) {
        if (labels.empty()) {
            out += fmt::format("{} {}\n", name, value);
        } else {
            out += fmt::format("{}{{{}}} {}\n", name, labels, value);
        }
    }
}

}  // namespace integr8s::program
