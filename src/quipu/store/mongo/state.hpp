// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "quipu/store/engine/interval_set.hpp"
#include "quipu/store/engine/recent_ids.hpp"
#include "quipu/store/mongo/commit.hpp"
#include "quipu/store/mongo/generational_cache.hpp"
#include "quipu/store/mongo/server.hpp"

namespace quipu::mongo {

/// What the store is after commit `seen`, as far as it is kept in memory. Every part either grows
/// only or is overwritten by later commits, so applying a commit whose effects are in it already
/// changes nothing.
struct State {
    std::int64_t seen = 0;
    std::int64_t last_position = 0;
    std::int64_t letter_id = 0;
    std::int64_t erased_revision = 0;
    IntervalSet removed;
    std::map<std::string, IntervalSet> groups;
    /// Groups whose finished positions did not read back as they were written. They handle nothing.
    std::set<std::string> damaged;
    RecentIds recent_ids;
    bool any_archived = false;
    // What was looked up, kept up to date.
    mutable GenerationalCache heads{std::size_t{32} * 1024};
    mutable GenerationalCache revisions{std::size_t{8} * 1024};

    void apply(const Commit& commit);
};

/// Reads the state from the collections. Other processes may write meanwhile: it is exact once all
/// commits beyond `seen` that exist afterwards are applied to it. Throws ServerError, and
/// CorruptDocument when the removed positions do not read back as they were written.
[[nodiscard]] State load_state(Server& server);

}  // namespace quipu::mongo
