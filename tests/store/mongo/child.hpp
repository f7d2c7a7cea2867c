// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace quipu::test {

/// Publishes, changes documents and finishes positions in `database` as the writer `name` until it
/// is killed. Returns only when it finds a broken promise: with 1, and a line on standard error.
int run_mongo_child(const std::string& database, int name);

}  // namespace quipu::test
