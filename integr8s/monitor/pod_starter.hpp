// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "integr8s/domain/pod_documents.hpp"
#include "integr8s/events/execution.hpp"
#include "integr8s/events/pod.hpp"
#include "integr8s/runtime/languages.hpp"
#include "integr8s/runtime/pod_runtime.hpp"
#include "quipu/delivery/handler.hpp"

namespace integr8s {

/// Starts a pod in the runtime once its pod_created is in the log, so that no status of a pod can
/// be published before that event. The counterpart of PodMonitor.
class PodStarter {
  public:
    static constexpr std::string_view group = "pod-monitor";
    /// A pod that could not be started must not keep the next pod of its execution waiting.
    static constexpr quipu::GroupOptions options{.on_dead_letter =
                                                     quipu::OnDeadLetter::release_key};
    using Outputs = quipu::Publishes<PodFailed, ExecutionFailed, PodTerminated>;

    /// Both must outlive this object.
    PodStarter(runtime::PodRuntime& runtime, const runtime::Languages& languages)
        : runtime_(runtime), languages_(languages) {}

    /// Throws, and is thus retried, if the runtime cannot accept the pod at the moment.
    void on(const quipu::Event<PodCreated>& event, Outputs& out, quipu::Documents& documents);

  private:
    void refuse(const PodCreated& created, const quipu::Error& error, Outputs& out,
                quipu::Documents& documents) const;

    runtime::PodRuntime& runtime_;
    const runtime::Languages& languages_;
};

/// The runtime's specification of a pod: the limits of the language, overridden by those of the
/// command.
[[nodiscard]] runtime::PodSpec make_pod_spec(std::string_view pod_name, const PodSpecRow& row,
                                             const runtime::Languages& languages);

}  // namespace integr8s
