// SPDX-License-Identifier: Apache-2.0
#include "integr8s/runtime/cgroup.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <filesystem>
#include <sstream>

namespace integr8s::runtime {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view base_prefix = "integr8s-pods-";
constexpr std::string_view aside_name = "/integr8s-main";
constexpr std::array<const char*, 3> controllers{"memory", "pids", "cpu"};

/// 0 or the errno of the failure.
int write_text(const std::string& path, const std::string& text) {
    const quipu::Descriptor fd{::open(path.c_str(), O_WRONLY | O_CLOEXEC)};
    if (!fd) return errno;
    return ::write(fd.get(), text.data(), text.size()) < 0 ? errno : 0;
}

int make_directory(const std::string& path) {
    return ::mkdir(path.c_str(), 0755) == 0 || errno == EEXIST ? 0 : errno;
}

std::vector<std::string> words(const std::string& text) {
    std::istringstream in{text};
    std::vector<std::string> found;
    for (std::string word; in >> word;) found.push_back(word);
    return found;
}

bool contains(const std::vector<std::string>& all, std::string_view one) {
    return std::ranges::find(all, one) != all.end();
}

/// Removes groups without processes, which a killed run of this program has left.
void sweep(const std::string& parent) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(parent, error)) {
        const std::string name = entry.path().filename().string();
        if (!name.starts_with(base_prefix)) continue;
        int pid = 0;
        std::from_chars(name.data() + base_prefix.size(), name.data() + name.size(), pid);
        if (pid <= 1) continue;
        if (::kill(pid, 0) == 0 || errno != ESRCH) continue;
        std::error_code ignored;
        for (const auto& pod : fs::directory_iterator(entry.path(), ignored))
            if (pod.is_directory(ignored)) ::rmdir(pod.path().c_str());
        ::rmdir(entry.path().c_str());
    }
}

/// A different name for each runtime of this program, so that none removes the groups of another.
std::string own_base(const std::string& parent) {
    static std::atomic<unsigned int> next{0};
    return parent + "/" + std::string{base_prefix} + std::to_string(::getpid()) + "-" +
           std::to_string(next++);
}

/// A group that delegates controllers to its children must not have processes itself. If this
/// program is alone in its group, it moves into a child of it.
void step_aside(const std::string& own) {
    const auto members = words(read_text(own + "/cgroup.procs"));
    if (members.size() != 1 || members.front() != std::to_string(::getpid())) return;
    std::string aside = own;
    aside += aside_name;
    if (make_directory(aside) == 0) write_text(aside + "/cgroup.procs", "0");
}

void enable_controllers(const std::string& directory) {
    for (const char* name : controllers)
        write_text(directory + "/cgroup.subtree_control", std::string{"+"} + name);
}

}  // namespace

std::vector<int> PodCgroup::procs() const {
    std::vector<int> fds;
    fds.reserve(procs_.size());
    for (const quipu::Descriptor& fd : procs_) fds.push_back(fd.get());
    return fds;
}

std::uint64_t PodCgroup::oom_kills() const {
    if (memory_.empty()) return 0;
    const char* const name = version2_ ? "/memory.events" : "/memory.oom_control";
    return cgroup_counter(read_text(memory_ + name), "oom_kill");
}

std::uint64_t PodCgroup::peak_kb() const {
    if (memory_.empty()) return 0;
    const char* const name = version2_ ? "/memory.peak" : "/memory.max_usage_in_bytes";
    const std::string text = read_text(memory_ + name);
    std::uint64_t bytes = 0;
    std::from_chars(text.data(), text.data() + text.size(), bytes);
    return bytes / 1024;
}

void PodCgroup::kill() const {
    for (const std::string& directory : directories_) {
        if (version2_ && write_text(directory + "/cgroup.kill", "1") == 0) continue;
        for (const std::string& pid : words(read_text(directory + "/cgroup.procs"))) {
            int number = 0;
            std::from_chars(pid.data(), pid.data() + pid.size(), number);
            // 0 stands for a process of another namespace, which this program could not name.
            if (number > 1) ::kill(number, SIGKILL);
        }
    }
}

bool PodCgroup::remove() {
    close_procs();
    std::erase_if(directories_, [](const std::string& directory) {
        return ::rmdir(directory.c_str()) == 0 || errno == ENOENT;
    });
    return directories_.empty();
}

CgroupParent CgroupParent::none(std::string why) {
    CgroupParent parent;
    parent.why_not_ = std::move(why);
    return parent;
}

CgroupParent CgroupParent::open(const std::string& parent) {
    CgroupParent made;
    const CgroupLayout layout =
        parse_cgroup_layout(read_text("/proc/self/mountinfo"), read_text("/proc/self/cgroup"));
    if (!parent.empty()) {
        made.prepare_version2(parent);
    } else if (layout.find_version1("memory") != nullptr) {
        made.prepare_version1(layout);
    } else if (layout.version2) {
        std::string own = layout.version2->directory;
        // An earlier runtime of this program has already moved into the child.
        if (own.ends_with(aside_name)) own.resize(own.size() - aside_name.size());
        made.prepare_version2(own);
        if (made.bases_.empty() && layout.version2->directory != layout.version2->mount)
            made.prepare_version2(layout.version2->mount);
    } else {
        made.why_not_ = "no cgroup file system is mounted";
    }
    return made;
}

void CgroupParent::prepare_version1(const CgroupLayout& layout) {
    for (const auto& controller : layout.version1) {
        for (const std::string& place : {controller.directory, controller.mount}) {
            sweep(place);
            const std::string base = own_base(place);
            if (const int error = make_directory(base); error != 0) {
                why_not_ = "cannot make " + base + ": " + errno_text(error);
                continue;
            }
            bases_.push_back({base, {controller.name}});
            break;
        }
    }
}

void CgroupParent::prepare_version2(const std::string& own) {
    sweep(own);
    const std::string base = own_base(own);
    if (const int error = make_directory(base); error != 0) {
        why_not_ = "cannot make " + base + ": " + errno_text(error) +
                   "; give the program a group of its own, for example with systemd-run --user "
                   "--scope -p Delegate=yes, or with Delegate=yes in its unit";
        return;
    }
    if (!contains(words(read_text(base + "/cgroup.controllers")), "memory")) {
        enable_controllers(own);
        if (!contains(words(read_text(base + "/cgroup.controllers")), "memory")) {
            step_aside(own);
            enable_controllers(own);
        }
    }
    enable_controllers(base);
    std::vector<std::string> enabled = words(read_text(base + "/cgroup.subtree_control"));
    if (!contains(enabled, "memory")) {
        why_not_ = "the memory controller cannot be delegated in " + own +
                   "; run the program alone in a delegated group (Delegate=yes)";
        ::rmdir(base.c_str());
        return;
    }
    version2_ = true;
    bases_.push_back({base, std::move(enabled)});
}

CgroupParent::~CgroupParent() {
    for (const Base& base : bases_) ::rmdir(base.directory.c_str());
}

bool CgroupParent::has(std::string_view controller) const {
    return std::ranges::any_of(
        bases_, [&](const Base& base) { return contains(base.controllers, controller); });
}

std::string CgroupParent::describe() const {
    std::string text = "cgroups: ";
    if (bases_.empty()) {
        return text + "none (" + why_not_ +
               "). Memory is bounded for each process alone, not for the pod, and a script that "
               "meets the bound sees a failed allocation and ends by itself: out_of_memory is "
               "never reported.";
    }
    text += version2_ ? "version 2" : "version 1";
    for (const char* name : controllers) text += std::string{has(name) ? ", " : ", no "} + name;
    return text + ".";
}

bool CgroupParent::limit(const std::string& directory, const Base& base,
                         const ResourceLimits& limits, bool version2) {
    const auto put = [&](const char* file, std::uint64_t value) {
        return write_text(directory + file, std::to_string(value)) == 0;
    };
    bool good = true;
    if (contains(base.controllers, "memory")) {
        good &= put(version2 ? "/memory.max" : "/memory.limit_in_bytes", limits.memory_bytes);
        // The file does not exist on a machine without swap accounting.
        put(version2 ? "/memory.swap.max" : "/memory.memsw.limit_in_bytes",
            version2 ? 0 : limits.memory_bytes);
        if (version2) put("/memory.oom.group", 1);
    }
    // bubblewrap and the pod's first process count, too.
    if (contains(base.controllers, "pids")) good &= put("/pids.max", limits.processes + 2ULL);
    if (contains(base.controllers, "cpu")) {
        constexpr std::uint64_t period_us = 100'000;
        const std::uint64_t quota = std::max<std::uint64_t>(limits.cpu_millicores * 100ULL, 1000);
        if (version2) {
            write_text(directory + "/cpu.max",
                       std::to_string(quota) + " " + std::to_string(period_us));
        } else {
            put("/cpu.cfs_period_us", period_us);
            put("/cpu.cfs_quota_us", quota);
        }
    }
    return good;
}

quipu::Result<PodCgroup> CgroupParent::make(std::uint64_t number,
                                            const ResourceLimits& limits) const {
    PodCgroup pod;
    pod.version2_ = version2_;
    for (const Base& base : bases_) {
        // Another program may have removed the empty group.
        make_directory(base.directory);
        const std::string directory = base.directory + "/pod-" + std::to_string(number);
        int error = make_directory(directory);
        if (error == 0) {
            pod.directories_.push_back(directory);
            pod.procs_.emplace_back(
                ::open((directory + "/cgroup.procs").c_str(), O_WRONLY | O_CLOEXEC));
            if (!pod.procs_.back()) error = errno;
        }
        if (error != 0 || !limit(directory, base, limits, version2_)) {
            static_cast<void>(pod.remove());
            return quipu::fail(quipu::ErrorCode::unavailable,
                               "cannot set up the cgroup " + directory +
                                   (error != 0 ? ": " + errno_text(error) : "") +
                                   "; check its owner and its controllers");
        }
        if (contains(base.controllers, "memory")) pod.memory_ = directory;
    }
    return pod;
}

}  // namespace integr8s::runtime
