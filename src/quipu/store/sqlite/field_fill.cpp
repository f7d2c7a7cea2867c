// SPDX-License-Identifier: Apache-2.0
#include "quipu/store/sqlite/field_fill.hpp"

#include <algorithm>
#include <utility>

namespace quipu::sqlite {
namespace {

// A step shares the writer with publishers, so it stays short.
constexpr std::size_t events_per_step = 1000;
constexpr std::size_t rows_per_step = 2000;

}  // namespace

std::vector<FieldState> read_field_states(const Connection& connection) {
    std::vector<FieldState> states;
    Statement rows(connection, "SELECT id, name, filled_to, fill_until FROM indexed_fields");
    while (rows.step()) {
        states.push_back({.number = rows.integer(0),
                          .path = rows.text(1),
                          .filled_to = rows.integer(2),
                          .fill_until = rows.integer(3)});
    }
    return states;
}

FieldFill::FieldFill(const Connection& connection, FieldNumbers& numbers, std::size_t portion)
    : connection_(connection),
      numbers_(numbers),
      portion_events_(std::max<std::size_t>(1, portion)),
      writer_(connection),
      events_(connection, "SELECT position, " QUIPU_INDEX_SOURCE
                          " FROM events WHERE position > ?1 AND position <= ?2 "
                          "ORDER BY position LIMIT ?3"),
      filled_(connection, "UPDATE indexed_fields SET filled_to = ?2 WHERE id = ?1"),
      remove_(connection,
              "DELETE FROM field_index WHERE (field, value, position) IN "
              "(SELECT field, value, position FROM field_index WHERE field = ?1 LIMIT ?2)"),
      chosen_numbers_(numbers.fields()) {}

void FieldFill::declare() {
    const auto& paths = numbers_.fields().paths();
    Statement drop(connection_, "DELETE FROM indexed_fields WHERE id = ?1");
    std::vector<FieldState> known = read_field_states(connection_);
    for (const FieldState& state : known) {
        if (std::ranges::find(paths, state.path) == paths.end()) {
            drop.with(state.number).run();
        }
    }
    // A number is not given to another field while rows of the first may be left.
    std::int64_t next = std::max(
        {first_field, connection_.integer("SELECT max(id) FROM indexed_fields") + 1,
         connection_.integer("SELECT field FROM field_index ORDER BY field DESC LIMIT 1") + 1});
    for (const FieldState& state : known) {
        next = std::max(next, state.number + 1);
    }
    Statement add(connection_,
                  "INSERT INTO indexed_fields VALUES(?1, ?2, 0, " QUIPU_INDEX_COVERS ")");
    for (const std::string& path : paths) {
        if (std::ranges::find(known, path, &FieldState::path) == known.end()) {
            add.with(next++, Text{path}).run();
        }
    }
}

void FieldFill::load() {
    chosen_.clear();
    rows_.clear();
    read_ = written_ = 0;
    writing_ = false;
    states_ = read_field_states(connection_);
    std::vector<std::int64_t> numbers;
    for (const std::string& path : numbers_.fields().paths()) {
        const auto state = std::ranges::find(states_, path, &FieldState::path);
        numbers.push_back(state == states_.end() ? 0 : state->number);
    }
    numbers_.assign(std::move(numbers));
    find_abandoned();
}

void FieldFill::find_abandoned() {
    abandoned_.clear();
    Statement next(connection_, "SELECT min(field) FROM field_index WHERE field > ?1");
    std::int64_t number = aggregate_field;
    while (next.with(number).step() && !next.null(0)) {
        number = next.integer(0);
        if (std::ranges::find(states_, number, &FieldState::number) == states_.end()) {
            abandoned_.push_back(number);
        }
    }
}

bool FieldFill::pending() const noexcept {
    return !abandoned_.empty() || !std::ranges::all_of(states_, &FieldState::complete);
}

void FieldFill::step(const IntervalSet& removed) {
    if (chosen_.empty() && !choose()) {
        remove_abandoned();
    } else if (!writing_) {
        read_events();
    } else {
        const std::size_t count = std::min(rows_per_step, rows_.size() - written_);
        writer_.write(std::span(rows_).subspan(written_, count), removed);
        written_ += count;
        if (written_ == rows_.size()) {
            finish_portion();
        }
    }
}

void FieldFill::remove_abandoned() {
    if (abandoned_.empty()) {
        return;
    }
    const std::int64_t before = connection_.integer("SELECT total_changes()");
    remove_.with(abandoned_.back(), static_cast<std::int64_t>(rows_per_step)).run();
    if (connection_.integer("SELECT total_changes()") == before) {
        abandoned_.pop_back();
    }
}

/// Fields that were declared together are filled together.
bool FieldFill::choose() {
    std::int64_t from = -1;
    for (const FieldState& state : states_) {
        if (!state.complete() && (from < 0 || state.filled_to < from)) {
            from = state.filled_to;
            read_until_ = state.fill_until;
        }
    }
    if (from < 0) {
        return false;
    }
    std::vector<std::int64_t> numbers;
    for (const std::string& path : numbers_.fields().paths()) {
        const auto state = std::ranges::find(states_, path, &FieldState::path);
        const bool chosen = state != states_.end() && state->filled_to == from &&
                            state->fill_until == read_until_ && !state->complete();
        numbers.push_back(chosen ? state->number : 0);
        if (chosen) {
            chosen_.push_back(state->number);
        }
    }
    chosen_numbers_.assign(std::move(numbers));
    read_to_ = from;
    return true;
}

void FieldFill::read_events() {
    const std::size_t wanted = std::min(events_per_step, portion_events_ - read_);
    std::size_t found = 0;
    {
        const Reset reset(events_);
        events_.with(read_to_, read_until_, static_cast<std::int64_t>(wanted));
        while (events_.step()) {
            ++found;
            read_to_ = events_.integer(0);
            const auto [aggregate, values] =
                read_index_source(events_, 1, chosen_numbers_.fields());
            chosen_numbers_.entries(read_to_, aggregate, values, [&](IndexEntry&& entry) {
                if (entry.field != aggregate_field) {
                    rows_.push_back(std::move(entry));
                }
            });
        }
    }
    read_ += found;
    if (found < wanted) {
        read_to_ = read_until_;
    }
    if (found < wanted || read_ == portion_events_) {
        IndexWriter::sort(rows_);
        writing_ = true;
    }
}

void FieldFill::finish_portion() {
    for (const std::int64_t number : chosen_) {
        filled_.with(number, read_to_).run();
        std::ranges::find(states_, number, &FieldState::number)->filled_to = read_to_;
    }
    chosen_.clear();
    rows_.clear();
    read_ = written_ = 0;
    writing_ = false;
}

}  // namespace quipu::sqlite
