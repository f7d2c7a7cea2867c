// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "quipu/store/mongo/ledger.hpp"
#include "quipu/store/mongo/server.hpp"

namespace quipu::mongo {

/// Store::verify on the collections, beside writers: one line for each problem. Throws ServerError.
[[nodiscard]] std::vector<std::string> verify_database(Server& server, Ledger& ledger);

}  // namespace quipu::mongo
