// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "quipu/store/mongo/commit.hpp"
#include "quipu/store/mongo/state.hpp"

namespace quipu::mongo {

/// Writes what `commit` did into the collections for readers. May be done again, by several
/// processes at once and after later commits: each document carries the number of the commit that
/// wrote it, none replaces a later one's (unless the server's updates are not atomic, and this is
/// late), and what is erased leaves a tombstone. `state` is the one right after the commit, or a
/// later one. Returns whether it wrote anything though others had finished it already: only then
/// can it have replaced what a later one wrote. Throws Failure; doing it again completes it.
bool project(const Commit& commit, const State& state, Server& server);

/// The number of the last commit that is in the collections.
[[nodiscard]] std::int64_t projected(Server& server);

/// Drops tombstones older than a day. By then a writer that fell asleep over an old commit has
/// lost its connection long ago; it looks again before it writes.
void drop_tombstones(Server& server);

}  // namespace quipu::mongo
