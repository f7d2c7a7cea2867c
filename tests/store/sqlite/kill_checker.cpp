// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/kill_checker.hpp"

#include <utility>

#include "quipu/store/sqlite/sqlite_store.hpp"

namespace quipu::kill {

void Checker::add(const Acknowledgement& acknowledgement) {
    using Kind = Acknowledgement::Kind;
    acknowledged_ += acknowledgement.kind == Kind::ready ? 0 : 1;
    if (acknowledgement.kind == Kind::published) {
        const auto [found, first] =
            published_.try_emplace(acknowledgement.position, acknowledgement);
        if (!first && found->second.number != acknowledgement.number) {
            fault("double: position " + std::to_string(acknowledgement.position) +
                  " was given to two events");
        }
    } else if (acknowledgement.kind == Kind::handled &&
               !handled_.insert(acknowledgement.position).second) {
        fault("double: position " + std::to_string(acknowledgement.position) +
              " was acknowledged as handled twice");
    }
}

void Checker::fault(std::string text) {
    if (faults_.size() < 20) {
        faults_.push_back(std::move(text));
    }
}

std::vector<std::string> Checker::check(const std::filesystem::path& file) {
    SqliteOptions options;
    options.path = file;
    options.cache_records = 0;
    auto store = open_sqlite_store(options);
    if (!store) {
        fault("unreadable: " + store.error().message);
        return std::exchange(faults_, {});
    }
    Seen seen;
    for (;;) {
        const auto records = (*store)->read(seen.last, 1000);
        if (!records) {
            fault("unreadable: " + records.error().message);
            break;
        }
        if (records->empty()) {
            break;
        }
        for (const auto& record : *records) {
            check_record(*record, seen);
        }
    }
    check_aggregates(**store, seen);
    check_acknowledged(**store, seen);
    check_effects(**store, seen);
    for (const auto& problem : (*store)->verify().value_or(std::vector<std::string>{"none"})) {
        fault("unsound: " + problem);
    }
    return std::exchange(faults_, {});
}

void Checker::check_record(const Record& record, Seen& seen) {
    if (record.position != seen.last + 1) {
        fault("gap: position " + std::to_string(record.position) + " follows " +
              std::to_string(seen.last));
    }
    seen.last = record.position;
    if (auto& sequence = seen.sequences[record.aggregate_id]; record.sequence != ++sequence) {
        fault("gap: sequence " + std::to_string(record.sequence) + " of " + record.aggregate_id +
              " stands where " + std::to_string(sequence) + " should");
        sequence = record.sequence;
    }
    if (record.event_type == effect) {
        const auto cause = cause_of(record);
        if (!cause || !seen.effects.insert(*cause).second) {
            fault("double: the effect of position " + std::to_string(cause.value_or(0)));
        }
    } else {
        seen.made.insert(record.position);
        check_content(record);
    }
}

void Checker::check_content(const Record& record) {
    const auto number = number_of(record.event_id);
    if (!number) {
        fault("changed: nobody published " + record.event_id);
        return;
    }
    const Record expected = made_event(*number);
    if (record.body != expected.body || record.event_type != expected.event_type ||
        record.headers != expected.headers || record.aggregate_id != expected.aggregate_id ||
        record.key != expected.key || record.timestamp != expected.timestamp) {
        fault("changed: event " + record.event_id + " is not what was published");
    }
}

void Checker::check_aggregates(Store& store, const Seen& seen) {
    for (const auto& [aggregate, last] : seen.sequences) {
        EventQuery query{.aggregate_id = aggregate, .limit = 1000};
        std::int64_t sequence = 0;
        do {
            const auto page = store.query(query);
            if (!page) {
                fault("unreadable: " + page.error().message);
                return;
            }
            for (const auto& record : page->records) {
                sequence += record.sequence == sequence + 1 ? 1 : 0;
            }
            query.cursor = page->next_cursor;
        } while (!query.cursor.empty());
        if (sequence != last) {
            fault("lost: a query of " + aggregate + " goes to sequence " +
                  std::to_string(sequence) + ", the log to " + std::to_string(last));
        }
    }
}

void Checker::check_acknowledged(Store& store, const Seen& seen) {
    for (const auto& [position, acknowledgement] : published_) {
        const std::string id = made_event(acknowledgement.number).event_id;
        if (position > seen.last) {
            fault("lost: event " + id + " was acknowledged at position " +
                  std::to_string(position) + "; the log ends at " + std::to_string(seen.last));
            continue;
        }
        const auto record = store.at(position);
        if (!record || !*record || (*record)->event_id != id ||
            (*record)->sequence != acknowledgement.sequence) {
            fault("lost: event " + id + " is not at its position " + std::to_string(position));
        }
    }
}

void Checker::check_effects(Store& store, const Seen& seen) {
    std::set<std::int64_t> finished;
    const auto groups = store.groups();
    for (const auto& each : groups.value_or(std::vector<GroupPosition>{})) {
        for (std::int64_t position = 1; position <= each.position; ++position) {
            finished.insert(finished.end(), position);
        }
        finished.insert(each.finished_above.begin(), each.finished_above.end());
    }
    for (const std::int64_t position : handled_) {
        if (!finished.contains(position) || !seen.effects.contains(position)) {
            fault("lost: position " + std::to_string(position) +
                  " was acknowledged as handled, its effect is gone");
        }
    }
    for (const std::int64_t position : seen.made) {
        const bool done = finished.contains(position);
        if (done != seen.effects.contains(position)) {
            fault(std::string(done ? "lost" : "double") + ": position " + std::to_string(position) +
                  " and its effect do not agree");
        }
        const auto counter = store.document("effects", std::to_string(position));
        const bool counted = counter && *counter;
        if (counted != done || (counted && (*counter)->body != "1")) {
            fault("double: the effect of position " + std::to_string(position) + " counts " +
                  (counted ? (*counter)->body : "nothing"));
        }
    }
}

}  // namespace quipu::kill
