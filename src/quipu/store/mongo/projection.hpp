// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "quipu/store/mongo/commit.hpp"
#include "quipu/store/mongo/state.hpp"

namespace quipu::mongo {

/// Writes what `commit` did into the collections for readers. May be done again, by several
/// processes at once and after later commits: each document carries the number of the commit that
/// wrote it, none replaces a later one's, and what is erased leaves a tombstone. `state` is the one
/// right after the commit, or a later one. Throws ServerError; doing it again completes it.
void project(const Commit& commit, const State& state, Server& server);

/// The number of the last commit that is in the collections.
[[nodiscard]] std::int64_t projected(Server& server);

}  // namespace quipu::mongo
