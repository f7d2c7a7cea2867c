// SPDX-License-Identifier: Apache-2.0
#include "integr8s/runtime/sandbox_runtime.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <deque>
#include <map>
#include <thread>
#include <vector>

#include "integr8s/runtime/files.hpp"
#include "integr8s/runtime/launcher.hpp"
#include "integr8s/runtime/notifier.hpp"
#include "integr8s/runtime/pod_process.hpp"
#include "integr8s/runtime/pod_spec_check.hpp"
#include "integr8s/runtime/probe.hpp"
#include "quipu/base/mutex.hpp"

namespace integr8s::runtime {
namespace {

using quipu::ErrorCode;
using quipu::fail;
using quipu::Result;
using std::chrono::milliseconds;

/// Longest wait of remove() for the processes of a pod.
constexpr std::chrono::seconds remove_patience{15};
/// A pod has up to four statuses; more than this many for each place mean a stuck observer.
constexpr std::size_t backlog_for_each_pod = 8;

PodTime wall_clock() {
    return std::chrono::floor<milliseconds>(std::chrono::system_clock::now());
}

class SandboxRuntime final : public PodRuntime {
  public:
    SandboxRuntime(SandboxOptions options, Launcher launcher, quipu::Descriptor wake)
        : options_(std::move(options)),
          launcher_(std::move(launcher)),
          wake_(std::move(wake)),
          places_(options_.max_running, false),
          thread_([this] { run(); }) {}

    ~SandboxRuntime() override {
        {
            const quipu::MutexLock lock(pods_mutex_);
            stopping_ = true;
        }
        wake();
        thread_.join();
    }

    Result<void> start(const PodSpec& spec) override;
    Result<void> remove(std::string_view pod_name) override;
    Result<std::vector<PodStatus>> list() const override;
    Result<std::optional<PodStatus>> find(std::string_view pod_name) const override;
    void watch(PodObserver observer) override;
    std::string describe() const override { return launcher_.describe(); }

  private:
    struct Pod {
        PodStatus status;
        PodSpec spec;
        std::size_t place = 0;
        bool remove_wanted = false;
        // Of the runtime's thread alone, the rest is guarded by pods_mutex_.
        std::unique_ptr<PodProcess> process;
    };
    using Pods = std::map<std::string, std::shared_ptr<Pod>, std::less<>>;

    void wake() const {
        const std::uint64_t one = 1;
        const ssize_t written = ::write(wake_.get(), &one, sizeof one);
        static_cast<void>(written);
    }

    void run();
    [[nodiscard]] bool take_orders(std::vector<std::shared_ptr<Pod>>& to_launch);
    void launch(Pod& pod);
    void advance_all();
    void advance(Pod& pod);
    void wait_for_something();
    void finish(Pod& pod, PodResult result) QUIPU_REQUIRES(pods_mutex_);
    void bury();
    [[nodiscard]] milliseconds time_left() const;

    const SandboxOptions options_;
    const Launcher launcher_;
    const quipu::Descriptor wake_;
    Notifier notifier_;

    mutable quipu::Mutex pods_mutex_;
    quipu::Condition removed_;
    Pods pods_ QUIPU_GUARDED_BY(pods_mutex_);
    std::deque<std::shared_ptr<Pod>> waiting_ QUIPU_GUARDED_BY(pods_mutex_);
    std::vector<bool> places_ QUIPU_GUARDED_BY(pods_mutex_);
    bool stopping_ QUIPU_GUARDED_BY(pods_mutex_) = false;

    // Of the runtime's thread alone.
    std::vector<std::shared_ptr<Pod>> active_;
    std::vector<PodCgroup> graveyard_;

    std::thread thread_;
};

Result<void> SandboxRuntime::start(const PodSpec& spec) {
    if (auto good = check_pod_spec(spec, options_); !good) return good;
    {
        const quipu::MutexLock lock(pods_mutex_);
        if (pods_.contains(spec.pod_name)) return {};
        if (pods_.size() >= options_.max_pods) {
            return fail(ErrorCode::busy, "pod " + spec.pod_name +
                                             " refused: " + std::to_string(pods_.size()) +
                                             " pods are kept; remove finished ones or raise "
                                             "max_pods");
        }
        if (notifier_.backlog() > backlog_for_each_pod * options_.max_pods) {
            return fail(ErrorCode::busy,
                        "pod " + spec.pod_name + " rejected: the observer does not keep up");
        }
        auto pod = std::make_shared<Pod>();
        pod->spec = spec;
        pod->status.pod_name = spec.pod_name;
        pod->status.execution_id = spec.execution_id;
        pod->status.created_at = wall_clock();
        pods_.emplace(spec.pod_name, pod);
        waiting_.push_back(pod);
        notifier_.add(pod->status);
    }
    wake();
    return {};
}

Result<void> SandboxRuntime::remove(std::string_view pod_name) {
    const quipu::MutexLock lock(pods_mutex_);
    const auto found = pods_.find(pod_name);
    if (found == pods_.end()) return {};
    const std::shared_ptr<Pod> pod = found->second;
    if (pod->status.phase == PodPhase::finished) {
        pods_.erase(found);
        return {};
    }
    pod->remove_wanted = true;
    if (const auto at = std::ranges::find(waiting_, pod); at != waiting_.end()) {
        waiting_.erase(at);
        PodResult result;
        result.outcome = PodOutcome::deleted;
        result.reason = "deleted before it was started";
        finish(*pod, std::move(result));
        return {};
    }
    wake();
    const auto is_gone = [&]() QUIPU_REQUIRES(pods_mutex_) {
        const auto at = pods_.find(pod_name);
        return at == pods_.end() || at->second != pod;
    };
    if (removed_.wait_for(pods_mutex_, remove_patience, is_gone)) return {};
    return fail(ErrorCode::unavailable,
                "pod " + std::string{pod_name} + " still has processes after they were killed");
}

Result<std::vector<PodStatus>> SandboxRuntime::list() const {
    const quipu::MutexLock lock(pods_mutex_);
    std::vector<PodStatus> all;
    all.reserve(pods_.size());
    for (const auto& [name, pod] : pods_) all.push_back(pod->status);
    return all;
}

Result<std::optional<PodStatus>> SandboxRuntime::find(std::string_view pod_name) const {
    const quipu::MutexLock lock(pods_mutex_);
    const auto found = pods_.find(pod_name);
    if (found == pods_.end()) return std::nullopt;
    return found->second->status;
}

void SandboxRuntime::watch(PodObserver observer) {
    notifier_.detach();
    const quipu::MutexLock lock(pods_mutex_);
    std::vector<PodStatus> present;
    for (const auto& [name, pod] : pods_) present.push_back(pod->status);
    notifier_.attach(std::move(observer), std::move(present));
}

void SandboxRuntime::run() {
    std::vector<std::shared_ptr<Pod>> to_launch;
    while (take_orders(to_launch)) {
        for (const auto& pod : to_launch) launch(*pod);
        for (auto& pod : to_launch)
            if (pod->process) active_.push_back(std::move(pod));
        to_launch.clear();
        wait_for_something();
        advance_all();
        bury();
    }
    // Ends the remaining pods and waits for them.
    for (const auto& pod : active_) {
        PodCgroup cgroup = pod->process->take_cgroup();
        cgroup.kill();
        pod->process.reset();
        graveyard_.push_back(std::move(cgroup));
    }
    for (int round = 0; round < 100 && !graveyard_.empty(); ++round) {
        bury();
        if (!graveyard_.empty()) ::poll(nullptr, 0, 10);
    }
}

/// Assigns free places to waiting pods and starts removals. False when the thread must stop.
bool SandboxRuntime::take_orders(std::vector<std::shared_ptr<Pod>>& to_launch) {
    const quipu::MutexLock lock(pods_mutex_);
    if (stopping_) return false;
    for (const auto& pod : active_)
        if (pod->remove_wanted) pod->process->remove();
    for (std::size_t place = 0; place < places_.size() && !waiting_.empty(); ++place) {
        if (places_[place]) continue;
        places_[place] = true;
        auto pod = std::move(waiting_.front());
        waiting_.pop_front();
        pod->place = place;
        pod->status.phase = PodPhase::scheduled;
        pod->status.scheduled_at = wall_clock();
        notifier_.add(pod->status);
        to_launch.push_back(std::move(pod));
    }
    return true;
}

void SandboxRuntime::launch(Pod& pod) {
    // The specification does not change after start().
    auto process = launcher_.launch(pod.spec, pod.place);
    if (process) {
        pod.process = std::move(*process);
        return;
    }
    PodResult result;
    result.reason = process.error().message;
    const quipu::MutexLock lock(pods_mutex_);
    if (pod.remove_wanted) result.outcome = PodOutcome::deleted;
    places_[pod.place] = false;
    finish(pod, std::move(result));
}

milliseconds SandboxRuntime::time_left() const {
    auto first = Clock::time_point::max();
    for (const auto& pod : active_) first = std::min(first, pod->process->deadline());
    constexpr milliseconds longest{60'000};
    constexpr milliseconds until_next_burial{20};
    const milliseconds most = graveyard_.empty() ? longest : until_next_burial;
    const auto now = Clock::now();
    if (first <= now) return milliseconds{0};
    if (first - now > most) return most;
    return std::chrono::ceil<milliseconds>(first - now);
}

void SandboxRuntime::wait_for_something() {
    std::vector<pollfd> fds{{wake_.get(), POLLIN, 0}};
    for (const auto& pod : active_) pod->process->add_descriptors(fds);
    ::poll(fds.data(), fds.size(), static_cast<int>(time_left().count()));
    if (fds.front().revents != 0) {
        std::uint64_t count = 0;
        const ssize_t got = ::read(wake_.get(), &count, sizeof count);
        static_cast<void>(got);
    }
}

void SandboxRuntime::advance_all() {
    bool freed = false;
    for (auto& pod : active_) {
        advance(*pod);
        if (!pod->process) freed = true;
    }
    std::erase_if(active_, [](const auto& pod) { return !pod->process; });
    if (freed) wake();
}

void SandboxRuntime::advance(Pod& pod) {
    pod.process->advance();
    if (pod.process->running() && pod.status.phase == PodPhase::scheduled) {
        const quipu::MutexLock lock(pods_mutex_);
        pod.status.phase = PodPhase::running;
        pod.status.running_at = wall_clock();
        notifier_.add(pod.status);
    }
    if (!pod.process->done()) return;
    PodResult result = pod.process->take_result();
    graveyard_.push_back(pod.process->take_cgroup());
    pod.process.reset();
    const quipu::MutexLock lock(pods_mutex_);
    places_[pod.place] = false;
    finish(pod, std::move(result));
}

void SandboxRuntime::finish(Pod& pod, PodResult result) {
    pod.status.phase = PodPhase::finished;
    pod.status.finished_at = wall_clock();
    pod.status.result = std::make_shared<const PodResult>(std::move(result));
    pod.spec.script = {};
    notifier_.add(pod.status);
    if (!pod.remove_wanted) return;
    pods_.erase(pod.status.pod_name);
    removed_.notify_all();
}

void SandboxRuntime::bury() {
    std::erase_if(graveyard_, [](PodCgroup& cgroup) { return cgroup.remove(); });
    for (const PodCgroup& cgroup : graveyard_) cgroup.kill();
}

}  // namespace

Result<std::unique_ptr<PodRuntime>> make_sandbox_runtime(SandboxOptions options) {
    if (auto good = check_sandbox_options(options); !good) return std::unexpected(good.error());
    auto launcher = Launcher::make(options);
    if (!launcher) return std::unexpected(launcher.error());
    quipu::Descriptor wake{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    if (!wake) return fail(ErrorCode::unavailable, "cannot make an event descriptor");
    if (auto works = probe_sandbox(*launcher); !works) return std::unexpected(works.error());
    return std::make_unique<SandboxRuntime>(std::move(options), std::move(*launcher),
                                            std::move(wake));
}

}  // namespace integr8s::runtime
