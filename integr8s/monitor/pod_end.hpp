// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "integr8s/domain/pod_documents.hpp"
#include "integr8s/events/catalogue.hpp"
#include "integr8s/runtime/pod.hpp"
#include "quipu/delivery/publisher.hpp"

namespace integr8s {

/// The last event of a pod with this result. The transaction that marks the pod's row as gone
/// publishes it, so it is published exactly once.
[[nodiscard]] PodTerminated termination_of(const PodRow& pod, const runtime::PodResult& result);

/// Publishes the end of a pod and, unless it has already ended, of its execution. Stores the exact
/// outputs and marks the pod's row as gone.
void record_end(quipu::UnitOfWork<Events>& unit, PodRow& pod, const runtime::PodResult& result);

/// The same for a pod that died with the program and is not started again.
void record_lost(quipu::UnitOfWork<Events>& unit, PodRow& pod, std::int64_t attempts);

}  // namespace integr8s
