// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "quipu/base/error.hpp"
#include "quipu/store/engine/fields.hpp"
#include "quipu/store/engine/values.hpp"
#include "quipu/store/transaction.hpp"

namespace quipu::stores {

/// An append with all that can be computed before it is the writer's turn.
struct PreparedAppend {
    std::shared_ptr<Record> record;
    std::optional<std::int64_t> expected_sequence;
    RecordImage image;
    std::vector<IndexedValue> indexed;  ///< by what the event is found
    std::string members;                ///< what an engine stores beside the body for other readers
};

/// A transaction ready for the writer thread; `rest` has no appends left.
struct Prepared {
    std::vector<PreparedAppend> appends;
    Transaction rest;
    std::size_t bytes = 0;
};

/// Checks what needs no look at the store (names, sizes, ranges) and does the work that can be done
/// on the caller's thread.
[[nodiscard]] Result<Prepared> prepare(Transaction transaction, const IndexedFields& fields);

/// Whether the texts of a decision about a dead letter are short enough to be stored.
[[nodiscard]] Result<void> check_decision(const Decision& decision);

/// "event <id>", cut to a readable length.
[[nodiscard]] std::string event_name(const std::string& event_id);

}  // namespace quipu::stores
