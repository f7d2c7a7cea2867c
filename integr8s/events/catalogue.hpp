// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "integr8s/events/command.hpp"
#include "integr8s/events/dead_letter.hpp"
#include "integr8s/events/execution.hpp"
#include "integr8s/events/notification.hpp"
#include "integr8s/events/pod.hpp"
#include "integr8s/events/resource.hpp"
#include "integr8s/events/result.hpp"
#include "integr8s/events/saga.hpp"
#include "integr8s/events/script.hpp"
#include "integr8s/events/security.hpp"
#include "integr8s/events/system.hpp"
#include "integr8s/events/user.hpp"

namespace integr8s {

/// All 57 event types of the system. The order is that of the union in other languages.
struct Events : quipu::Catalogue<ExecutionEvents, PodEvents, ResultEvents, UserEvents,
                                 NotificationEvents, SagaEvents, CommandEvents, ScriptEvents,
                                 SecurityEvents, ResourceEvents, SystemEvents, DeadLetterEvents> {};

}  // namespace integr8s
