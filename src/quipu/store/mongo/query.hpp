// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

#include "quipu/base/error.hpp"
#include "quipu/store/mongo/server.hpp"
#include "quipu/store/query.hpp"

namespace quipu::mongo {

/// Store::query on the collections; ends with `limit` after `time`. Throws ServerError.
[[nodiscard]] Result<EventPage> run_query(Server& server, const EventQuery& query,
                                          std::chrono::milliseconds time);

}  // namespace quipu::mongo
