// SPDX-License-Identifier: Apache-2.0
#include "integr8s/runtime/pod_spec_check.hpp"

#include <algorithm>
#include <string_view>

namespace integr8s::runtime {
namespace {

using quipu::ErrorCode;
using quipu::Result;

constexpr std::size_t longest_name = 253;
constexpr std::size_t longest_filename = 128;
constexpr std::size_t most_command_words = 64;
constexpr std::size_t most_command_bytes = 16 << 10;
constexpr std::uint64_t mebibyte = 1ULL << 20;

bool plain(std::string_view name, std::size_t longest) {
    constexpr std::string_view allowed =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    return !name.empty() && name.size() <= longest && name.front() != '.' && name.front() != '-' &&
           name.find_first_not_of(allowed) == std::string_view::npos;
}

bool good_command(const std::vector<std::string>& command) {
    std::size_t bytes = 0;
    for (const std::string& word : command) {
        if (word.find('\0') != std::string::npos) return false;
        bytes += word.size();
    }
    return !command.empty() && !command.front().empty() && command.size() <= most_command_words &&
           bytes <= most_command_bytes;
}

struct Range {
    const char* name;
    std::uint64_t value;
    std::uint64_t least;
    std::uint64_t most;
};

std::vector<Range> ranges(const ResourceLimits& limits) {
    return {{"memory_bytes", limits.memory_bytes, 8 * mebibyte, 1024 * 1024 * mebibyte},
            {"processes", limits.processes, 1, 32'768},
            {"cpu_seconds", limits.cpu_seconds, 1, 86'400},
            {"cpu_millicores", limits.cpu_millicores, 10, 1'024'000},
            {"output_bytes", limits.output_bytes, 1, 64 * mebibyte},
            {"scratch_bytes", limits.scratch_bytes, 64 << 10, 1024 * 1024 * mebibyte},
            {"file_bytes", limits.file_bytes, 1, 1024 * 1024 * mebibyte},
            {"open_files", limits.open_files, 8, 65'536}};
}

std::unexpected<quipu::Error> refuse(const std::string& what) {
    return quipu::fail(ErrorCode::invalid, what);
}

}  // namespace

Result<void> check_pod_spec(const PodSpec& spec, const SandboxOptions& options) {
    if (!plain(spec.pod_name, longest_name)) {
        return refuse("pod_name must be 1 to " + std::to_string(longest_name) +
                      " letters, digits, '.', '_' or '-' and start with a letter or digit");
    }
    if (!plain(spec.filename, longest_filename)) {
        return refuse("filename of pod " + spec.pod_name +
                      " must be a plain file name of letters, digits, '.', '_' or '-'");
    }
    if (!good_command(spec.command)) {
        return refuse("command of pod " + spec.pod_name + " must have 1 to " +
                      std::to_string(most_command_words) + " words, " +
                      std::to_string(most_command_bytes) + " bytes in all, without NUL");
    }
    if (spec.script.size() > options.max_script_bytes) {
        return refuse("script of pod " + spec.pod_name + " has " +
                      std::to_string(spec.script.size()) + " bytes, more than the limit of " +
                      std::to_string(options.max_script_bytes));
    }
    if (spec.timeout.count() <= 0 || spec.timeout > options.max_timeout) {
        return refuse("timeout of pod " + spec.pod_name + " must be 1 to " +
                      std::to_string(options.max_timeout.count()) + " ms");
    }
    for (const Range& range : ranges(spec.limits)) {
        if (range.value >= range.least && range.value <= range.most) continue;
        return refuse("limit " + std::string{range.name} + " of pod " + spec.pod_name + " is " +
                      std::to_string(range.value) + ", must be " + std::to_string(range.least) +
                      " to " + std::to_string(range.most));
    }
    return {};
}

Result<void> check_sandbox_options(const SandboxOptions& options) {
    if (options.max_running < 1 || options.max_running > 500)
        return refuse("max_running must be 1 to 500");
    if (options.max_pods < options.max_running || options.max_pods > 100'000)
        return refuse("max_pods must be max_running to 100000");
    if (options.max_script_bytes > (64U << 20))
        return refuse("max_script_bytes must be up to 64 MiB");
    if (options.max_timeout.count() <= 0 || options.setup_timeout.count() <= 0)
        return refuse("max_timeout and setup_timeout must be positive");
    if (options.flood_bytes < mebibyte) return refuse("flood_bytes must be at least 1 MiB");
    return {};
}

}  // namespace integr8s::runtime
