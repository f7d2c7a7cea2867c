// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "quipu/base/error.hpp"
#include "quipu/store/query.hpp"

namespace quipu::sqlite {

class Reader;

/// One page of a query; as Store::query. Throws Failure.
[[nodiscard]] Result<EventPage> run_query(Reader& reader, const EventQuery& query);

}  // namespace quipu::sqlite
