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
    /// A pod that was lost with the program is begun again until it has been begun this often.
    std::int64_t max_attempts = 3;
    std::string node_name = "local";
};

/// Watches the runtime and publishes what its pods do.
///
/// A status counts as seen only when its events are durable: until then the runtime hands it over
/// again, and a finished pod stays in the runtime with its result. What was published once is not
/// published again, for the row of the pod changes in the same transaction.
///
/// A pod that ends publishes pod_succeeded or pod_failed, the terminal event of its execution
/// (unless that has ended already, by a cancellation for example) and pod_terminated. A pod that
/// was deleted publishes pod_terminated alone, here or by the worker that deletes it: whoever had
/// it deleted ends the execution.
class PodMonitor {
  public:
    /// The runtime must outlive this.
    explicit PodMonitor(runtime::PodRuntime& runtime, MonitorOptions settings = {});
    ~PodMonitor();  ///< stops
    PodMonitor(const PodMonitor&) = delete;
    PodMonitor& operator=(const PodMonitor&) = delete;

    /// Brings rows and runtime together, then watches. To be called before the groups start. Pods
    /// that ran when the program died are begun again by a new pod_created, or, begun too often,
    /// end as system_error; pods that no row knows are removed.
    /// Errors: those of the store and of the runtime.
    [[nodiscard]] quipu::Result<void> start(quipu::Publisher<Events> publisher);

    /// Ends the watch; no status is being handled any more on return.
    void stop();

    /// Statuses that were published, and tries that failed and were repeated.
    [[nodiscard]] std::uint64_t published() const noexcept { return published_; }
    [[nodiscard]] std::uint64_t failures() const noexcept { return failures_; }

  private:
    using Unit = quipu::UnitOfWork<Events>;

    [[nodiscard]] quipu::Result<void> reconcile();
    [[nodiscard]] quipu::Result<void> restart(const std::string& pod_name);
    [[nodiscard]] bool observe(const runtime::PodStatus& status);
    /// Returns true when the runtime need not keep the pod any more.
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
