// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace integr8s::runtime {

/// The limits of one pod. Every limit is always enforced; zero is invalid.
struct ResourceLimits {
    /// Memory of all processes of the pod together, including files in its scratch space. Without a
    /// memory cgroup it limits the private writable memory of each process instead.
    std::uint64_t memory_bytes = 128ULL << 20;
    /// Processes and threads of the script at the same time.
    std::uint32_t processes = 64;
    /// Processor time of one process of the script.
    std::uint32_t cpu_seconds = 60;
    /// Share of the processors for the whole pod; 1000 is one processor. Enforced only with a cpu
    /// cgroup.
    std::uint32_t cpu_millicores = 1000;
    /// Bytes kept of each output stream. Further output is read and discarded.
    std::uint64_t output_bytes = 1ULL << 20;
    /// Size of the writable scratch space, held in memory: working directory and /tmp together.
    std::uint64_t scratch_bytes = 64ULL << 20;
    /// Size of one file.
    std::uint64_t file_bytes = 32ULL << 20;
    /// Open files of one process.
    std::uint32_t open_files = 256;
};

/// A script to run, and its limits.
struct PodSpec {
    /// Unique in the runtime: 1 to 253 of letters, digits, '.', '_', '-'.
    std::string pod_name = {};
    std::string execution_id = {};  ///< returned with each status, not interpreted
    std::string script = {};        ///< bytes of the script file
    std::string filename = {};      ///< name of the script file in the working directory
    /// Run in the working directory: {"python3", "script.py"}.
    std::vector<std::string> command = {};
    std::chrono::milliseconds timeout{30'000};  ///< wall clock, from the script's first instruction
    ResourceLimits limits = {};
};

/// Why a pod ended. Only `exited` means that the script ended by itself.
enum class PodOutcome {
    exited,   ///< the script ended by itself; see exit_code (0 to 255)
    timeout,  ///< killed at the wall clock limit, or by the kernel at the processor time limit
    out_of_memory,  ///< the kernel killed a process of the pod at the memory limit
    output_limit,   ///< killed because it continued to write output far beyond the limit
    crashed,        ///< ended by a signal; see signal
    deleted,        ///< killed by remove()
    system_error,   ///< the script could not be started, or its sandbox was destroyed from outside
};

/// The name of `outcome` in events and reports, such as "out_of_memory".
[[nodiscard]] const char* to_string(PodOutcome outcome) noexcept;

/// The phases of a pod, in their order. None occurs twice; `running` is skipped if the script never
/// started, and `scheduled` as well if the pod was deleted before its turn.
enum class PodPhase {
    pending,    ///< accepted; waits for a free place
    scheduled,  ///< has a place; its sandbox is being set up
    running,    ///< the script runs
    finished,   ///< has a result and no processes
};

/// The name of `phase` in events and reports.
[[nodiscard]] const char* to_string(PodPhase phase) noexcept;

/// The result of a finished pod.
struct PodResult {
    PodOutcome outcome = PodOutcome::system_error;
    int exit_code = -1;        ///< the script's own; -1 unless it exited
    int signal = 0;            ///< the signal that ended the script, 0 for none
    std::string stdout_bytes;  ///< exactly the bytes written, up to the limit
    std::string stderr_bytes;
    bool stdout_truncated = false;  ///< more was written than is kept
    bool stderr_truncated = false;
    double wall_seconds = 0;             ///< from the start of the script to its end
    std::uint64_t cpu_time_jiffies = 0;  ///< user and system time of all processes, rounded
    std::uint32_t clk_tck_hertz = 0;     ///< jiffies per second
    std::uint64_t peak_memory_kb = 0;    ///< of the largest process; of the pod if out of memory
    std::string reason;                  ///< one sentence for a person; empty for `exited`
};

using PodTime = std::chrono::sys_time<std::chrono::milliseconds>;

/// The status of a pod. Contains the time of every transition so far, so that an observer that has
/// missed one knows when it happened.
struct PodStatus {
    std::string pod_name;
    std::string execution_id;
    PodPhase phase = PodPhase::pending;
    PodTime created_at{};
    std::optional<PodTime> scheduled_at;
    std::optional<PodTime> running_at;
    std::optional<PodTime> finished_at;
    std::shared_ptr<const PodResult> result;  ///< set exactly in phase finished
};

}  // namespace integr8s::runtime
