// SPDX-License-Identifier: Apache-2.0
// The first process of a pod: runs the script's command as its child, reports how it ended, and
// ensures that no process outlives it. Linked statically, so that it needs nothing in the sandbox.
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "integr8s/runtime/init/protocol.hpp"

namespace {

using integr8s::runtime::init::first_command_argument;
using integr8s::runtime::init::lifeline_fd;
using integr8s::runtime::init::status_fd;
using integr8s::runtime::init::StatusReport;

constexpr unsigned int close_range_cloexec = 1U << 2;

void send(const StatusReport& report) {
    while (::write(status_fd, &report, sizeof report) < 0 && errno == EINTR) {
    }
}

std::uint64_t now_us() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000U +
           static_cast<std::uint64_t>(now.tv_nsec) / 1000U;
}

std::uint64_t micros(const timeval& time) {
    return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000U +
           static_cast<std::uint64_t>(time.tv_usec);
}

void limit(int resource, rlim_t soft, rlim_t hard) {
    const rlimit value{soft, hard};
    ::setrlimit(static_cast<__rlimit_resource_t>(resource), &value);
}

rlim_t number(const char* text) {
    return std::strtoull(text, nullptr, 10);
}

/// Makes the kernel kill the script instead of this process when memory runs out.
void prefer_as_memory_victim() {
    ::prctl(PR_SET_DUMPABLE, 1);
    const int fd = ::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd < 0) return;
    const ssize_t written = ::write(fd, "1000", 4);
    static_cast<void>(written);
    ::close(fd);
}

[[noreturn]] void run_command(char** argv, int failure_fd) {
    ::setsid();
    prefer_as_memory_victim();
    if (number(argv[1]) != 0) limit(RLIMIT_DATA, number(argv[1]), number(argv[1]));
    if (number(argv[2]) != 0) limit(RLIMIT_NPROC, number(argv[2]), number(argv[2]));
    limit(RLIMIT_CPU, number(argv[3]), number(argv[3]) + 1);
    limit(RLIMIT_FSIZE, number(argv[4]), number(argv[4]));
    limit(RLIMIT_NOFILE, number(argv[5]), number(argv[5]));
    limit(RLIMIT_CORE, 0, 0);
    limit(RLIMIT_MEMLOCK, 64 << 10, 64 << 10);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::syscall(SYS_close_range, 3U, ~0U, close_range_cloexec);
    ::execvp(argv[first_command_argument], argv + first_command_argument);
    const int error = errno;
    const ssize_t written = ::write(failure_fd, &error, sizeof error);
    static_cast<void>(written);
    ::_exit(127);
}

/// Without a process namespace only children are killed; orphans become children, because this
/// process is their reaper.
void kill_children() {
    std::array<char, 64> path{};
    std::strcpy(path.data(), "/proc/thread-self/children");
    const int fd = ::open(path.data(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return;
    std::array<char, 4096> text{};
    const ssize_t got = ::read(fd, text.data(), text.size() - 1);
    ::close(fd);
    const char* at = text.data();
    const char* const end = text.data() + (got > 0 ? got : 0);
    while (at < end) {
        char* next = nullptr;
        const long pid = std::strtol(at, &next, 10);
        // A number truncated at the end of the buffer would be that of another process.
        if (next == at || next >= end || pid <= 1) return;
        ::kill(static_cast<pid_t>(pid), SIGKILL);
        at = next;
    }
}

class Supervisor {
  public:
    explicit Supervisor(pid_t child) : child_(child), started_us_(now_us()) {}

    /// Returns when the script's first process has ended or the lifeline has been closed.
    void wait(int signals) {
        std::array<pollfd, 2> fds{pollfd{signals, POLLIN, 0}, pollfd{lifeline_fd, POLLIN, 0}};
        while (!child_done_) {
            ::poll(fds.data(), fds.size(), -1);
            if (fds[1].revents != 0) {
                killed_ = true;
                return;
            }
            signalfd_siginfo info{};
            const ssize_t got = ::read(signals, &info, sizeof info);
            static_cast<void>(got);
            int status = 0;
            for (pid_t pid = 0; (pid = ::waitpid(-1, &status, WNOHANG)) > 0;) note(pid, status);
        }
    }

    void end_all() {
        ended_us_ = now_us();
        for (;;) {
            if (::getpid() == 1) {
                ::kill(-1, SIGKILL);
            } else {
                kill_children();
            }
            int status = 0;
            const pid_t pid = ::waitpid(-1, &status, 0);
            if (pid > 0) note(pid, status);
            if (pid < 0 && errno == ECHILD) return;
        }
    }

    [[nodiscard]] StatusReport report() const {
        rusage usage{};
        ::getrusage(RUSAGE_CHILDREN, &usage);
        StatusReport report;
        report.kind = StatusReport::ended;
        report.wait_status = status_;
        report.killed = killed_ ? 1 : 0;
        report.wall_us = ended_us_ - started_us_;
        report.cpu_us = micros(usage.ru_utime) + micros(usage.ru_stime);
        report.peak_kb = static_cast<std::uint64_t>(usage.ru_maxrss);
        return report;
    }

  private:
    void note(pid_t pid, int status) {
        if (pid != child_) return;
        child_done_ = true;
        status_ = status;
    }

    pid_t child_;
    std::uint64_t started_us_;
    std::uint64_t ended_us_ = 0;
    int status_ = 0;
    bool child_done_ = false;
    bool killed_ = false;
};

bool lifeline_cut() {
    pollfd fd{lifeline_fd, POLLIN, 0};
    return ::poll(&fd, 1, 0) > 0;
}

int fail(StatusReport::Kind kind, int error) {
    StatusReport report;
    report.kind = kind;
    report.error = error;
    send(report);
    return 1;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc <= first_command_argument) return 2;
    // Otherwise the script, of the same user, could write its own report through /proc.
    ::prctl(PR_SET_DUMPABLE, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    if (lifeline_cut()) return 1;

    sigset_t child_signal;
    sigemptyset(&child_signal);
    sigaddset(&child_signal, SIGCHLD);
    ::sigprocmask(SIG_BLOCK, &child_signal, nullptr);
    const int signals = ::signalfd(-1, &child_signal, SFD_CLOEXEC | SFD_NONBLOCK);
    std::array<int, 2> failure{};
    if (signals < 0 || ::pipe2(failure.data(), O_CLOEXEC) != 0)
        return fail(StatusReport::exec_failed, errno);

    const pid_t child = ::fork();
    if (child < 0) return fail(StatusReport::exec_failed, errno);
    if (child == 0) run_command(argv, failure[1]);
    Supervisor supervisor{child};
    ::close(failure[1]);
    for (int fd = 0; fd <= 2; ++fd) ::close(fd);

    int error = 0;
    if (::read(failure[0], &error, sizeof error) == static_cast<ssize_t>(sizeof error)) {
        ::waitpid(child, nullptr, 0);
        return fail(StatusReport::exec_failed, error);
    }
    StatusReport started;
    started.kind = StatusReport::started;
    send(started);
    supervisor.wait(signals);
    supervisor.end_all();
    send(supervisor.report());
    return 0;
}
