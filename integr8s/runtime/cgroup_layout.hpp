// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace integr8s::runtime {

/// The places of one process's groups, as reported by the kernel.
struct CgroupLayout {
    struct Controller {
        std::string name;       ///< "memory", "pids", "cpu"
        std::string directory;  ///< this process's own group
        std::string mount;      ///< root of the hierarchy
    };
    std::vector<Controller> version1;    ///< the needed controllers that version 1 has
    std::optional<Controller> version2;  ///< the unified hierarchy; name is empty

    [[nodiscard]] const Controller* find_version1(std::string_view name) const;
};

/// Parses the texts of /proc/self/mountinfo and /proc/self/cgroup. Never fails: missing or
/// malformed lines are ignored.
[[nodiscard]] CgroupLayout parse_cgroup_layout(std::string_view mountinfo,
                                               std::string_view self_cgroup);

/// The number after `key` in a file of "key number" lines; 0 if there is none.
[[nodiscard]] std::uint64_t cgroup_counter(std::string_view text, std::string_view key);

}  // namespace integr8s::runtime
