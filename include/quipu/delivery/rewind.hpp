// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "quipu/store/store.hpp"

namespace quipu {

struct RewindOptions {
    bool dry_run = false;  ///< counts only
    Time now = {};         ///< when the events become due
    /// Called with what each transaction has parked, so that a running group learns of it.
    std::function<void(const std::vector<Parked>&)> parked = {};
};

/// Hands the stored events of `event_type` that `group` has finished to it again: they are parked,
/// due at once, and each key's are handled in the order of the log. Meant for a type to which the
/// group has subscribed after they were stored; what it has handled before is handled again. Later
/// events of a key that the group has finished already are not repeated.
///
/// Returns the number of events. Events that are parked already are left as they are and not
/// counted; a call that fails in the middle can be repeated. Errors: not_found (the store does not
/// know the group), and those of the store.
[[nodiscard]] Result<std::int64_t> rewind_group(Store& store, const std::string& group,
                                                const std::string& event_type,
                                                const RewindOptions& options);

}  // namespace quipu
