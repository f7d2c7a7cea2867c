// SPDX-License-Identifier: Apache-2.0
#include "quipu/store/mongo/verify.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "quipu/store/engine/group_rules.hpp"
#include "quipu/store/mongo/collections.hpp"
#include "quipu/store/mongo/lookup.hpp"
#include "quipu/store/mongo/records.hpp"

namespace quipu::mongo {
namespace {

constexpr std::size_t most_problems = 100;

/// Walks the collections and notes what is wrong. Writers go on meanwhile, so it looks at what was
/// there when it began, and at what explains it afterwards: holes and what groups have finished
/// only grow.
class Verification {
  public:
    Verification(Server& server, Ledger& ledger) : server_(server), ledger_(ledger) {}

    std::vector<std::string> run() {
        ledger_.refresh();
        last_ = ledger_.with_state([](const State& state) { return state.last_position; });
        log();
        ledger_.refresh();
        const State state = ledger_.with_state([](const State& now) { return now; });
        holes(state);
        sequences(state);
        archive(state);
        groups(state);
        parked(state);
        letters(state);
        documents();
        return std::move(problems_);
    }

  private:
    void note(std::string problem) {
        if (problems_.size() < most_problems) {
            problems_.push_back(std::move(problem));
        } else if (problems_.size() == most_problems) {
            problems_.emplace_back("more problems follow that are not listed");
        }
    }

    void each(const char* collection, std::initializer_list<const char*> order,
              const std::function<void(View)>& visit) {
        const std::string options = bson([&](BsonWriter& writer) {
            writer.begin_document("sort");
            for (const char* name : order) {
                writer.int32(name, 1);
            }
            writer.end();
        });
        server_.find(collection, bson([](BsonWriter&) {}), options, [&](View view) {
            if (!is_tombstone(view)) {
                visit(view);
            }
            return true;
        });
    }

    void log() {
        each(events_collection, {"_id"}, [&](View view) {
            const std::int64_t position = view.integer("_id");
            if (position > last_) {
                return;
            }
            present_.add(position, position);
            static_cast<void>(present_.take_changes());
            const auto record = get_record(view, position);
            if (!record) {
                note(damaged_event(position).message);
            } else if (!ids_.insert(record->event_id).second) {
                note("the event at position " + std::to_string(position) +
                     " has the id of an earlier one");
            }
            if (view.has("aggregate_id") != view.has("sequence")) {
                note("position " + std::to_string(position) +
                     " has an aggregate without a sequence, or the reverse");
            }
        });
        ids_.clear();
    }

    void expect_removed(const State& state, std::int64_t first, std::int64_t last) {
        if (first <= last && state.removed.count(first, last) != last - first + 1) {
            note("positions " + std::to_string(first) + " to " + std::to_string(last) +
                 " are missing, and no purge or archive explains it");
        }
    }

    void holes(const State& state) {
        std::int64_t before = 0;
        for (const auto& [first, last] : present_.ranges()) {
            expect_removed(state, before + 1, first - 1);
            before = last;
        }
        expect_removed(state, before + 1, last_);
    }

    void sequences(const State& state) {
        std::string aggregate;
        std::int64_t sequence = 0;
        std::int64_t position = 0;
        each(events_collection, {"aggregate_id", "sequence"}, [&](View view) {
            const std::int64_t at = view.integer("_id");
            if (!view.has("aggregate_id") || at > last_) {
                return;
            }
            if (view.text("aggregate_id") != aggregate) {
                aggregate = view.string("aggregate_id");
                sequence = 0;
                position = 0;
            }
            const std::int64_t missing = view.integer("sequence") - sequence - 1;
            if (at <= position || missing < 0 ||
                state.removed.count(position + 1, at - 1) < missing) {
                note("the event at position " + std::to_string(at) + " has sequence " +
                     std::to_string(view.integer("sequence")) + " after " +
                     std::to_string(sequence) + " of the same aggregate at position " +
                     std::to_string(position));
            }
            sequence = view.integer("sequence");
            position = at;
        });
    }

    void archive(const State& state) {
        each(archive_collection, {"_id"}, [&](View view) {
            const std::int64_t position = view.integer("_id");
            if (!get_record(view, position)) {
                note("archived: " + damaged_event(position).message);
            }
            if (position <= last_ && !state.removed.contains(position)) {
                note("the archived event of position " + std::to_string(position) +
                     " is still counted as part of the log");
            }
        });
    }

    /// That the collections say what memory says: another program would start from them.
    void groups(const State& state) {
        const State stored = load_state(server_);
        for (const std::string& name : stored.damaged) {
            note(damaged_group(name).message);
        }
        for (const auto& [name, finished] : state.groups) {
            if (finished.highest() > state.last_position) {
                note("group " + name + " finished position " + std::to_string(finished.highest()) +
                     ", beyond the end of the log at " + std::to_string(state.last_position));
            }
            const auto found = stored.groups.find(name);
            if (!stored.damaged.contains(name) &&
                (found == stored.groups.end() || !contains_all(found->second, finished))) {
                note("group " + name + " has finished more than the database says");
            }
        }
        if (!contains_all(stored.removed, state.removed)) {
            note("positions were removed that the database does not count as removed");
        }
    }

    static bool contains_all(const IntervalSet& whole, const IntervalSet& part) {
        return std::ranges::all_of(part.ranges(), [&](const auto& range) {
            return whole.count(range.first, range.second) == range.second - range.first + 1;
        });
    }

    static bool finished(const State& state, const std::string& group, std::int64_t position) {
        const auto found = state.groups.find(group);
        return found == state.groups.end() || position > state.last_position ||
               found->second.contains(position);
    }

    std::string letter_problem_of(const Parked& entry) {
        std::optional<DeadLetter::Status> status;
        if (entry.letter != 0) {
            const std::string found = server_.find_one(letters_collection, by_id(entry.letter));
            const View document(found);
            const bool same = document.string("group") == entry.group &&
                              document.integer("position") == entry.position;
            if (same) {
                status = status_of(document.text("status"));
            }
        }
        return letter_problem(entry, status);
    }

    /// An entry and its letter are read one after the other, and may change between: what looks
    /// wrong is looked at again.
    std::string lasting_letter_problem(const Parked& entry) {
        std::string problem = letter_problem_of(entry);
        for (int round = 0; round < 3 && !problem.empty(); ++round) {
            ledger_.refresh();
            ledger_.wait_for_projection();
            const auto now = stored_parked(server_, entry.group, entry.position);
            problem = now ? letter_problem_of(*now) : "";
        }
        return problem;
    }

    void parked(const State& state) {
        each(parked_collection, {"_id"}, [&](View view) {
            const Parked parked = get_parked(view);
            const std::string what = "what group " + parked.group + " parked at position " +
                                     std::to_string(parked.position);
            if (parked.position <= last_ && !present_.contains(parked.position)) {
                note(what + " has no event");
            }
            if (!finished(state, parked.group, parked.position)) {
                note(what + " is not finished by the group: it would be handled twice");
            }
            if (const auto problem = lasting_letter_problem(parked); !problem.empty()) {
                note(what + " " + problem);
            }
        });
    }

    void letters(const State& state) {
        each(letters_collection, {"_id"}, [&](View view) {
            const auto letter = get_letter(view);
            if (!letter) {
                note(letter.error().message);
            } else if (!finished(state, letter->group, letter->record->position)) {
                note("dead letter " + std::to_string(letter->id) +
                     " is not finished by its group: it would be handled again");
            }
        });
    }

    void documents() {
        each(documents_collection, {"_id"}, [&](View view) {
            const std::string collection = view.string("collection");
            const std::string key = view.string("key");
            if (view.integer("revision") < 1 ||
                document_checksum(collection, key, view.text("body")) != view.integer("checksum")) {
                note("document " + collection + "/" + key +
                     " does not read back as it was written");
            }
        });
    }

    Server& server_;
    Ledger& ledger_;
    std::int64_t last_ = 0;
    IntervalSet present_;
    std::set<std::string> ids_;
    std::vector<std::string> problems_;
};

}  // namespace

std::vector<std::string> verify_database(Server& server, Ledger& ledger) {
    return Verification(server, ledger).run();
}

}  // namespace quipu::mongo
