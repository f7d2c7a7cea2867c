// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "integr8s/domain/pod_documents.hpp"
#include "integr8s/events/catalogue.hpp"
#include "integr8s/runtime/pod_runtime.hpp"
#include "quipu/delivery/publisher.hpp"

namespace integr8s {

struct MonitorOptions {
    /// How often a pod is started at most, if it dies together with the program.
    std::int64_t max_attempts = 3;
    std::string node_name = "local";
};

/// Watches the runtime and publishes the progress of its pods.
///
/// A status is acknowledged only when its events are durable. Until then the runtime reports it
/// again, and keeps a finished pod with its result. Nothing is published twice, because the pod's
/// row changes in the same transaction.
///
/// When a pod ends, the monitor publishes pod_succeeded or pod_failed, the terminal event of its
/// execution (unless that has already ended, for example by a cancellation) and pod_terminated. For
/// a deleted pod only pod_terminated is published, here or by the worker that deletes it: whoever
/// requested the deletion ends the execution.
class PodMonitor {
  public:
    /// The runtime must outlive this object.
    explicit PodMonitor(runtime::PodRuntime& runtime, MonitorOptions settings = {});
    ~PodMonitor();  ///< calls stop()
    PodMonitor(const PodMonitor&) = delete;
    PodMonitor& operator=(const PodMonitor&) = delete;

    /// Reconciles rows and runtime, and then starts to watch. Call it before the groups start. Pods
    /// that ran when the program died are started again by a new pod_created or, if they were
    /// started too often, end with system_error. Pods without a row are removed. Errors: those of
    /// the store and of the runtime.
    [[nodiscard]] quipu::Result<void> start(quipu::Publisher<Events> publisher);

    /// Stops watching. When it returns, no status is being handled.
    void stop();

    /// The numbers of published statuses, and of failed attempts that were repeated.
    [[nodiscard]] std::uint64_t published() const noexcept { return published_; }
    [[nodiscard]] std::uint64_t failures() const noexcept { return failures_; }

  private:
    using Unit = quipu::UnitOfWork<Events>;

    [[nodiscard]] quipu::Result<void> reconcile();
    [[nodiscard]] quipu::Result<void> restart(const std::string& pod_name);
    [[nodiscard]] bool observe(const runtime::PodStatus& status);
    /// Returns true if the runtime need not keep the pod any longer.
    [[nodiscard]] bool record(Unit& unit, const runtime::PodStatus& status) const;
    void record_scheduled(Unit& unit, PodRow& pod) const;
    void record_running(Unit& unit, PodRow& pod) const;

    runtime::PodRuntime& runtime_;
    MonitorOptions settings_;
    std::optional<quipu::Publisher<Events>> publisher_;
    std::atomic<std::uint64_t> published_ = 0;
    std::atomic<std::uint64_t> failures_ = 0;
};

}  // namespace integr8s
