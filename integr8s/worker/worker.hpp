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

/// Creates and deletes pods. Creating a pod stores a row; the pod starter starts the pod once
/// pod_created is durable, so that no event of a pod can precede it.
///
/// If the runtime cannot do something at the moment, the handler throws and is retried by the
/// event's policy. Only a command that can never succeed fails the execution.
///
/// The worker deletes a pod while the monitor may see it end: whichever commits first marks the
/// pod's row as gone and publishes pod_terminated.
class PodWorker {
  public:
    static constexpr std::string_view group = "k8s-worker";
    /// A create_pod_command that became a dead letter must not keep the delete_pod_command of its
    /// execution waiting.
    static constexpr quipu::GroupOptions options{.on_dead_letter =
                                                     quipu::OnDeadLetter::release_key};

    /// The runtime must outlive this object.
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
