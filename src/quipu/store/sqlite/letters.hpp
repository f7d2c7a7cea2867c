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
    [[nodiscard]] Result<std::optional<Parked>> read(const std::string& group,
                                                     std::int64_t position);
    void park(const Parked& parked);
    void unpark(const Parked& parked);
    /// Removes the entry of a letter, if its record is still parked.
    void release(const DeadLetter& letter);
    void drop_position(std::int64_t position);

  private:
    bool exists(const Parked& parked);

    Statement find_;
    Statement read_;
    Statement put_;
    Statement drop_;
    Statement release_;
    Statement drop_position_;
};

/// Dead letters (writer only).
class DeadLetterTable {
  public:
    DeadLetterTable(const Connection& connection, TypeTable& types);

    /// That the letters which a transaction continues or resolves are requeued; else conflict.
    [[nodiscard]] Result<void> check(const Transaction& transaction);
    /// A new letter, or a further failure of a requeued one; returns its id.
    std::int64_t put(const DeadLetter& letter, Time now);
    void resolve(std::int64_t id, Time now);
    /// With its own id, state and history; the same again changes nothing.
    void restore(const DeadLetter& letter);
    [[nodiscard]] Result<DeadLetter> find(std::int64_t id);
    /// Takes an open letter out of that state and notes the step.
    void decide(DeadLetter& letter, DeadLetter::Status status, DeadLetter::Step step);

  private:
    void run(Statement& statement, const DeadLetter& letter, std::optional<std::int64_t> id);
    void fail_again(const DeadLetter& letter, Time now);
    void add_step(std::int64_t letter, const DeadLetter::Step& step);
    [[nodiscard]] std::optional<DeadLetter::Status> status_of(std::int64_t id);

    TypeTable& types_;
    Statement insert_;
    Statement restore_;
    Statement find_;
    Statement status_;
    Statement set_status_;
    Statement resolve_;
    Statement fail_again_;
    Statement add_step_;
    Statement steps_;
    Statement forget_steps_;
    Statement last_id_;
};

/// Columns that `read_dead_letter` and `read_parked` expect; the first ones of `FROM dead_letters`.
#define QUIPU_DEAD_LETTER_COLUMNS                                                                \
    QUIPU_RECORD_COLUMNS                                                                         \
    ",id,group_name,error,attempts,failed_at,status,note,source,"                                \
    "status < 2 AND EXISTS(SELECT 1 FROM parked p WHERE p.group_name = dead_letters.group_name " \
    "AND p.position = dead_letters.position AND p.letter = dead_letters.id AND p.key <> '')"
#define QUIPU_PARKED_COLUMNS "group_name,position,key,due_at,attempts,source,letter"
constexpr int parked_columns = 7;
/// The steps of a letter, for `read_steps`; the letter's id is the parameter.
#define QUIPU_DEAD_LETTER_STEPS \
    "SELECT action, at, actor, reason FROM dead_letter_history WHERE letter = ?1 ORDER BY number"

/// The status as it stands in a row.
[[nodiscard]] DeadLetter::Status status_from(std::int64_t number) noexcept;

/// All but its history.
[[nodiscard]] Result<DeadLetter> read_dead_letter(const Statement& row, TypeTable& types);
/// Runs `steps`, which is QUIPU_DEAD_LETTER_STEPS, for the letter.
void read_steps(Statement& steps, DeadLetter& letter);
[[nodiscard]] Result<Parked> read_parked(const Statement& row);

}  // namespace quipu::sqlite
