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

// What the saga asks the worker to do.

struct CreatePodCommand {
    static constexpr std::string_view event_type = "create_pod_command";
    static constexpr auto indexed = quipu::fields("execution_id");
    std::string saga_id;
    std::string execution_id;
    std::string script;
    std::string language;
    std::string language_version;
    std::string runtime_image;
    quipu::Default<std::vector<std::string>> runtime_command = {};
    std::string runtime_filename;
    std::int64_t timeout_seconds;
    std::string cpu_limit;
    std::string memory_limit;
    std::string cpu_request;
    std::string memory_request;
    quipu::Default<QueuePriority> priority = QueuePriority::normal;
};

struct DeletePodCommand {
    static constexpr std::string_view event_type = "delete_pod_command";
    static constexpr auto indexed = quipu::fields("execution_id");
    std::string saga_id;
    std::string execution_id;
    std::string reason;
    std::optional<std::string> pod_name = {};
    std::optional<std::string> namespace_ = {};
};

struct AllocateResourcesCommand {
    static constexpr std::string_view event_type = "allocate_resources_command";
    static constexpr auto indexed = quipu::fields("execution_id");
    std::string execution_id;
    std::string cpu_request;
    std::string memory_request;
};

struct ReleaseResourcesCommand {
    static constexpr std::string_view event_type = "release_resources_command";
    static constexpr auto indexed = quipu::fields("execution_id");
    std::string execution_id;
    std::string cpu_request;
    std::string memory_request;
};

using CommandEvents = quipu::Category<CommandPolicy, CreatePodCommand, DeletePodCommand,
                                      AllocateResourcesCommand, ReleaseResourcesCommand>;

}  // namespace integr8s
