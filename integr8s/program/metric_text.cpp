#include "integr8s/program/metric_text.hpp"

#include <fmt/core.h>

#include <iterator>

namespace integr8s::program {

void append_gauge(std::string& out, std::string_view name, std::string_view help,
                  const std::vector<std::pair<std::string, double>>& samples) {
    auto to = std::back_inserter(out);
    fmt::format_to(to, "# HELP {} {}\n# TYPE {} gauge\n", name, help, name);
    for (const auto& [labels, value] : samples) {
        if (labels.empty()) {
            fmt::format_to(to, "{} {}\n", name, value);
        } else {
            fmt::format_to(to, "{}{{{}}} {}\n", name, labels, value);
        }
    }
}

}  // namespace integr8s::program
