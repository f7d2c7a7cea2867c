// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "quipu/base/error.hpp"
#include "quipu/store/store.hpp"

namespace quipu {

/// An event in the order in which a tree is printed: each before those that it has led to.
struct CausalEvent {
    Record record;
    std::size_t depth = 0;  ///< events between it and its root
    bool asked = false;     ///< the event whose tree it is
    bool orphan = false;    ///< its cause is no longer stored, or beyond the limit
};

struct CausalTree {
    std::vector<CausalEvent> events;
    bool complete = true;  ///< false: there are more than could be read
};

/// Everything that belongs to the story of an event: the event that began it, and all that handlers
/// have published because of it, found by the header `correlation_id` and put in order by
/// `causation_id`. At most 1,000 events.
[[nodiscard]] Result<CausalTree> causal_tree(Store& store, const Record& of);

}  // namespace quipu
