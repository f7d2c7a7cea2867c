// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "integr8s/domain/pod_documents.hpp"
#include "integr8s/events/command.hpp"
#include "integr8s/events/execution.hpp"
#include "integr8s/events/pod.hpp"
#include "integr8s/runtime/pod_runtime.hpp"
#include "quipu/delivery/handler.hpp"

namespace integr8s {

struct WorkerOptions {
    std::string pod_namespace = "integr8s";
};

/// Makes and deletes pods. A created pod is a row; the pod monitor starts it once pod_created is
/// durable, so no event of a pod can come before that.
///
/// What the runtime can't do just now makes the handler throw, so that it is tried again by the
/// policy of the event; only a command that can never work fails the execution.
///
/// Deletion and the monitor, which sees the runtime end the pod, are at work at the same moment:
/// the one that commits first marks the pod's row as gone and publishes pod_terminated.
class PodWorker {
  public:
    static constexpr std::string_view group = "k8s-worker";

    /// The runtime must outlive this.
    explicit PodWorker(runtime::PodRuntime& runtime, WorkerOptions settings = {})
        : runtime_(runtime), settings_(std::move(settings)) {}

    void on(const quipu::Event<CreatePodCommand>& event,
            quipu::Publishes<PodCreated, ExecutionFailed>& out, quipu::Documents& documents);
    void on(const quipu::Event<DeletePodCommand>& event,
            quipu::Publishes<PodTerminated, PodDeleted>& out, quipu::Documents& documents);

  private:
    runtime::PodRuntime& runtime_;
    WorkerOptions settings_;
};

}  // namespace integr8s
