// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "quipu/base/error.hpp"
#include "quipu/store/engine/prepare.hpp"
#include "quipu/store/mongo/server.hpp"
#include "quipu/store/mongo/state.hpp"

namespace quipu::mongo {

/// A RestoreBatch with all that can be computed before it is the writer's turn.
struct PreparedRestore {
    std::vector<PreparedAppend> events;
    std::vector<PreparedAppend> archived;  ///< as batch.archived
    const RestoreBatch& batch;
};

/// Whether a batch of another store fits behind what the log has.
class RestoreCheck {
  public:
    using Ranges = std::vector<std::pair<std::int64_t, std::int64_t>>;
    /// The last sequence of an aggregate.
    using Head = std::function<std::int64_t(const std::string&)>;

    /// `state` and `server` must outlive it.
    RestoreCheck(const State& state, Server& server, Head head)
        : state_(state), server_(server), head_(std::move(head)) {}

    /// The positions that the batch leaves empty. Errors: as Store::restore. Throws ServerError.
    [[nodiscard]] Result<Ranges> holes_of(const PreparedRestore& prepared) const;

  private:
    [[nodiscard]] Result<void> check_ascending(const std::vector<PreparedAppend>& events) const;
    [[nodiscard]] Result<void> check_fresh_ids(const std::vector<PreparedAppend>& events) const;

    const State& state_;
    Server& server_;
    Head head_;
};

}  // namespace quipu::mongo
