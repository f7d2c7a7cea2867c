// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>

namespace fuzz {

/// What must hold for every input.
inline void check(bool holds) {
    if (!holds) std::abort();
}

/// Whether the harness is to be wrong on purpose, for good inputs only. A fuzzer that then finds
/// nothing never reaches what it is for.
inline bool planted() {
    static const bool yes = std::getenv("QUIPU_FUZZ_PLANT") != nullptr;
    return yes;
}

}  // namespace fuzz
