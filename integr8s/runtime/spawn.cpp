// SPDX-License-Identifier: Apache-2.0
#include "integr8s/runtime/spawn.hpp"

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "integr8s/runtime/init/protocol.hpp"

namespace integr8s::runtime {
namespace {

/// The array with the final null pointer that exec requires.
std::vector<char*> pointers(const std::vector<std::string>& texts) {
    std::vector<char*> all(texts.size() + 1);
    for (std::size_t at = 0; at < texts.size(); ++at)
        all[at] = const_cast<char*>(texts[at].c_str());
    return all;
}

/// The plan in the form that the child needs, which must not allocate between fork and exec.
struct RawPlan {
    explicit RawPlan(const SpawnPlan& from)
        : plan(from),
          argv(pointers(from.argv)),
          environment(pointers(from.environment)),
          moved(from.descriptors.size()) {}

    const SpawnPlan& plan;
    std::vector<char*> argv;
    std::vector<char*> environment;
    std::vector<int> moved;
};

bool place_descriptors(RawPlan& raw) noexcept {
    constexpr int above_all_targets = 64;
    const auto& pairs = raw.plan.descriptors;
    for (std::size_t i = 0; i < pairs.size(); ++i) {
        raw.moved[i] = ::fcntl(pairs[i].first, F_DUPFD, above_all_targets);
        if (raw.moved[i] < 0) return false;
    }
    for (std::size_t i = 0; i < pairs.size(); ++i)
        if (::dup2(raw.moved[i], pairs[i].second) < 0) return false;
    const auto first_unused = static_cast<unsigned int>(pairs.size());
    return ::syscall(SYS_close_range, first_unused, ~0U, 0U) == 0;
}

/// Uses plain system calls: the library's functions would try to synchronise threads that do not
/// exist in the child.
bool become(std::uint32_t id) noexcept {
    return ::syscall(SYS_setgroups, 0, nullptr) == 0 && ::syscall(SYS_setresgid, id, id, id) == 0 &&
           ::syscall(SYS_setresuid, id, id, id) == 0;
}

/// With root's privileges this also sets the lowest value that the pod can return to, which might
/// otherwise be the protected value of a service.
void accept_memory_kill() noexcept {
    const int fd = ::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd < 0) return;
    const ssize_t written = ::write(fd, "100", 3);
    static_cast<void>(written);
    ::close(fd);
}

void reset_signals() noexcept {
    struct sigaction standard{};
    standard.sa_handler = SIG_DFL;
    for (int signal = 1; signal < NSIG; ++signal) ::sigaction(signal, &standard, nullptr);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

[[noreturn]] void fail_spawn(int status_fd) noexcept {
    init::StatusReport report;
    report.kind = init::StatusReport::spawn_failed;
    report.error = errno;
    const ssize_t written = ::write(status_fd, &report, sizeof report);
    static_cast<void>(written);
    ::_exit(127);
}

[[noreturn]] void run_child(RawPlan& raw, int status_source) noexcept {
    reset_signals();
    ::setsid();
    accept_memory_kill();
    for (const int procs : raw.plan.cgroup_procs)
        if (::write(procs, "0", 1) != 1) fail_spawn(status_source);
    if (!place_descriptors(raw)) fail_spawn(status_source);
    const int status_fd = raw.plan.status_descriptor;
    if (raw.plan.uid && !become(*raw.plan.uid)) fail_spawn(status_fd);
    if (::chdir(raw.plan.directory.c_str()) != 0) fail_spawn(status_fd);
    ::execve(raw.plan.program.c_str(), raw.argv.data(), raw.environment.data());
    fail_spawn(status_fd);
}

int status_source_of(const SpawnPlan& plan) {
    for (const auto& [ours, its] : plan.descriptors)
        if (its == plan.status_descriptor) return ours;
    return -1;
}

}  // namespace

quipu::Result<Child> spawn(const SpawnPlan& plan) {
    RawPlan raw{plan};
    const int status_source = status_source_of(plan);
    // The program's signal handlers must not run in the child.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    const pid_t pid = ::fork();
    if (pid == 0) run_child(raw, status_source);
    const int fork_error = errno;
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (pid < 0) {
        return quipu::fail(quipu::ErrorCode::unavailable,
                           "cannot start a process for a pod: " + errno_text(fork_error));
    }
    Child child{pid, quipu::Descriptor{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0U))}};
    if (!child.pidfd) {
        const std::string why = errno_text(errno);
        ::kill(pid, SIGKILL);
        ::waitpid(pid, nullptr, 0);
        return quipu::fail(quipu::ErrorCode::unavailable, "cannot watch a pod's process: " + why);
    }
    return child;
}

}  // namespace integr8s::runtime
