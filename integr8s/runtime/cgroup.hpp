// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "integr8s/runtime/cgroup_layout.hpp"
#include "integr8s/runtime/files.hpp"
#include "integr8s/runtime/pod.hpp"
#include "quipu/base/error.hpp"

namespace integr8s::runtime {

/// The cgroups of one pod, one directory per hierarchy. Not removed by the destructor: a group
/// cannot go before its last process.
class PodCgroup {
  public:
    PodCgroup() = default;

    /// Open cgroup.procs files; a process that writes "0" to each is in the pod's groups.
    [[nodiscard]] std::vector<int> procs() const;
    /// Closes these files, so that no process can join through them any more.
    void close_procs() { procs_.clear(); }
    /// How often the kernel has killed a process of the pod at the memory limit.
    [[nodiscard]] std::uint64_t oom_kills() const;
    /// The largest amount of memory that the pod has used; 0 if unknown.
    [[nodiscard]] std::uint64_t peak_kb() const;
    /// Kills every process in the groups.
    void kill() const;
    /// Removes the groups; false while a process is still in one of them.
    [[nodiscard]] bool remove();

  private:
    friend class CgroupParent;
    std::vector<std::string> directories_;
    std::vector<quipu::Descriptor> procs_;
    std::string memory_;  ///< directory with the memory controller, empty for none
    bool version2_ = false;
};

/// The directories in which this program creates its pods' groups.
class CgroupParent {
  public:
    /// Finds and prepares the usable hierarchies. `parent` is a version 2 directory to use instead
    /// of the program's own; empty for the program's own. Never fails: see has_memory() and
    /// why_not().
    [[nodiscard]] static CgroupParent open(const std::string& parent);
    /// An object that creates no groups.
    [[nodiscard]] static CgroupParent none(std::string why);

    CgroupParent(CgroupParent&&) = default;
    CgroupParent& operator=(CgroupParent&&) = delete;
    ~CgroupParent();

    [[nodiscard]] bool has(std::string_view controller) const;
    /// What is used and what is missing, for an operator.
    [[nodiscard]] std::string describe() const;
    /// Makes the groups of a pod. Errors: unavailable.
    [[nodiscard]] quipu::Result<PodCgroup> make(std::uint64_t number,
                                                const ResourceLimits& limits) const;

  private:
    struct Base {
        std::string directory;
        std::vector<std::string> controllers;
    };
    CgroupParent() = default;
    void prepare_version1(const CgroupLayout& layout);
    void prepare_version2(const std::string& own);
    [[nodiscard]] static bool limit(const std::string& directory, const Base& base,
                                    const ResourceLimits& limits, bool version2);

    std::vector<Base> bases_;
    bool version2_ = false;
    std::string why_not_;
};

}  // namespace integr8s::runtime
