// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "integr8s/runtime/pod_runtime.hpp"

namespace integr8s::testing {

/// A runtime that runs nothing: a script is a list of words that says how its pod ends.
///
///     print TEXT   writes TEXT to stdout         eprint TEXT  to stderr
///     exit N, signal N, oom, timeout, flood, broken            ends so; `exit 0` if none is said
///     hang         runs until it is removed or finish() is called
class FakePodRuntime : public runtime::PodRuntime {
  public:
    FakePodRuntime() : thread_([this](const std::stop_token& stop) { run(stop); }) {}
    ~FakePodRuntime() override {
        thread_.request_stop();
        changed_.notify_all();
    }

    quipu::Result<void> start(const runtime::PodSpec& spec) override {
        const std::lock_guard lock(mutex_);
        if (failing_starts_ > 0) {
            --failing_starts_;
            return quipu::fail(start_error_, "the runtime is told to refuse " + spec.pod_name);
        }
        if (pods_.contains(spec.pod_name)) return {};
        ++starts_[spec.pod_name];
        Pod& pod = pods_[spec.pod_name];
        pod.status.pod_name = spec.pod_name;
        pod.status.execution_id = spec.execution_id;
        specs_[spec.pod_name] = spec;
        most_alive_ = std::max(most_alive_, alive());
        enter(pod, runtime::PodPhase::pending);
        enter(pod, runtime::PodPhase::scheduled);
        if (auto result = result_of(spec.script)) {
            if (result->outcome != runtime::PodOutcome::system_error) {
                enter(pod, runtime::PodPhase::running);
            }
            end(pod, std::move(*result));
        } else {
            enter(pod, runtime::PodPhase::running);
        }
        return {};
    }

    quipu::Result<void> remove(std::string_view pod_name) override {
        const std::lock_guard lock(mutex_);
        if (failing_removes_ > 0) {
            --failing_removes_;
            return quipu::fail(quipu::ErrorCode::unavailable, "the runtime is told not to remove");
        }
        const auto found = pods_.find(std::string(pod_name));
        if (found == pods_.end()) return {};
        if (found->second.status.phase != runtime::PodPhase::finished) {
            runtime::PodResult result;
            result.outcome = runtime::PodOutcome::deleted;
            end(found->second, std::move(result));
        }
        pods_.erase(found);
        return {};
    }

    quipu::Result<std::vector<runtime::PodStatus>> list() const override {
        const std::lock_guard lock(mutex_);
        std::vector<runtime::PodStatus> all;
        for (const auto& [name, pod] : pods_) all.push_back(pod.status);
        return all;
    }

    quipu::Result<std::optional<runtime::PodStatus>> find(std::string_view name) const override {
        const std::lock_guard lock(mutex_);
        const auto found = pods_.find(std::string(name));
        if (found == pods_.end()) return std::nullopt;
        return found->second.status;
    }

    void watch(runtime::PodObserver observer) override {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return !calling_; });
        observer_ = std::move(observer);
        news_.clear();
        for (const auto& [name, pod] : pods_) news_.push_back(pod.status);
        changed_.notify_all();
    }

    std::string describe() const override { return "fake"; }

    // What tests set and ask.

    void fail_starts(std::size_t count, quipu::ErrorCode code) {
        const std::lock_guard lock(mutex_);
        failing_starts_ = count;
        start_error_ = code;
    }
    void fail_removes(std::size_t count) {
        const std::lock_guard lock(mutex_);
        failing_removes_ = count;
    }
    /// Ends a pod that hangs. Returns whether it was alive.
    bool finish(const std::string& pod_name, std::string_view script) {
        const std::lock_guard lock(mutex_);
        const auto found = pods_.find(pod_name);
        if (found == pods_.end()) return false;
        if (found->second.status.phase == runtime::PodPhase::finished) return false;
        end(found->second, *result_of(script));
        return true;
    }
    std::size_t starts(const std::string& pod_name) const {
        const std::lock_guard lock(mutex_);
        const auto found = starts_.find(pod_name);
        return found == starts_.end() ? 0 : found->second;
    }
    runtime::PodSpec spec(const std::string& pod_name) const {
        const std::lock_guard lock(mutex_);
        return specs_.at(pod_name);
    }
    std::size_t most_alive() const {
        const std::lock_guard lock(mutex_);
        return most_alive_;
    }
    std::size_t kept() const {
        const std::lock_guard lock(mutex_);
        return pods_.size();
    }
    /// Statuses handed over, refused ones again.
    std::size_t refusals() const {
        const std::lock_guard lock(mutex_);
        return refusals_;
    }

    static std::optional<runtime::PodResult> result_of(std::string_view script) {
        runtime::PodResult result;
        result.outcome = runtime::PodOutcome::exited;
        result.exit_code = 0;
        result.wall_seconds = 0.25;
        result.cpu_time_jiffies = 7;
        result.clk_tck_hertz = 100;
        result.peak_memory_kb = 4096;
        std::istringstream words{std::string(script)};
        for (std::string word; words >> word;) {
            if (word == "hang") return std::nullopt;
            if (word == "print") words >> result.stdout_bytes;
            if (word == "eprint") words >> result.stderr_bytes;
            if (word == "exit") words >> result.exit_code;
            if (word == "bytes") result.stdout_bytes = std::string("a\xff\0b\xc3", 5);
            if (word == "much") result.stdout_bytes = std::string(1024 * 1024, '\n');
            apply(word, words, result);
        }
        if (result.outcome != runtime::PodOutcome::exited) result.exit_code = -1;
        return result;
    }

  private:
    struct Pod {
        runtime::PodStatus status;
    };

    static void apply(const std::string& word, std::istringstream& words,
                      runtime::PodResult& result) {
        using runtime::PodOutcome;
        static const std::map<std::string, PodOutcome> outcomes{
            {"signal", PodOutcome::crashed},      {"oom", PodOutcome::out_of_memory},
            {"timeout", PodOutcome::timeout},     {"flood", PodOutcome::output_limit},
            {"broken", PodOutcome::system_error},
        };
        const auto found = outcomes.find(word);
        if (found == outcomes.end()) return;
        result.outcome = found->second;
        result.reason = "told to end by " + word;
        if (found->second == PodOutcome::crashed) words >> result.signal;
    }

    std::size_t alive() const {
        return static_cast<std::size_t>(std::ranges::count_if(pods_, [](const auto& entry) {
            return entry.second.status.phase != runtime::PodPhase::finished;
        }));
    }

    void enter(Pod& pod, runtime::PodPhase phase) {
        pod.status.phase = phase;
        news_.push_back(pod.status);
        changed_.notify_all();
    }
    void end(Pod& pod, runtime::PodResult result) {
        pod.status.result = std::make_shared<const runtime::PodResult>(std::move(result));
        enter(pod, runtime::PodPhase::finished);
    }

    void run(const std::stop_token& stop) {
        std::unique_lock lock(mutex_);
        while (!stop.stop_requested()) {
            if (!observer_ || news_.empty()) {
                changed_.wait(
                    lock, [&] { return stop.stop_requested() || (observer_ && !news_.empty()); });
                continue;
            }
            const runtime::PodStatus status = news_.front();
            calling_ = true;
            lock.unlock();
            const bool accepted = observer_(status);
            lock.lock();
            calling_ = false;
            changed_.notify_all();
            if (news_.empty()) continue;
            if (accepted) {
                news_.pop_front();
                continue;
            }
            ++refusals_;
            changed_.wait_for(lock, std::chrono::milliseconds{2});
        }
    }

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    runtime::PodObserver observer_;
    bool calling_ = false;
    std::map<std::string, Pod> pods_;
    std::map<std::string, runtime::PodSpec> specs_;
    std::map<std::string, std::size_t> starts_;
    std::deque<runtime::PodStatus> news_;
    std::size_t most_alive_ = 0;
    std::size_t failing_starts_ = 0;
    std::size_t failing_removes_ = 0;
    std::size_t refusals_ = 0;
    quipu::ErrorCode start_error_ = quipu::ErrorCode::busy;
    std::jthread thread_;
};

}  // namespace integr8s::testing
