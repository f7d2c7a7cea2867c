// SPDX-License-Identifier: Apache-2.0
#include "integr8s/runtime/cgroup_layout.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

namespace integr8s::runtime {
namespace {

constexpr std::array<std::string_view, 3> wanted{"memory", "pids", "cpu"};

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    for (;;) {
        const std::size_t at = text.find(separator);
        parts.push_back(text.substr(0, at));
        if (at == std::string_view::npos) return parts;
        text.remove_prefix(at + 1);
    }
}

bool has(const std::vector<std::string_view>& parts, std::string_view part) {
    return std::ranges::find(parts, part) != parts.end();
}

struct Mount {
    std::string_view root;
    std::string_view point;
    std::string_view type;
    std::string_view options;
};

/// "36 35 98:0 /root /point options [tags] - type source super-options"
std::optional<Mount> parse_mount(std::string_view line) {
    const std::size_t dash = line.find(" - ");
    if (dash == std::string_view::npos) return std::nullopt;
    const auto before = split(line.substr(0, dash), ' ');
    const auto after = split(line.substr(dash + 3), ' ');
    if (before.size() < 6 || after.size() < 3) return std::nullopt;
    return Mount{before[3], before[4], after[0], after[2]};
}

/// The path of this process's group in the hierarchy with `controller`; an empty name means version
/// 2.
std::optional<std::string_view> own_path(std::string_view self_cgroup,
                                         std::string_view controller) {
    for (const std::string_view line : split(self_cgroup, '\n')) {
        const std::size_t first = line.find(':');
        const std::size_t second = first == line.npos ? line.npos : line.find(':', first + 1);
        if (second == line.npos) continue;
        const std::string_view names = line.substr(first + 1, second - first - 1);
        const bool hit = controller.empty() ? names.empty() : has(split(names, ','), controller);
        if (hit) return line.substr(second + 1);
    }
    return std::nullopt;
}

/// The path relative to the mounted part of the hierarchy, since a mount may show only a part of
/// it.
std::string directory_of(const Mount& mount, std::string_view path) {
    if (mount.root != "/" && path.starts_with(mount.root)) path.remove_prefix(mount.root.size());
    while (path.ends_with('/')) path.remove_suffix(1);
    return std::string{mount.point} + std::string{path};
}

}  // namespace

const CgroupLayout::Controller* CgroupLayout::find_version1(std::string_view name) const {
    const auto at = std::ranges::find(version1, name, &Controller::name);
    return at == version1.end() ? nullptr : &*at;
}

CgroupLayout parse_cgroup_layout(std::string_view mountinfo, std::string_view self_cgroup) {
    CgroupLayout layout;
    for (const std::string_view line : split(mountinfo, '\n')) {
        const auto mount = parse_mount(line);
        if (!mount) continue;
        if (mount->type == "cgroup2" && !layout.version2) {
            if (const auto path = own_path(self_cgroup, ""))
                layout.version2 = {"", directory_of(*mount, *path), std::string{mount->point}};
        }
        if (mount->type != "cgroup") continue;
        for (const std::string_view name : wanted) {
            if (!has(split(mount->options, ','), name)) continue;
            const auto path = own_path(self_cgroup, name);
            if (path && layout.find_version1(name) == nullptr) {
                layout.version1.push_back(
                    {std::string{name}, directory_of(*mount, *path), std::string{mount->point}});
            }
        }
    }
    return layout;
}

std::uint64_t cgroup_counter(std::string_view text, std::string_view key) {
    for (const std::string_view line : split(text, '\n')) {
        const std::size_t space = line.find(' ');
        if (space == line.npos || line.substr(0, space) != key) continue;
        const std::string_view digits = line.substr(space + 1);
        std::uint64_t value = 0;
        std::from_chars(digits.data(), digits.data() + digits.size(), value);
        return value;
    }
    return 0;
}

}  // namespace integr8s::runtime
