// SPDX-License-Identifier: Apache-2.0
#include "integr8s/domain/quantity.hpp"

#include <array>
#include <charconv>
#include <limits>
#include <utility>

#include "quipu/base/text.hpp"
#include "quipu/codec/json.hpp"

namespace integr8s {
namespace {

constexpr std::int64_t kibibyte = 1024;

constexpr std::array<std::pair<std::string_view, std::int64_t>, 8> memory_units{{
    {"", 1},
    {"k", 1000},
    {"M", 1000 * 1000},
    {"G", 1000 * 1000 * 1000},
    {"Ki", kibibyte},
    {"Mi", kibibyte* kibibyte},
    {"Gi", kibibyte* kibibyte* kibibyte},
    {"Ti", kibibyte* kibibyte* kibibyte* kibibyte},
}};
constexpr std::array<std::pair<std::string_view, std::int64_t>, 2> cpu_units{{
    {"", 1000},
    {"m", 1},
}};

template <class Units>
quipu::Result<std::int64_t> parse(std::string_view text, const Units& units, const char* what) {
    std::int64_t number = 0;
    const char* end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, number);
    if (error == std::errc{} && number > 0) {
        const std::string_view unit(rest, static_cast<std::size_t>(end - rest));
        for (const auto& [name, factor] : units) {
            if (unit != name) continue;
            if (number > std::numeric_limits<std::int64_t>::max() / factor) break;
            return number * factor;
        }
    }
    return quipu::fail(quipu::ErrorCode::invalid,
                       std::string(what) + " '" + quipu::to_valid_utf8(text.substr(0, 40)) +
                           "' is not a quantity; write it like " +
                           (units.size() == cpu_units.size() ? "500m" : "128Mi"));
}

}  // namespace

quipu::Result<std::int64_t> parse_memory(std::string_view text) {
    return parse(text, memory_units, "memory");
}

quipu::Result<std::int64_t> parse_cpu(std::string_view text) {
    return parse(text, cpu_units, "cpu");
}

std::string memory_text(std::int64_t bytes) {
    constexpr std::int64_t mebibyte = kibibyte * kibibyte;
    if (bytes % mebibyte == 0) return std::to_string(bytes / mebibyte) + "Mi";
    return std::to_string(bytes);
}

std::string cpu_text(std::int64_t millicores) {
    return std::to_string(millicores) + "m";
}

}  // namespace integr8s
