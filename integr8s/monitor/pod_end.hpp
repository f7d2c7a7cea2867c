// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "integr8s/domain/pod_documents.hpp"
#include "integr8s/events/catalogue.hpp"
#include "integr8s/runtime/pod.hpp"
#include "quipu/delivery/publisher.hpp"

namespace integr8s {

/// What a pod that has this result publishes last. Whoever makes its row gone publishes it, in the
/// same transaction, so it comes exactly once.
[[nodiscard]] PodTerminated termination_of(const PodRow& pod, const runtime::PodResult& result);

/// Publishes the end of a pod and, unless it has ended already, of its execution; keeps the exact
/// output beside; marks the pod's row.
void record_end(quipu::UnitOfWork<Events>& unit, PodRow& pod, const runtime::PodResult& result);

/// The same for a pod that died with the program and is not begun again.
void record_lost(quipu::UnitOfWork<Events>& unit, PodRow& pod, std::int64_t attempts);

}  // namespace integr8s
