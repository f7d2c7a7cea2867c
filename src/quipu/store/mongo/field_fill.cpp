// SPDX-License-Identifier: Apache-2.0
#include "quipu/store/mongo/field_fill.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include "quipu/store/mongo/collections.hpp"
#include "quipu/store/mongo/field_sets.hpp"
#include "quipu/store/mongo/records.hpp"

namespace quipu::mongo {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds shortest_pause{5};
/// Another program may write events without this program's fields at any time.
constexpr std::chrono::seconds check_interval{10};
constexpr std::chrono::seconds after_failure{5};
constexpr std::size_t most_bytes = std::size_t{8} << 20;  ///< of bodies in a portion

/// The fields of both. Declared fields are names at the top level.
IndexedFields united(const IndexedFields& fields, const std::vector<std::string>& others) {
    std::vector<std::string> declared;
    const auto add = [&](const std::vector<std::string>& paths) {
        for (const std::string& path : paths) {
            const FieldPath parsed = FieldPath::from_canonical(path);
            if (parsed.source() == FieldCondition::Source::body && parsed.names().size() == 1) {
                declared.push_back(parsed.names().front());
            }
        }
    };
    add(fields.paths());
    add(others);
    // One set of fields has one name, whoever declared which of them first.
    std::ranges::sort(declared);
    return IndexedFields(std::move(declared));
}

/// Matches events of the set; an empty name stands for versions that knew no sets.
void put_set(BsonWriter& writer, const std::string& set) {
    if (set.empty()) {
        writer.null("field_set");
    } else {
        writer.text("field_set", set);
    }
    writer.begin_document("gone_at");
    writer.boolean("$exists", false);
    writer.end();
}

}  // namespace

FieldFill::FieldFill(Server& server, const IndexedFields& fields, std::size_t portion)
    : server_(server),
      fields_(fields),
      portion_(portion),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

void FieldFill::run(const std::stop_token& stop) {
    std::chrono::milliseconds pause = shortest_pause;
    for (;;) {
        {
            const MutexLock lock(mutex_);
            stopping_.wait_for(mutex_, stop, pause, [] { return false; });
        }
        if (stop.stop_requested()) {
            return;
        }
        const auto began = SteadyClock::now();
        try {
            // The server is idle for at least half of the time.
            pause = step() ? std::max(shortest_pause, std::chrono::ceil<std::chrono::milliseconds>(
                                                          SteadyClock::now() - began))
                           : check_interval;
        } catch (const std::exception&) {
            // Whether the server can be reached is told by the threads that serve callers.
            pause = after_failure;
        }
    }
}

bool FieldFill::step() {
    for (const FieldSet& set : field_sets(server_)) {
        const bool complete = std::ranges::all_of(fields_.paths(), [&](const std::string& path) {
            return std::ranges::find(set.paths, path) != set.paths.end();
        });
        if (!complete && fill(set.name, set.paths)) {
            return true;
        }
    }
    // Programs of such versions refuse a database that this one has opened.
    without_set_ = without_set_ && fill({}, {});
    return without_set_;
}

bool FieldFill::fill(const std::string& set, const std::vector<std::string>& its_paths) {
    const IndexedFields all = united(fields_, its_paths);
    const std::string name = field_set_name(all);
    std::vector<Replacement> changes;
    std::size_t bytes = 0;
    const std::string options = bson(
        [&](BsonWriter& writer) { writer.int64("limit", static_cast<std::int64_t>(portion_)); });
    server_.find(
        events_collection, bson([&](BsonWriter& writer) { put_set(writer, set); }), options,
        [&](View view) {
            const std::int64_t position = view.integer("_id");
            const auto record = get_record(view, position);
            bytes += record ? record->body.size() : 0;
            // No search gives a damaged event, so it needs no entries.
            const auto values =
                record ? all.values(record->body, record->headers) : std::vector<IndexedValue>{};
            changes.push_back({.filter = bson([&](BsonWriter& writer) {
                                   writer.int64("_id", position);
                                   put_set(writer, set);
                               }),
                               .document = bson([&](BsonWriter& writer) {
                                   writer.document("$set", with_fields({}, all, name, values));
                               }),
                               .update = true});
            return bytes < most_bytes;
        });
    if (changes.empty()) {
        return false;
    }
    declare_field_set(server_, all);
    server_.replace(events_collection, changes);
    return true;
}

}  // namespace quipu::mongo
