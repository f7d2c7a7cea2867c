// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "quipu/base/error.hpp"

namespace quipu::kafka {

using TopicErrors = std::map<std::string, Error>;  ///< by topic; absent topics succeeded

/// Creates topics with `create`, and retries those for which the cluster was not ready, for at most
/// `within`. A broker may report that although it has created the topic, so a retry that finds the
/// topic is not a conflict. Fails only if the first call fails as a whole.
[[nodiscard]] Result<TopicErrors> create_when_ready(
    std::vector<std::string> topics,
    const std::function<Result<TopicErrors>(const std::vector<std::string>&)>& create,
    std::chrono::milliseconds within);

/// Calls `take_listed`, which removes the topics that a broker lists, until none is left or
/// `within` is over. Returns the remaining topics.
[[nodiscard]] std::vector<std::string> wait_until_listed(
    std::vector<std::string> topics,
    const std::function<void(std::vector<std::string>&)>& take_listed,
    std::chrono::milliseconds within);

}  // namespace quipu::kafka
