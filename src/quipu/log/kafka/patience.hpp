// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "quipu/base/error.hpp"

namespace quipu::kafka {

using TopicErrors = std::map<std::string, Error>;  ///< by topic; a topic not in it went well

/// Creates topics with `create`, again for those that a cluster was not ready for, until `within`
/// is over. Such an answer may have come after the topic was made, so the topic is no conflict when
/// it is asked for again. Fails only when the first call as a whole does.
[[nodiscard]] Result<TopicErrors> create_when_ready(
    std::vector<std::string> topics,
    const std::function<Result<TopicErrors>(const std::vector<std::string>&)>& create,
    std::chrono::milliseconds within);

/// Calls `take_listed`, which takes out those topics that a broker lists, until none is left or
/// `within` is over. Returns what is left.
[[nodiscard]] std::vector<std::string> wait_until_listed(
    std::vector<std::string> topics,
    const std::function<void(std::vector<std::string>&)>& take_listed,
    std::chrono::milliseconds within);

}  // namespace quipu::kafka
