// SPDX-License-Identifier: Apache-2.0
#include "quipu/store/sqlite/letters.hpp"

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <utility>

namespace quipu::sqlite {

ParkedTable::ParkedTable(const Connection& connection)
    : find_(connection, "SELECT 1 FROM parked WHERE group_name = ?1 AND position = ?2"),
      put_(connection,
           "INSERT INTO parked(" QUIPU_PARKED_COLUMNS
           ") VALUES(?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT(group_name, position) DO UPDATE SET "
           "key = excluded.key, due_at = excluded.due_at, attempts = excluded.attempts, "
           "source = excluded.source"),
      drop_(connection, "DELETE FROM parked WHERE group_name = ?1 AND position = ?2"),
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

void ParkedTable::park(const Parked& parked) {
    const std::string attempts = encode_attempts(parked.attempts);
    put_.with(Text{parked.group}, parked.position, Id{parked.key}, to_micros(parked.due_at),
              Blob{attempts}, Text{parked.source})
        .run();
}

void ParkedTable::unpark(const Parked& parked) {
    drop_.with(Text{parked.group}, parked.position).run();
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
      set_status_(connection, "UPDATE dead_letters SET status = ?2, note = ?3 WHERE id = ?1") {}

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

void DeadLetterTable::add(const DeadLetter& letter) {
    run(insert_, letter, std::nullopt);
}

void DeadLetterTable::restore(const DeadLetter& letter) {
    run(restore_, letter, letter.id);
}

Result<DeadLetter> DeadLetterTable::find(std::int64_t id) {
    const Reset reset(find_);
    if (!find_.with(id).step()) {
        return fail(ErrorCode::not_found, "there is no dead letter " + std::to_string(id));
    }
    return read_dead_letter(find_, types_);
}

void DeadLetterTable::set_status(DeadLetter& letter, DeadLetter::Status status, std::string note) {
    letter.status = status;
    letter.note = std::move(note);
    set_status_.with(letter.id, static_cast<std::int64_t>(status), Text{letter.note}).run();
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
    letter.status = static_cast<DeadLetter::Status>(
        std::clamp<std::int64_t>(row.integer(record_columns + 5), 0, 2));
    letter.note = row.text(record_columns + 6);
    letter.source = row.text(record_columns + 7);
    return letter;
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
    return parked;
}

}  // namespace quipu::sqlite
