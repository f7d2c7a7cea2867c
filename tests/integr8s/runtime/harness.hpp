// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "integr8s/runtime/files.hpp"
#include "integr8s/runtime/languages.hpp"
#include "integr8s/runtime/sandbox_runtime.hpp"

namespace integr8s::runtime::testing {

/// Far beyond what any wait takes, unless something hangs.
constexpr std::chrono::seconds patience{280};

/// A runtime whose statuses are recorded in the order of their arrival.
class Harness {
  public:
    explicit Harness(SandboxOptions options = {}) {
        options.setup_timeout = patience;
        auto made = make_sandbox_runtime(std::move(options));
        if (!made) {
            error_ = made.error().message;
            return;
        }
        runtime_ = std::move(*made);
        runtime_->watch([this](const PodStatus& status) {
            const std::lock_guard lock{mutex_};
            seen_[status.pod_name].push_back(status);
            changed_.notify_all();
            return true;
        });
    }
    ~Harness() {
        if (runtime_) runtime_->watch({});
    }
    Harness(const Harness&) = delete;
    Harness& operator=(const Harness&) = delete;

    [[nodiscard]] const std::string& error() const { return error_; }
    [[nodiscard]] bool works() const { return runtime_ != nullptr; }
    PodRuntime& runtime() { return *runtime_; }
    void destroy() { runtime_.reset(); }

    /// Waits until the pod has been seen in `phase`.
    std::optional<PodStatus> wait(const std::string& pod_name, PodPhase phase) {
        std::unique_lock lock{mutex_};
        std::optional<PodStatus> found;
        changed_.wait_for(lock, patience, [&] {
            for (const PodStatus& status : seen_[pod_name])
                if (status.phase == phase) found = status;
            return found.has_value();
        });
        return found;
    }

    [[nodiscard]] std::vector<PodPhase> phases(const std::string& pod_name) {
        const std::lock_guard lock{mutex_};
        std::vector<PodPhase> all;
        for (const PodStatus& status : seen_[pod_name]) all.push_back(status.phase);
        return all;
    }

    /// Runs a pod to its end and removes it.
    PodResult run(PodSpec spec) {
        if (spec.pod_name.empty()) spec.pod_name = "pod-" + std::to_string(++count_);
        const auto started = runtime_->start(spec);
        if (!started) {
            ADD_FAILURE() << started.error().message;
            return {};
        }
        const auto status = wait(spec.pod_name, PodPhase::finished);
        if (!status || !status->result) {
            ADD_FAILURE() << spec.pod_name << " did not finish";
            return {};
        }
        EXPECT_TRUE(runtime_->remove(spec.pod_name));
        return *status->result;
    }

  private:
    std::string error_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::map<std::string, std::vector<PodStatus>> seen_;
    int count_ = 0;
    std::unique_ptr<PodRuntime> runtime_;
};

/// A pod for a script of an installed language.
inline PodSpec script_of(std::string_view language_name, std::string script) {
    PodSpec spec;
    const auto language = find_language(languages(), language_name);
    if (!language) {
        ADD_FAILURE() << language.error().message;
        return spec;
    }
    spec.script = std::move(script);
    spec.filename = language->filename;
    spec.command = language->command;
    spec.limits = language->limits;
    spec.timeout = patience;
    return spec;
}

inline PodSpec bash(std::string script) {
    return script_of("bash", std::move(script));
}
inline PodSpec python(std::string script) {
    return script_of("python", std::move(script));
}

inline bool has_language(std::string_view name) {
    return find_language(languages(), name).has_value();
}

/// Seconds to sleep that no other process on this machine has on its command line: `number` is 1 to
/// 9 and belongs to one test.
inline std::string long_sleep(int number) {
    return std::to_string(1'000'000'000LL * number + ::getpid());
}

/// Processes on this machine whose command line holds `mark`.
inline int processes_with(const std::string& mark) {
    int count = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
        const std::string name = entry.path().filename().string();
        if (name.find_first_not_of("0123456789") != std::string::npos) continue;
        const std::string text = read_text(entry.path() / "cmdline");
        if (text.find(mark) != std::string::npos && text.find("tests") == std::string::npos)
            ++count;
    }
    return count;
}

/// A test of a working sandbox. A machine that cannot have one must say so, or the test fails.
class SandboxTest : public ::testing::Test {
  protected:
    void SetUp() override { use({}); }

    void use(SandboxOptions options) {
        harness_ = std::make_unique<Harness>(std::move(options));
        if (harness_->works()) return;
        if (std::getenv("INTEGR8S_TEST_WITHOUT_SANDBOX") != nullptr)
            GTEST_SKIP() << harness_->error();
        FAIL() << harness_->error() << " (INTEGR8S_TEST_WITHOUT_SANDBOX=1 skips these tests)";
    }

    Harness& harness() { return *harness_; }
    PodRuntime& runtime() { return harness_->runtime(); }
    PodResult run(PodSpec spec) { return harness_->run(std::move(spec)); }

  private:
    std::unique_ptr<Harness> harness_;
};

}  // namespace integr8s::runtime::testing
