// SPDX-License-Identifier: Apache-2.0
#include "integr8s/program/deferred_runtime.hpp"

#include <utility>

namespace integr8s::program {

void DeferredRuntime::open(const runtime::SandboxOptions& options) {
    auto made = runtime::make_sandbox_runtime(options);
    if (made) {
        inner_ = std::move(*made);
        problem_.clear();
    } else {
        problem_ = "scripts cannot be run: " + made.error().message;
    }
}

quipu::Result<void> DeferredRuntime::start(const runtime::PodSpec& spec) {
    if (inner_) return inner_->start(spec);
    // `invalid` ends the execution; anything retryable would leave it waiting for a restart.
    return quipu::fail(quipu::ErrorCode::invalid, problem_);
}

quipu::Result<void> DeferredRuntime::remove(std::string_view pod_name) {
    if (inner_) return inner_->remove(pod_name);
    return {};
}

quipu::Result<std::vector<runtime::PodStatus>> DeferredRuntime::list() const {
    if (inner_) return inner_->list();
    return std::vector<runtime::PodStatus>{};
}

quipu::Result<std::optional<runtime::PodStatus>> DeferredRuntime::find(
    std::string_view pod_name) const {
    if (inner_) return inner_->find(pod_name);
    return std::optional<runtime::PodStatus>{};
}

void DeferredRuntime::watch(runtime::PodObserver observer) {
    if (inner_) inner_->watch(std::move(observer));
}

std::string DeferredRuntime::describe() const {
    return inner_ ? inner_->describe() : problem_;
}

}  // namespace integr8s::program
