// SPDX-License-Identifier: Apache-2.0
#include "quipu/store/sqlite/verify.hpp"

#include <algorithm>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "quipu/store/engine/group_rules.hpp"
#include "quipu/store/sqlite/field_fill.hpp"
#include "quipu/store/sqlite/groups.hpp"
#include "quipu/store/sqlite/letters.hpp"
#include "quipu/store/sqlite/readers.hpp"
#include "quipu/store/sqlite/rows.hpp"

namespace quipu::sqlite {
namespace {

constexpr std::size_t most_problems = 100;
constexpr int headers_column = record_columns - 2;
constexpr int body_column = record_columns - 1;

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
        read_fields();
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

    /// The file's own fields: whoever reads it may declare others.
    void read_fields() {
        states_ = read_field_states(reader_.connection());
        std::vector<std::string> declared;
        for (const FieldState& state : states_) {
            const FieldPath path = FieldPath::from_canonical(state.path);
            if (path.source() == FieldCondition::Source::body && path.names().size() == 1) {
                declared.push_back(path.names().front());
            }
        }
        fields_ = IndexedFields(std::move(declared));
        std::vector<std::int64_t> numbers;
        for (const std::string& path : fields_.paths()) {
            const auto state = std::ranges::find(states_, path, &FieldState::path);
            numbers.push_back(state == states_.end() ? 0 : state->number);
        }
        numbers_.assign(std::move(numbers));
    }

    [[nodiscard]] bool indexed(const IndexEntry& entry) const {
        const auto state = std::ranges::find(states_, entry.field, &FieldState::number);
        return state == states_.end() || state->has(entry.position);
    }

    /// Whether the index has the event.
    void look_up(std::int64_t position, const Statement& event) {
        Statement& row = reader_.statement(
            "SELECT 1 FROM field_index WHERE field = ?1 AND value = ?2 AND position = ?3");
        const auto headers = RecordHeaders::from_bytes(std::string(event.bytes(headers_column)));
        const auto values =
            fields_.values(event.bytes(body_column), headers.value_or(RecordHeaders{}));
        numbers_.entries(position, event.id(4), values, [&](const IndexEntry& entry) {
            if (!indexed(entry)) {
                return;
            }
            const Reset reset(row);
            row.with(entry.field, KnownId{entry.key.uuid, entry.key.text}, entry.position);
            if (row.step()) {
                ++indexed_;
            } else {
                note("the index of aggregates and fields lacks position " +
                     std::to_string(position));
            }
        });
    }

    /// With all that the events need found, equal counts mean that there is nothing else.
    void index() {
        std::int64_t rows = reader_.connection().integer(
            "SELECT count(*) FROM field_index WHERE field = 0 AND position <= " QUIPU_INDEX_COVERS);
        Statement count = statement(
            "SELECT count(*) FROM field_index WHERE field = ?1 AND position <= " QUIPU_INDEX_COVERS
            " AND (position <= ?2 OR position > ?3)");
        for (const FieldState& state : states_) {
            count.with(state.number, state.filled_to, state.fill_until);
            rows += count.step() ? count.integer(0) : 0;
        }
        if (rows != indexed_) {
            note("the index of aggregates and fields has " + std::to_string(rows) +
                 " rows, of which the events explain " + std::to_string(indexed_));
        }
        if (reader_.connection().integer("SELECT " QUIPU_INDEX_COVERS) > last_) {
            note("the index of aggregates and fields reaches beyond the end of the log");
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
        GroupRows rows = read_groups(reader_.connection());
        groups_ = std::move(rows.finished);
        for (const std::string& group : rows.damaged) {
            note(damaged_group(group).message);
        }
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

    /// The status of the letter that the row of a parked entry names.
    static std::optional<DeadLetter::Status> status_in(const Statement& row) {
        return row.null(parked_columns + 1)
                   ? std::nullopt
                   : std::optional(status_from(row.integer(parked_columns + 1)));
    }

    void parked() {
        Statement rows =
            statement("SELECT " QUIPU_PARKED_COLUMNS
                      ", EXISTS(SELECT 1 FROM events e WHERE e.position = p.position), "
                      "(SELECT d.status FROM dead_letters d WHERE d.id = p.letter AND "
                      "d.group_name = p.group_name AND d.position = p.position) FROM parked p");
        while (rows.step()) {
            const std::string what = "what group " + rows.text(0) + " parked at position " +
                                     std::to_string(rows.integer(1));
            const auto entry = read_parked(rows);
            if (!entry) {
                note(what + " does not read back as it was written");
            } else if (const auto problem = letter_problem(*entry, status_in(rows));
                       !problem.empty()) {
                note(what + " " + problem);
            }
            if (rows.integer(parked_columns) == 0) {
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
    std::vector<FieldState> states_;
    IndexedFields fields_{{}};
    FieldNumbers numbers_{fields_};
    std::int64_t indexed_ = 0;
    std::unordered_map<std::string, IntervalSet> groups_;
    std::vector<std::string> problems_;
};

}  // namespace

std::vector<std::string> verify_file(Reader& reader) {
    return Verification(reader).run();
}

}  // namespace quipu::sqlite
