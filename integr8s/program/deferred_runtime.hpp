// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "integr8s/runtime/pod_runtime.hpp"
#include "integr8s/runtime/sandbox_runtime.hpp"

namespace integr8s::program {

/// A pod runtime that is created when the program starts to run, not for `integr8s --help`. If the
/// sandbox cannot be set up, it rejects every pod with the reason, so that executions fail with
/// that reason and the program reports it.
class DeferredRuntime final : public runtime::PodRuntime {
  public:
    /// Creates the runtime. Call it once, before all other functions.
    void open(const runtime::SandboxOptions& options);

    /// Why no pod can run; empty if pods can run.
    [[nodiscard]] const std::string& problem() const noexcept { return problem_; }

    quipu::Result<void> start(const runtime::PodSpec& spec) override;
    quipu::Result<void> remove(std::string_view pod_name) override;
    [[nodiscard]] quipu::Result<std::vector<runtime::PodStatus>> list() const override;
    [[nodiscard]] quipu::Result<std::optional<runtime::PodStatus>> find(
        std::string_view pod_name) const override;
    void watch(runtime::PodObserver observer) override;
    [[nodiscard]] std::string describe() const override;

  private:
    std::unique_ptr<runtime::PodRuntime> inner_;
    std::string problem_ = "the runtime has not been opened";
};

}  // namespace integr8s::program
