// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "faults/history.hpp"

namespace quipu::faults {

/// A history grows over so many rounds, so that each fault meets one with a past.
inline constexpr int rounds_per_history = 20;

/// The value of a variable that names a server; throws Skipped without it.
[[nodiscard]] std::string shared(const char* variable);

// modes_programs.cpp
void program_kill(const Settings& settings, Totals& totals);
void rebalance(const Settings& settings, Totals& totals);
void processes(const Settings& settings, Totals& totals);
/// Positive control: a broken program, which the checker must find.
void planted(const Settings& settings, Totals& totals);

}  // namespace quipu::faults
