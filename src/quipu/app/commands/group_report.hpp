// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "quipu/app/app.hpp"
#include "quipu/app/control/protocol.hpp"
#include "quipu/store/store.hpp"

namespace quipu {

/// The state of a group, as `groups` and `doctor` show it.
struct GroupRow {
    std::string group;
    std::int64_t position = 0;
    std::int64_t lag = 0;  ///< events of its types that it has not finished
    std::int64_t parked = 0;
    std::int64_t held_keys = 0;     ///< whose later events wait for a decision about a dead letter
    std::int64_t dead_letters = 0;  ///< open ones; counting stops at 1000
    bool in_program = true;         ///< false: a group in the store that this program does not have
    bool relay = false;             ///< the relay, which publishes the store's events to the log
    bool in_store = true;           ///< false: it has never run
    /// The first failure of the record that has been parked or held for the longest time.
    std::optional<Time> waiting_since = {};
    /// The newest error among parked records and open dead letters.
    std::optional<std::string> last_error = {};
    std::optional<std::int64_t> in_flight = {};  ///< set while a program runs
    std::optional<std::string> problem = {};     ///< set while a program runs and has one
};

/// The groups of the program and of the store, by name. `running` adds the state that only the
/// running program knows.
[[nodiscard]] Result<std::vector<GroupRow>> group_report(
    const AppDefinition& definition, Store& store, const std::optional<ProgramStatus>& running);

}  // namespace quipu
