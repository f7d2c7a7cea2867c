// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <poll.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "integr8s/runtime/cgroup.hpp"
#include "integr8s/runtime/files.hpp"
#include "integr8s/runtime/init/protocol.hpp"
#include "integr8s/runtime/pod.hpp"
#include "integr8s/runtime/spawn.hpp"
#include "integr8s/runtime/temp_directory.hpp"
#include "quipu/base/error.hpp"

namespace integr8s::runtime {

using Clock = std::chrono::steady_clock;

/// One output stream of a pod. Keeps the first bytes and counts the rest.
struct OutputStream {
    quipu::Descriptor fd;
    std::string bytes;
    std::uint64_t limit = 0;
    std::uint64_t total = 0;

    /// Reads a limited amount of the available output. Closes the descriptor at the end of file.
    void drain();
};

/// The runtime's ends of a pod's pipes.
struct PodPipes {
    quipu::Descriptor status;
    quipu::Descriptor lifeline;
    quipu::Descriptor stdout_pipe;
    quipu::Descriptor stderr_pipe;
};

/// The processes of one pod, from the start of its sandbox until none is left. Used by the thread
/// that drives it. Only the destructor, which kills the remaining processes, may block.
class PodProcess {
  public:
    struct Bounds {
        std::chrono::milliseconds setup_timeout;
        std::uint64_t flood_bytes;
    };

    PodProcess(const PodSpec& spec, const Bounds& bounds, Child child, PodPipes pipes,
               PodCgroup cgroup, TempDirectory directory);
    PodProcess(const PodProcess&) = delete;
    PodProcess& operator=(const PodProcess&) = delete;
    ~PodProcess();

    /// Adds the descriptors to wait for.
    void add_descriptors(std::vector<pollfd>& to) const;
    /// When advance() must be called even if nothing happens.
    [[nodiscard]] Clock::time_point deadline() const noexcept { return deadline_; }

    /// Does all work that is possible without waiting.
    void advance();
    /// Kills all processes on request.
    void remove();

    [[nodiscard]] bool running() const noexcept { return started_.has_value(); }
    /// Whether no process is left and all output has been read.
    [[nodiscard]] bool done() const noexcept;
    /// Moves the result out. Call it once, after done().
    [[nodiscard]] PodResult take_result();
    /// Moves the cgroups out, which must still be removed. Call it once, after done().
    [[nodiscard]] PodCgroup take_cgroup() { return std::move(cgroup_); }

  private:
    enum class KillReason { none, timeout, setup_timeout, flood, removed };

    void read_status();
    void take(const init::StatusReport& report);
    void reap();
    void kill(KillReason reason);
    void kill_hard();
    void check_clock(Clock::time_point now);
    [[nodiscard]] bool ended_by_kill() const;
    [[nodiscard]] bool cpu_limit_met() const;
    void classify(PodResult& result) const;
    void classify_end(PodResult& result) const;
    void classify_unstarted(PodResult& result) const;
    void measure(PodResult& result) const;

    std::string program_;
    std::chrono::milliseconds timeout_;
    std::uint32_t cpu_seconds_;
    std::uint64_t flood_bytes_;
    Child child_;
    PodPipes pipes_;
    PodCgroup cgroup_;
    TempDirectory directory_;
    OutputStream stdout_;
    OutputStream stderr_;

    std::string status_bytes_;
    std::optional<Clock::time_point> started_;
    std::optional<Clock::time_point> exited_;
    std::optional<init::StatusReport> failure_;
    std::optional<init::StatusReport> end_;
    KillReason kill_reason_ = KillReason::none;
    Clock::time_point deadline_;
    std::uint64_t fallback_cpu_us_ = 0;
    std::uint64_t fallback_peak_kb_ = 0;
};

}  // namespace integr8s::runtime
