// SPDX-License-Identifier: Apache-2.0
#include "quipu/store/sqlite/verify.hpp"

#include <algorithm>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "quipu/store/sqlite/groups.hpp"
#include "quipu/store/sqlite/letters.hpp"
#include "quipu/store/sqlite/readers.hpp"
#include "quipu/store/sqlite/rows.hpp"
#include "quipu/store/sqlite/subjects.hpp"

namespace quipu::sqlite {
namespace {

constexpr std::size_t most_problems = 100;

/// Walks a store within one snapshot and notes what is wrong with it.
class Verification {
  public:
    explicit Verification(Reader& reader) : reader_(reader) {}

    std::vector<std::string> run() {
        const Snapshot snapshot(reader_);
        part("the file", [this] { file(); });
        part("the removed positions", [this] { read_removed(); });
        part("the log", [this] { log(); });
        part("the index", [this] { index(); });
        part("the archive", [this] { archive(); });
        part("the groups", [this] { groups(); });
        part("the parked records", [this] { parked(); });
        part("the dead letters", [this] { dead_letters(); });
        part("the documents", [this] { documents(); });
        return std::move(problems_);
    }

  private:
    template <class Part>
    void part(const char* name, Part&& work) {
        try {
            work();
        } catch (const Failure& failure) {
            note(std::string(name) + " cannot be read: " + failure.what());
        }
    }

    void note(std::string problem) {
        if (problems_.size() < most_problems) {
            problems_.push_back(std::move(problem));
        } else if (problems_.size() == most_problems) {
            problems_.emplace_back("more problems follow that are not listed");
        }
    }

    Statement statement(std::string_view sql) { return {reader_.connection(), sql}; }

    void file() {
        Statement rows = statement("PRAGMA integrity_check(20)");
        while (rows.step()) {
            if (rows.bytes(0) != "ok") {
                note("integrity: " + rows.text(0));
            }
        }
    }

    void read_removed() {
        Statement rows = statement("SELECT first, last FROM removed ORDER BY first");
        while (rows.step()) {
            const auto [first, last] = std::pair(rows.integer(0), rows.integer(1));
            if (first < 1 || last < first || first <= removed_.highest()) {
                note("the removed positions " + std::to_string(first) + " to " +
                     std::to_string(last) + " are no valid range");
            }
            removed_.add(first, last);
        }
    }

    void expect_removed(std::int64_t first, std::int64_t last) {
        if (first <= last && removed_.count(first, last) != last - first + 1) {
            note("positions " + std::to_string(first) + " to " + std::to_string(last) +
                 " are missing, and no purge or archive explains it");
        }
    }

    void log() {
        const std::int64_t covered = reader_.connection().integer("SELECT " QUIPU_INDEX_COVERS);
        Statement rows = statement("SELECT " QUIPU_RECORD_COLUMNS " FROM events ORDER BY position");
        while (rows.step()) {
            const std::int64_t position = rows.integer(0);
            expect_removed(last_ + 1, position - 1);
            last_ = position;
            if (removed_.contains(position)) {
                note("position " + std::to_string(position) +
                     " is marked removed but has an event");
            }
            if (!read_record(rows, reader_.types())) {
                note(damaged_row(position).message);
            }
            if (rows.null(4) != rows.null(5)) {
                note("position " + std::to_string(position) +
                     " has an aggregate without a sequence, or the reverse");
            }
            if (!rows.null(4)) {
                sequence(rows.id(4), position, rows.integer(5));
            }
            if (position <= covered) {
                look_up(position, rows);
            }
        }
        expect_removed(last_ + 1, removed_.highest());
        last_ = std::max(last_, removed_.highest());
    }

    void sequence(const std::string& aggregate, std::int64_t at, std::int64_t sequence) {
        Place& before = newest_[aggregate];
        const std::int64_t missing = sequence - before.sequence - 1;
        if (missing < 0 || removed_.count(before.position + 1, at - 1) < missing) {
            note("the event at position " + std::to_string(at) + " has sequence " +
                 std::to_string(sequence) + " after " + std::to_string(before.sequence) +
                 " of the same aggregate at position " + std::to_string(before.position));
        }
        before = {.position = at, .sequence = sequence};
    }

    /// Whether the index of aggregates and executions has the event.
    void look_up(std::int64_t position, const Statement& event) {
        Statement& row = reader_.statement(
            "SELECT 1 FROM subjects WHERE kind = ?1 AND subject = ?2 AND event = ?3");
        for (const auto& [kind, subject, at] : index_entries(position, event, 4, 6)) {
            const Reset reset(row);
            row.with(static_cast<std::int64_t>(kind), KnownId{subject.uuid, subject.text}, at);
            if (row.step()) {
                ++indexed_;
            } else {
                note("the index of aggregates and executions lacks position " +
                     std::to_string(position));
            }
        }
    }

    /// With all that the events need found, equal counts mean that there is nothing else.
    void index() {
        const std::int64_t rows = reader_.connection().integer(
            "SELECT count(*) FROM subjects WHERE event <= " QUIPU_INDEX_COVERS);
        if (rows != indexed_) {
            note("the index of aggregates and executions has " + std::to_string(rows) +
                 " rows, of which the events explain " + std::to_string(indexed_));
        }
        if (reader_.connection().integer("SELECT " QUIPU_INDEX_COVERS) > last_) {
            note("the index of aggregates and executions reaches beyond the end of the log");
        }
    }

    void archive() {
        Statement rows = statement("SELECT " QUIPU_RECORD_COLUMNS
                                   ", EXISTS(SELECT 1 FROM events e WHERE e.event_id = "
                                   "a.event_id) FROM events_archive a");
        while (rows.step()) {
            const std::int64_t position = rows.integer(0);
            if (!read_record(rows, reader_.types())) {
                note("archived: " + damaged_row(position).message);
            }
            if (!removed_.contains(position) || rows.integer(record_columns) != 0) {
                note("the archived event of position " + std::to_string(position) +
                     " is still counted as part of the log");
            }
        }
    }

    void groups() {
        groups_ = read_groups(reader_.connection());
        for (const auto& [name, finished] : groups_) {
            if (finished.highest() > last_) {
                note("group " + name + " finished position " + std::to_string(finished.highest()) +
                     ", beyond the end of the log at " + std::to_string(last_));
            }
        }
        Statement orphans = statement(
            "SELECT DISTINCT group_name FROM inbox WHERE group_name NOT IN "
            "(SELECT group_name FROM group_offsets)");
        while (orphans.step()) {
            note("group " + orphans.text(0) + " has finished positions but no offset");
        }
    }

    [[nodiscard]] bool finished(const std::string& group, std::int64_t position) const {
        const auto found = groups_.find(group);
        return found == groups_.end() || found->second.contains(position);
    }

    void parked() {
        Statement rows = statement(
            "SELECT " QUIPU_PARKED_COLUMNS
            ", EXISTS(SELECT 1 FROM events e WHERE e.position = p.position) FROM parked p");
        while (rows.step()) {
            const std::string what = "what group " + rows.text(0) + " parked at position " +
                                     std::to_string(rows.integer(1));
            if (!read_parked(rows)) {
                note(what + " does not read back as it was written");
            }
            if (rows.integer(6) == 0) {
                note(what + " has no event");
            }
            if (!finished(rows.text(0), rows.integer(1))) {
                note(what + " is not finished by the group: it would be handled twice");
            }
        }
    }

    void dead_letters() {
        Statement rows = statement("SELECT " QUIPU_DEAD_LETTER_COLUMNS " FROM dead_letters");
        while (rows.step()) {
            const auto letter = read_dead_letter(rows, reader_.types());
            if (!letter) {
                note(letter.error().message);
            } else if (!finished(letter->group, letter->record->position)) {
                note("dead letter " + std::to_string(letter->id) +
                     " is not finished by its group: it would be handled again");
            }
        }
    }

    void documents() {
        Statement rows =
            statement("SELECT collection, key, revision, checksum, body FROM documents");
        while (rows.step()) {
            if (rows.integer(2) < 1 ||
                document_checksum(rows.bytes(0), rows.bytes(1), rows.bytes(4)) != rows.integer(3)) {
                note("document " + rows.text(0) + "/" + rows.text(1) +
                     " does not read back as it was written");
            }
        }
    }

    Reader& reader_;
    IntervalSet removed_;
    std::int64_t last_ = 0;
    struct Place {
        std::int64_t position = 0;
        std::int64_t sequence = 0;
    };
    std::unordered_map<std::string, Place> newest_;
    std::int64_t indexed_ = 0;
    std::unordered_map<std::string, IntervalSet> groups_;
    std::vector<std::string> problems_;
};

}  // namespace

std::vector<std::string> verify_file(Reader& reader) {
    return Verification(reader).run();
}

}  // namespace quipu::sqlite
