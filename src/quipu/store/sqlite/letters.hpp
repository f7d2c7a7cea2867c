// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "quipu/store/sqlite/rows.hpp"
#include "quipu/store/transaction.hpp"

namespace quipu::sqlite {

/// Parked records (writer only).
class ParkedTable {
  public:
    explicit ParkedTable(const Connection& connection);

    [[nodiscard]] Result<void> check(const Transaction& transaction, std::int64_t last_position);
    void park(const Parked& parked);
    void unpark(const Parked& parked);
    void drop_position(std::int64_t position);

  private:
    bool exists(const Parked& parked);

    Statement find_;
    Statement put_;
    Statement drop_;
    Statement drop_position_;
};

/// Dead letters (writer only).
class DeadLetterTable {
  public:
    DeadLetterTable(const Connection& connection, TypeTable& types);

    void add(const DeadLetter& letter);
    /// With its own id and state; the same again changes nothing.
    void restore(const DeadLetter& letter);
    [[nodiscard]] Result<DeadLetter> find(std::int64_t id);
    /// Takes an open letter out of that state.
    void set_status(DeadLetter& letter, DeadLetter::Status status, std::string note);

  private:
    void run(Statement& statement, const DeadLetter& letter, std::optional<std::int64_t> id);

    TypeTable& types_;
    Statement insert_;
    Statement restore_;
    Statement find_;
    Statement set_status_;
};

/// Columns that `read_dead_letter` and `read_parked` expect.
#define QUIPU_DEAD_LETTER_COLUMNS \
    QUIPU_RECORD_COLUMNS ",id,group_name,error,attempts,failed_at,status,note,source"
#define QUIPU_PARKED_COLUMNS "group_name,position,key,due_at,attempts,source"

[[nodiscard]] Result<DeadLetter> read_dead_letter(const Statement& row, TypeTable& types);
[[nodiscard]] Result<Parked> read_parked(const Statement& row);

}  // namespace quipu::sqlite
