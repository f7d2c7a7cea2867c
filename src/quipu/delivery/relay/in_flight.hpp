// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "quipu/store/record.hpp"
#include "quipu/store/transaction.hpp"

namespace quipu {

/// The records that a relay has given to the log and that the log has not acknowledged, in the
/// store's order. Some of them may be lost: those are sent again, with everything behind them, once
/// the log has answered for all the others. Not thread-safe.
class InFlight {
  public:
    void add(RecordPtr record) { insert(std::move(record), false); }
    /// Adds a record that is to be sent with the next resend, ahead of anything new.
    void add_as_lost(RecordPtr record) { insert(std::move(record), true); }
    /// Marks a record as lost by the log. Does nothing for a record that is not in flight.
    void mark_lost(std::int64_t position);
    void remove(std::int64_t position);
    void clear();

    /// All records in order, none of which counts as lost any more: the caller sends them.
    [[nodiscard]] std::vector<RecordPtr> take_for_resend();

    [[nodiscard]] bool contains(std::int64_t position) const { return sent_.contains(position); }
    [[nodiscard]] bool empty() const noexcept { return sent_.empty(); }
    [[nodiscard]] std::size_t size() const noexcept { return sent_.size(); }
    /// The bodies' bytes.
    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
    [[nodiscard]] bool any_lost() const noexcept { return lost_ > 0; }
    /// Whether the log has answered for every record; also true when nothing is in flight.
    [[nodiscard]] bool all_answered() const noexcept { return lost_ == sent_.size(); }
    /// The lowest position; none when nothing is in flight.
    [[nodiscard]] std::optional<std::int64_t> first() const;

  private:
    struct Sent {
        RecordPtr record;
        bool lost = false;
    };
    void insert(RecordPtr record, bool lost);

    std::map<std::int64_t, Sent> sent_;  // by position
    std::size_t bytes_ = 0;
    std::size_t lost_ = 0;
};

}  // namespace quipu
