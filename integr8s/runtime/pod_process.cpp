// SPDX-License-Identifier: Apache-2.0
#include "integr8s/runtime/pod_process.hpp"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

namespace integr8s::runtime {
namespace {

using std::chrono::milliseconds;

/// A pod that has not ended within this time after its lifeline was closed is killed from outside,
/// repeatedly.
constexpr milliseconds kill_grace{2'000};
/// How long output is read after the end; only an escaped process could keep a pipe open longer.
constexpr milliseconds drain_grace{2'000};

std::uint64_t micros(const timeval& time) {
    return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000U +
           static_cast<std::uint64_t>(time.tv_usec);
}

/// Reads once; true if there may be more.
bool read_some(quipu::Descriptor& fd, std::array<char, 65536>& buffer, std::size_t& got) {
    const ssize_t count = ::read(fd.get(), buffer.data(), buffer.size());
    got = count > 0 ? static_cast<std::size_t>(count) : 0;
    if (count > 0 || (count < 0 && errno == EINTR)) return true;
    if (count == 0 || errno != EAGAIN) fd.close();
    return false;
}

}  // namespace

void OutputStream::drain() {
    constexpr int rounds = 8;  // so that one pod cannot delay the others
    std::array<char, 65536> buffer;
    for (int round = 0; round < rounds && fd; ++round) {
        std::size_t got = 0;
        if (!read_some(fd, buffer, got)) return;
        total += got;
        const std::uint64_t room = limit - bytes.size();
        bytes.append(buffer.data(), got < room ? got : static_cast<std::size_t>(room));
    }
}

PodProcess::PodProcess(const PodSpec& spec, const Bounds& bounds, Child child, PodPipes pipes,
                       PodCgroup cgroup, TempDirectory directory)
    : program_(spec.command.front()),
      timeout_(spec.timeout),
      cpu_seconds_(spec.limits.cpu_seconds),
      flood_bytes_(bounds.flood_bytes),
      child_(std::move(child)),
      pipes_(std::move(pipes)),
      cgroup_(std::move(cgroup)),
      directory_(std::move(directory)),
      deadline_(Clock::now() + bounds.setup_timeout) {
    stdout_.fd = std::move(pipes_.stdout_pipe);
    stderr_.fd = std::move(pipes_.stderr_pipe);
    stdout_.limit = stderr_.limit = spec.limits.output_bytes;
    for (const int fd : {pipes_.status.get(), stdout_.fd.get(), stderr_.fd.get()})
        set_nonblocking(fd);
}

PodProcess::~PodProcess() {
    if (child_.pid <= 0) return;
    kill_hard();
    ::waitpid(child_.pid, nullptr, 0);
}

void PodProcess::add_descriptors(std::vector<pollfd>& to) const {
    for (const quipu::Descriptor* fd : {&pipes_.status, &stdout_.fd, &stderr_.fd, &child_.pidfd})
        if (*fd) to.push_back({fd->get(), POLLIN, 0});
}

void PodProcess::advance() {
    // The end is checked first: everything written before it is then in the pipes.
    reap();
    read_status();
    stdout_.drain();
    stderr_.drain();
    if (stdout_.total + stderr_.total > flood_bytes_) kill(KillReason::flood);
    check_clock(Clock::now());
}

void PodProcess::remove() {
    kill(KillReason::removed);
}

bool PodProcess::done() const noexcept {
    return exited_ && !stdout_.fd && !stderr_.fd;
}

void PodProcess::reap() {
    if (child_.pid <= 0) return;
    rusage usage{};
    if (::wait4(child_.pid, nullptr, WNOHANG, &usage) != child_.pid) return;
    child_ = Child{};
    exited_ = Clock::now();
    deadline_ = *exited_ + drain_grace;
    fallback_cpu_us_ = micros(usage.ru_utime) + micros(usage.ru_stime);
    fallback_peak_kb_ = static_cast<std::uint64_t>(usage.ru_maxrss);
}

void PodProcess::read_status() {
    std::array<char, 65536> buffer;
    std::size_t got = 0;
    while (pipes_.status && read_some(pipes_.status, buffer, got))
        status_bytes_.append(buffer.data(), got);
    while (status_bytes_.size() >= sizeof(init::StatusReport)) {
        init::StatusReport report;
        std::memcpy(&report, status_bytes_.data(), sizeof report);
        status_bytes_.erase(0, sizeof report);
        take(report);
    }
}

void PodProcess::take(const init::StatusReport& report) {
    switch (report.kind) {
        case init::StatusReport::started:
            started_ = Clock::now();
            if (kill_reason_ == KillReason::none && !exited_) deadline_ = *started_ + timeout_;
            return;
        case init::StatusReport::ended: end_ = report; return;
        default: failure_ = report;
    }
}

void PodProcess::check_clock(Clock::time_point now) {
    if (now < deadline_) return;
    if (exited_) {
        stdout_.fd.close();
        stderr_.fd.close();
    } else if (kill_reason_ != KillReason::none) {
        kill_hard();
        deadline_ = now + kill_grace;
    } else {
        kill(started_ ? KillReason::timeout : KillReason::setup_timeout);
    }
}

/// Closes the lifeline, so that the pod's first process kills the others and can still report their
/// resource usage.
void PodProcess::kill(KillReason reason) {
    if (exited_) return;
    if (reason == KillReason::removed || kill_reason_ == KillReason::none) {
        if (kill_reason_ == KillReason::none) deadline_ = Clock::now() + kill_grace;
        kill_reason_ = reason;
    }
    pipes_.lifeline.close();
    // The pod's first process has not started yet and cannot notice that the lifeline is closed.
    if (!started_) kill_hard();
}

void PodProcess::kill_hard() {
    pipes_.lifeline.close();
    if (child_.pidfd) ::syscall(SYS_pidfd_send_signal, child_.pidfd.get(), SIGKILL, nullptr, 0U);
    cgroup_.kill();
}

PodResult PodProcess::take_result() {
    PodResult result;
    classify(result);
    measure(result);
    result.stdout_truncated = stdout_.total > stdout_.bytes.size();
    result.stderr_truncated = stderr_.total > stderr_.bytes.size();
    result.stdout_bytes = std::move(stdout_.bytes);
    result.stderr_bytes = std::move(stderr_.bytes);
    return result;
}

void PodProcess::measure(PodResult& result) const {
    const auto ticks = static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
    const std::uint64_t cpu_us = end_ ? end_->cpu_us : fallback_cpu_us_;
    result.clk_tck_hertz = static_cast<std::uint32_t>(ticks);
    result.cpu_time_jiffies = (cpu_us * ticks + 500'000U) / 1'000'000U;
    if (end_) {
        result.wall_seconds = static_cast<double>(end_->wall_us) / 1e6;
    } else if (started_ && exited_) {
        result.wall_seconds = std::chrono::duration<double>(*exited_ - *started_).count();
    }
    result.peak_memory_kb = end_ ? end_->peak_kb : fallback_peak_kb_;
    if (result.outcome == PodOutcome::out_of_memory && cgroup_.peak_kb() > 0)
        result.peak_memory_kb = cgroup_.peak_kb();
}

/// False if the script ended by itself at the moment when it was to be killed.
bool PodProcess::ended_by_kill() const {
    return !end_ || (end_->killed != 0 && WIFSIGNALED(end_->wait_status) &&
                     WTERMSIG(end_->wait_status) == SIGKILL);
}

void PodProcess::classify(PodResult& result) const {
    const auto set = [&](PodOutcome outcome, std::string reason) {
        result.outcome = outcome;
        result.reason = std::move(reason);
    };
    if (kill_reason_ == KillReason::removed) {
        set(PodOutcome::deleted, "deleted on request");
        return;
    }
    if (cgroup_.oom_kills() > 0) {
        set(PodOutcome::out_of_memory, "a process of the pod was killed at the pod's memory limit");
        return;
    }
    if (!started_) {
        classify_unstarted(result);
        return;
    }
    if (kill_reason_ == KillReason::timeout && ended_by_kill()) {
        set(PodOutcome::timeout,
            "killed after " + std::to_string(timeout_.count()) + " ms of run time");
        return;
    }
    if (kill_reason_ == KillReason::flood && ended_by_kill()) {
        set(PodOutcome::output_limit,
            "killed for writing more than " + std::to_string(flood_bytes_) + " bytes");
        return;
    }
    if (!end_) {
        set(PodOutcome::system_error, "the sandbox was destroyed from outside of the pod");
        return;
    }
    classify_end(result);
}

void PodProcess::classify_unstarted(PodResult& result) const {
    result.outcome = PodOutcome::system_error;
    if (failure_ && failure_->kind == init::StatusReport::exec_failed) {
        result.reason = "cannot run " + program_ + ": " + errno_text(failure_->error) +
                        "; check the command and that its package is installed";
    } else if (failure_) {
        result.reason = "cannot start the sandbox: " + errno_text(failure_->error);
    } else if (kill_reason_ == KillReason::setup_timeout) {
        result.reason = "the sandbox was not ready in time; the machine is overloaded";
    } else {
        // Only the sandbox program has written anything so far.
        result.reason = "the sandbox could not be set up: " + stderr_.bytes.substr(0, 500);
    }
}

bool PodProcess::cpu_limit_met() const {
    return end_->cpu_us >= static_cast<std::uint64_t>(cpu_seconds_) * 1'000'000U;
}

void PodProcess::classify_end(PodResult& result) const {
    const int status = end_->wait_status;
    if (WIFEXITED(status)) {
        result.outcome = PodOutcome::exited;
        result.exit_code = WEXITSTATUS(status);
        return;
    }
    result.signal = WTERMSIG(status);
    // The kernel measures the limit in ticks, less precisely than the usage.
    if (result.signal == SIGXCPU || (result.signal == SIGKILL && cpu_limit_met())) {
        result.outcome = PodOutcome::timeout;
        result.reason = "killed after " + std::to_string(cpu_seconds_) + " s of processor time";
        return;
    }
    result.outcome = PodOutcome::crashed;
    const char* const name = ::sigabbrev_np(result.signal);
    result.reason = "ended by signal " + std::to_string(result.signal) +
                    (name != nullptr ? std::string{" (SIG"} + name + ")" : std::string{});
    if (result.signal == SIGXFSZ) result.reason += ": a file met the file size limit";
}

}  // namespace integr8s::runtime
