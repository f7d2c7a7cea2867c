// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "integr8s/events/policies.hpp"
#include "integr8s/events/types.hpp"
#include "quipu/event/catalogue.hpp"

namespace integr8s {

// What the pod runtime did with the pod of an execution.

struct PodCreated {
    static constexpr std::string_view event_type = "pod_created";
    static constexpr auto indexed = quipu::fields("execution_id");
    std::string execution_id;
    std::string pod_name;
    quipu::Default<std::string> namespace_ = "default";
};

struct PodScheduled {
    static constexpr std::string_view event_type = "pod_scheduled";
    static constexpr auto indexed = quipu::fields("execution_id");
    std::string execution_id;
    std::string pod_name;
    quipu::Default<std::string> node_name = {};
};

struct PodRunning {
    static constexpr std::string_view event_type = "pod_running";
    static constexpr auto indexed = quipu::fields("execution_id");
    std::string execution_id;
    std::string pod_name;
    quipu::Default<std::vector<ContainerStatus>> container_statuses = {};
};

struct PodSucceeded {
    static constexpr std::string_view event_type = "pod_succeeded";
    static constexpr auto indexed = quipu::fields("execution_id");
    std::string execution_id;
    std::string pod_name;
    quipu::Default<std::int64_t> exit_code = 0;
    std::optional<std::string> stdout_ = {};
    std::optional<std::string> stderr_ = {};
};

struct PodFailed {
    static constexpr std::string_view event_type = "pod_failed";
    static constexpr auto indexed = quipu::fields("execution_id");
    std::string execution_id;
    std::string pod_name;
    quipu::Default<std::int64_t> exit_code = 1;
    std::optional<std::string> reason = {};
    std::optional<std::string> message = {};
    std::optional<std::string> stdout_ = {};
    std::optional<std::string> stderr_ = {};
};

struct PodTerminated {
    static constexpr std::string_view event_type = "pod_terminated";
    static constexpr auto indexed = quipu::fields("execution_id");
    std::string execution_id;
    std::string pod_name;
    quipu::Default<std::int64_t> exit_code = 0;
    std::optional<std::string> reason = {};
    std::optional<std::string> message = {};
};

struct PodDeleted {
    static constexpr std::string_view event_type = "pod_deleted";
    static constexpr auto indexed = quipu::fields("execution_id");
    std::string execution_id;
    std::string pod_name;
    std::optional<std::string> reason = {};
};

using PodEvents = quipu::Category<PodPolicy, PodCreated, quipu::Terminal<PodScheduled>, PodRunning,
                                  quipu::Terminal<PodSucceeded>, quipu::Terminal<PodFailed>,
                                  quipu::Terminal<PodTerminated>, PodDeleted>;

}  // namespace integr8s
