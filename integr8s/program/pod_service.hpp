// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "integr8s/monitor/pod_monitor.hpp"
#include "integr8s/program/deferred_runtime.hpp"
#include "integr8s/runtime/languages.hpp"
#include "quipu/app/app.hpp"

namespace integr8s::program {

/// Sets up the sandbox and watches its pods, as a service of the program.
class PodService final : public quipu::Service {
  public:
    /// prepare() sets `languages` and opens `pods`. All arguments must outlive this object.
    PodService(DeferredRuntime& pods, runtime::Languages& languages, PodMonitor& monitor,
               runtime::SandboxOptions options);

    /// Set it before prepare(), if at all.
    [[nodiscard]] bool& allow_unsandboxed() noexcept { return options_.unsafe_no_sandbox; }

    quipu::Result<void> prepare(quipu::Running& running) override;
    void stop() override;
    /// Pods by phase.
    void metrics(std::string& out) override;
    void describe(std::vector<std::pair<std::string, std::string>>& facts) override;
    [[nodiscard]] std::string problem() override { return pods_.problem(); }

  private:
    DeferredRuntime& pods_;
    runtime::Languages& languages_;
    PodMonitor& monitor_;
    runtime::SandboxOptions options_;
};

}  // namespace integr8s::program
