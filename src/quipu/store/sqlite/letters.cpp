// SPDX-License-Identifier: Apache-2.0
#include "quipu/store/sqlite/letters.hpp"

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "quipu/store/engine/group_rules.hpp"

namespace quipu::sqlite {

ParkedTable::ParkedTable(const Connection& connection)
    : find_(connection, "SELECT 1 FROM parked WHERE group_name = ?1 AND position = ?2"),
      read_(connection,
            "SELECT " QUIPU_PARKED_COLUMNS " FROM parked WHERE group_name = ?1 AND position = ?2"),
      put_(connection,
           "INSERT INTO parked(" QUIPU_PARKED_COLUMNS
           ") VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT(group_name, position) DO UPDATE SET "
           "key = excluded.key, due_at = excluded.due_at, attempts = excluded.attempts, "
           "source = excluded.source, letter = excluded.letter"),
      drop_(connection, "DELETE FROM parked WHERE group_name = ?1 AND position = ?2"),
      release_(connection,
               "DELETE FROM parked WHERE group_name = ?1 AND position = ?2 AND letter = ?3"),
      drop_position_(connection, "DELETE FROM parked WHERE position = ?1") {}

bool ParkedTable::exists(const Parked& parked) {
    const Reset reset(find_);
    return find_.with(Text{parked.group}, parked.position).step();
}

Result<void> ParkedTable::check(const Transaction& transaction, std::int64_t last_position) {
    for (const auto& parked : transaction.park) {
        if (parked.position < 1 || parked.position > last_position) {
            return fail(ErrorCode::invalid, "position " + std::to_string(parked.position) +
                                                " cannot be parked: the log ends at " +
                                                std::to_string(last_position));
        }
    }
    std::set<std::pair<std::string_view, std::int64_t>> seen;
    for (const auto& parked : transaction.unpark) {
        const bool twice =
            transaction.unpark.size() > 1 && !seen.emplace(parked.group, parked.position).second;
        if (twice || !exists(parked)) {
            return fail(ErrorCode::conflict, "group " + parked.group + " has nothing parked at " +
                                                 std::to_string(parked.position) +
                                                 ": it was handled or removed already");
        }
    }
    return {};
}

Result<std::optional<Parked>> ParkedTable::read(const std::string& group, std::int64_t position) {
    const Reset reset(read_);
    if (!read_.with(Text{group}, position).step()) {
        return std::nullopt;
    }
    return read_parked(read_);
}

void ParkedTable::park(const Parked& parked) {
    const std::string attempts = encode_attempts(parked.attempts);
    put_.with(Text{parked.group}, parked.position, Id{parked.key}, to_micros(parked.due_at),
              Blob{attempts}, Text{parked.source}, parked.letter)
        .run();
}

void ParkedTable::unpark(const Parked& parked) {
    drop_.with(Text{parked.group}, parked.position).run();
}

void ParkedTable::release(const DeadLetter& letter) {
    release_.with(Text{letter.group}, letter.record->position, letter.id).run();
}

void ParkedTable::drop_position(std::int64_t position) {
    drop_position_.with(position).run();
}

DeadLetterTable::DeadLetterTable(const Connection& connection, TypeTable& types)
    : types_(types),
      insert_(connection,
              "INSERT INTO dead_letters(" QUIPU_RECORD_COLUMNS
              ",group_name,error,attempts,failed_at,status,note,source) "
              "VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18,?19)"),
      restore_(connection,
               "INSERT OR REPLACE INTO dead_letters(" QUIPU_RECORD_COLUMNS
               ",group_name,error,attempts,failed_at,status,note,source,id) "
               "VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18,?19,?20)"),
      find_(connection, "SELECT " QUIPU_DEAD_LETTER_COLUMNS " FROM dead_letters WHERE id = ?1"),
      status_(connection, "SELECT status FROM dead_letters WHERE id = ?1"),
      set_status_(connection, "UPDATE dead_letters SET status = ?2, note = ?3 WHERE id = ?1"),
      resolve_(connection, "UPDATE dead_letters SET status = ?2 WHERE id = ?1"),
      fail_again_(connection,
                  "UPDATE dead_letters SET status = 0, error = ?2, attempts = ?3, failed_at = ?4 "
                  "WHERE id = ?1"),
      add_step_(connection,
                "INSERT INTO dead_letter_history(letter, number, at, action, actor, reason) "
                "SELECT ?1, coalesce(max(number), 0) + 1, ?2, ?3, ?4, ?5 FROM dead_letter_history "
                "WHERE letter = ?1"),
      steps_(connection, QUIPU_DEAD_LETTER_STEPS),
      forget_steps_(connection, "DELETE FROM dead_letter_history WHERE letter = ?1"),
      last_id_(connection, "SELECT last_insert_rowid()") {}

void DeadLetterTable::run(Statement& statement, const DeadLetter& letter,
                          std::optional<std::int64_t> id) {
    const Record& record = *letter.record;
    const RecordImage image = image_of(record);
    const std::string attempts = encode_attempts(letter.attempts);
    statement.reset();
    write_record(statement, record, image, types_.number(record.event_type));
    int next = record_columns;
    statement.bind(++next, Text{letter.group});
    statement.bind(++next, Text{letter.error});
    statement.bind(++next, Blob{attempts});
    statement.bind(++next, to_micros(letter.failed_at));
    statement.bind(++next, static_cast<std::int64_t>(letter.status));
    statement.bind(++next, Text{letter.note});
    statement.bind(++next, Text{letter.source});
    if (id) {
        statement.bind(++next, *id);
    }
    statement.run();
}

std::optional<DeadLetter::Status> DeadLetterTable::status_of(std::int64_t id) {
    const Reset reset(status_);
    if (!status_.with(id).step()) return std::nullopt;
    return status_from(status_.integer(0));
}

Result<void> DeadLetterTable::check(const Transaction& transaction) {
    for (const auto& letter : transaction.dead_letters) {
        if (letter.id == 0) continue;
        if (auto sound = check_requeued(letter.id, status_of(letter.id)); !sound) return sound;
    }
    for (const std::int64_t id : transaction.resolved) {
        if (auto sound = check_requeued(id, status_of(id)); !sound) return sound;
    }
    return {};
}

std::int64_t DeadLetterTable::put(const DeadLetter& letter, Time now) {
    if (letter.id != 0) {
        fail_again(letter, now);
        return letter.id;
    }
    DeadLetter fresh = letter;
    fresh.status = DeadLetter::Status::open;
    run(insert_, fresh, std::nullopt);
    const Reset reset(last_id_);
    last_id_.step();
    return last_id_.integer(0);
}

void DeadLetterTable::fail_again(const DeadLetter& letter, Time now) {
    // What cannot be read any more cannot be added to; the newest attempts are kept then.
    std::vector<Attempt> attempts;
    if (auto before = find(letter.id)) attempts = std::move(before->attempts);
    attempts.insert(attempts.end(), letter.attempts.begin(), letter.attempts.end());
    const std::string encoded = encode_attempts(attempts);
    fail_again_.with(letter.id, Text{letter.error}, Blob{encoded}, to_micros(letter.failed_at))
        .run();
    add_step(letter.id, {.what = DeadLetter::Step::What::failed_again, .at = now});
}

void DeadLetterTable::resolve(std::int64_t id, Time now) {
    resolve_.with(id, static_cast<std::int64_t>(DeadLetter::Status::resolved)).run();
    add_step(id, {.what = DeadLetter::Step::What::resolved, .at = now});
}

void DeadLetterTable::add_step(std::int64_t letter, const DeadLetter::Step& step) {
    add_step_
        .with(letter, to_micros(step.at), static_cast<std::int64_t>(step.what),
              Text{step.decision.by}, Text{step.decision.reason})
        .run();
}

void DeadLetterTable::restore(const DeadLetter& letter) {
    run(restore_, letter, letter.id);
    forget_steps_.with(letter.id).run();
    for (const DeadLetter::Step& step : letter.history) add_step(letter.id, step);
}

Result<DeadLetter> DeadLetterTable::find(std::int64_t id) {
    const Reset reset(find_);
    if (!find_.with(id).step()) {
        return fail(ErrorCode::not_found, "there is no dead letter " + std::to_string(id));
    }
    auto letter = read_dead_letter(find_, types_);
    if (letter) read_steps(steps_, *letter);
    return letter;
}

void DeadLetterTable::decide(DeadLetter& letter, DeadLetter::Status status, DeadLetter::Step step) {
    letter.status = status;
    if (status == DeadLetter::Status::discarded) letter.note = step.decision.reason;
    set_status_.with(letter.id, static_cast<std::int64_t>(status), Text{letter.note}).run();
    add_step(letter.id, step);
    letter.history.push_back(std::move(step));
}

DeadLetter::Status status_from(std::int64_t number) noexcept {
    return static_cast<DeadLetter::Status>(std::clamp<std::int64_t>(number, 0, 3));
}

Result<DeadLetter> read_dead_letter(const Statement& row, TypeTable& types) {
    DeadLetter letter;
    letter.id = row.integer(record_columns);
    auto record = read_record(row, types);
    auto attempts = decode_attempts(row.bytes(record_columns + 3));
    if (!record || !attempts) {
        return fail(ErrorCode::corrupt, "dead letter " + std::to_string(letter.id) +
                                            " does not read back as it was written: the file is "
                                            "damaged; restore it from a backup");
    }
    letter.record = std::make_shared<const Record>(*std::move(record));
    letter.group = row.text(record_columns + 1);
    letter.error = row.text(record_columns + 2);
    letter.attempts = *std::move(attempts);
    letter.failed_at = from_micros(row.integer(record_columns + 4));
    letter.status = status_from(row.integer(record_columns + 5));
    letter.note = row.text(record_columns + 6);
    letter.source = row.text(record_columns + 7);
    letter.holds_key = row.integer(record_columns + 8) != 0;
    return letter;
}

void read_steps(Statement& steps, DeadLetter& letter) {
    const Reset reset(steps);
    steps.with(letter.id);
    while (steps.step()) {
        DeadLetter::Step& step = letter.history.emplace_back();
        step.what =
            static_cast<DeadLetter::Step::What>(std::clamp<std::int64_t>(steps.integer(0), 0, 3));
        step.at = from_micros(steps.integer(1));
        step.decision = {steps.text(2), steps.text(3)};
    }
}

Result<Parked> read_parked(const Statement& row) {
    Parked parked;
    parked.group = row.text(0);
    parked.position = row.integer(1);
    auto attempts = decode_attempts(row.bytes(4));
    if (!attempts) {
        return fail(ErrorCode::corrupt, "what group " + parked.group + " parked at position " +
                                            std::to_string(parked.position) +
                                            " does not read back as it was written");
    }
    parked.key = row.id(2);
    parked.due_at = from_micros(row.integer(3));
    parked.attempts = *std::move(attempts);
    parked.source = row.text(5);
    parked.letter = row.integer(6);
    return parked;
}

}  // namespace quipu::sqlite
