// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "quipu/store/sqlite/field_index.hpp"

namespace quipu::sqlite {

/// Where the index stands with a field: it has every event up to `filled_to`, and every event
/// beyond `fill_until` that the index covers at all.
struct FieldState {
    std::int64_t number = 0;
    std::string path;  ///< as FieldPath::canonical
    std::int64_t filled_to = 0;
    std::int64_t fill_until = 0;

    [[nodiscard]] bool complete() const noexcept { return filled_to >= fill_until; }
    [[nodiscard]] bool has(std::int64_t position) const noexcept {
        return position <= filled_to || position > fill_until;
    }
};
[[nodiscard]] std::vector<FieldState> read_field_states(const Connection& connection);

/// Brings a file's index up to the fields that the program declares (writer only): what is newly
/// declared is filled for the events that are there, and what is no longer declared is removed, a
/// little at a time. What one step has done stays done when the program ends.
class FieldFill {
  public:
    /// `portion` is the number of events whose rows are sorted together.
    FieldFill(const Connection& connection, FieldNumbers& numbers, std::size_t portion);

    /// Notes in the file which fields the program declares and gives them numbers. Within a
    /// transaction, once, before any event is added to the index.
    void declare();
    /// Reads where the file stands, at the start and after a rollback.
    void load();

    [[nodiscard]] bool pending() const noexcept;
    /// Does a little of the work, within a transaction; nothing of positions in `removed`.
    void step(const IntervalSet& removed);

  private:
    void find_abandoned();
    void remove_abandoned();
    bool choose();
    void read_events();
    void finish_portion();

    const Connection& connection_;
    FieldNumbers& numbers_;
    const std::size_t portion_events_;
    IndexWriter writer_;
    Statement events_;
    Statement filled_;
    Statement remove_;
    std::vector<FieldState> states_;
    std::vector<std::int64_t> abandoned_;  ///< numbers whose rows are to be removed

    // The portion at hand: first its events are read, then its rows are written.
    std::vector<std::int64_t> chosen_;  ///< numbers of the fields that it is for
    FieldNumbers chosen_numbers_;
    std::int64_t read_to_ = 0;
    std::int64_t read_until_ = 0;
    std::size_t read_ = 0;  ///< events
    bool writing_ = false;
    std::vector<IndexEntry> rows_;
    std::size_t written_ = 0;
};

}  // namespace quipu::sqlite
