// SPDX-License-Identifier: Apache-2.0
#include "quipu/store/mongo/query.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "quipu/store/engine/fields.hpp"
#include "quipu/store/engine/query_cursor.hpp"
#include "quipu/store/mongo/collections.hpp"
#include "quipu/store/mongo/field_sets.hpp"
#include "quipu/store/mongo/records.hpp"

namespace quipu::mongo {
namespace {

using SteadyClock = std::chrono::steady_clock;

std::int64_t milliseconds_of(std::int64_t micros) {
    return std::chrono::floor<std::chrono::milliseconds>(from_micros(micros))
        .time_since_epoch()
        .count();
}

/// One search of the server: what it matches and in which order it comes.
struct Search {
    std::string filter;
    std::string options;
};

/// Turns a query into searches. Members are compared here and not by the server: a body's 1.50
/// and 15e-1 are the same number to it.
class Plan {
  public:
    Plan(const EventQuery& query, const Cursor& cursor, const std::vector<std::string>& entries,
         std::chrono::milliseconds time)
        : query_(query), cursor_(cursor), entries_(entries), time_(time) {}

    [[nodiscard]] std::vector<Search> searches() const {
        switch (cursor_.walk) {
            case Walk::log: return {by_position()};
            case Walk::time: return {by_time()};
            case Walk::aggregate: break;
        }
        return {by_sequence(query_.aggregate_id)};
    }

  private:
    [[nodiscard]] const char* beyond() const { return query_.newest_first ? "$lt" : "$gt"; }
    [[nodiscard]] bool has_cursor() const { return !query_.cursor.empty(); }

    void put_types(BsonWriter& writer) const {
        if (query_.event_types.size() == 1) {
            put_text(writer, "event_type", query_.event_types.front());
        } else if (!query_.event_types.empty()) {
            writer.begin_document("event_type");
            writer.begin_list("$in");
            for (const auto& type : query_.event_types) {
                put_text(writer, {}, type);
            }
            writer.end();
            writer.end();
        }
    }

    /// `low` inclusive, `high` exclusive; the date beside the instant leads the index.
    static void put_bounds(BsonWriter& writer, std::optional<std::int64_t> low,
                           std::optional<std::int64_t> high) {
        if (!low && !high) {
            return;
        }
        writer.begin_document("timestamp");
        if (low) {
            writer.date("$gte", milliseconds_of(*low));
        }
        if (high) {
            writer.date("$lte", milliseconds_of(*high));
        }
        writer.end();
        writer.begin_document("timestamp_us");
        if (low) {
            writer.int64("$gte", *low);
        }
        if (high) {
            writer.int64("$lt", *high);
        }
        writer.end();
    }

    [[nodiscard]] std::optional<std::int64_t> from() const {
        return query_.from ? std::optional(to_micros(*query_.from)) : std::nullopt;
    }
    [[nodiscard]] std::optional<std::int64_t> until() const {
        return query_.until ? std::optional(to_micros(*query_.until)) : std::nullopt;
    }

    [[nodiscard]] std::string options(std::initializer_list<const char*> order) const {
        return bson([&](BsonWriter& writer) {
            writer.begin_document("sort");
            for (const char* name : order) {
                writer.int32(name, query_.newest_first ? -1 : 1);
            }
            writer.end();
            if (!entries_.empty()) {
                // A server may take its chance with a walk over the whole log instead.
                writer.text("hint", field_index_name);
            }
            writer.int64("maxTimeMS", std::max<std::int64_t>(1, time_.count()));
            // One more than asked for tells whether there is a next page.
            const auto wanted = static_cast<std::int64_t>(query_.limit) + 1;
            if (query_.where.empty() && cursor_.walk != Walk::log) {
                writer.int64("limit", wanted);
            } else {
                writer.int64("batchSize", query_.where.empty() ? wanted : 1000);
            }
        });
    }

    [[nodiscard]] Search by_position() const {
        return {.filter = bson([&](BsonWriter& writer) {
                    put_entries(writer);
                    put_types(writer);
                    if (!query_.aggregate_id.empty()) {
                        put_text(writer, "aggregate_id", query_.aggregate_id);
                    }
                    writer.begin_document("_id");
                    writer.int64(beyond(), cursor_.first);
                    writer.end();
                    put_bounds(writer, from(), until());
                }),
                .options = options({"_id"})};
    }

    /// The entries of an index lead to few events; of the others, none is transferred.
    void put_entries(BsonWriter& writer) const {
        if (entries_.empty()) {
            return;
        }
        writer.begin_document("fields");
        writer.begin_list("$in");
        for (const std::string& entry : entries_) {
            put_text(writer, {}, entry);
        }
        writer.end();
        writer.end();
    }

    [[nodiscard]] Search by_sequence(const std::string& aggregate) const {
        return {.filter = bson([&](BsonWriter& writer) {
                    put_types(writer);
                    put_text(writer, "aggregate_id", aggregate);
                    writer.begin_document("sequence");
                    writer.int64(beyond(), cursor_.first);
                    writer.end();
                    put_bounds(writer, from(), until());
                }),
                .options = options({"sequence"})};
    }

    [[nodiscard]] Search by_time() const {
        return {.filter = bson([&](BsonWriter& writer) {
                    put_types(writer);
                    auto low = from();
                    auto high = until();
                    if (has_cursor()) {
                        // A cursor lies within the bounds, so on its side it replaces the bound.
                        (query_.newest_first ? high : low) =
                            cursor_.first + (query_.newest_first ? 1 : 0);
                        writer.begin_list("$or");
                        writer.begin_document({});
                        writer.begin_document("timestamp_us");
                        writer.int64(beyond(), cursor_.first);
                        writer.end();
                        writer.end();
                        writer.begin_document({});
                        writer.begin_document("_id");
                        writer.int64(beyond(), cursor_.second);
                        writer.end();
                        writer.end();
                        writer.end();
                    }
                    put_bounds(writer, low, high);
                }),
                .options = options({"timestamp", "timestamp_us", "_id"})};
    }

    const EventQuery& query_;
    const Cursor& cursor_;
    const std::vector<std::string>& entries_;
    std::chrono::milliseconds time_;
};

struct Hit {
    std::int64_t position = 0;
    std::int64_t sequence = 0;
    std::int64_t timestamp = 0;
    std::optional<Record> record;  ///< nothing when damaged
};

class Run {
  public:
    Run(Server& server, const EventQuery& query, std::chrono::milliseconds time)
        : server_(server), query_(query), end_(SteadyClock::now() + time) {}

    [[nodiscard]] std::vector<Hit> search(const Search& search) {
        std::vector<Hit> hits;
        std::size_t bytes = 0;
        server_.find(events_collection, search.filter, search.options, [&](View view) {
            if (SteadyClock::now() > end_) {
                throw ServerError(ServerError::Kind::timeout, "the search took too long");
            }
            if (is_tombstone(view)) {
                return true;
            }
            Hit hit{.position = view.integer("_id"),
                    .sequence = view.integer("sequence"),
                    .timestamp = view.integer("timestamp_us"),
                    .record = {}};
            hit.record = get_record(view, hit.position);
            if (matches(hit)) {
                bytes += hit.record ? hit.record->body.size() : 0;
                hits.push_back(std::move(hit));
            }
            return hits.size() <= query_.limit && bytes <= most_page_bytes;
        });
        return hits;
    }

  private:
    [[nodiscard]] bool matches(const Hit& hit) const {
        return std::ranges::all_of(query_.where, [&](const FieldCondition& condition) {
            return hit.record && meets(hit.record->body, hit.record->headers, condition);
        });
    }

    Server& server_;
    const EventQuery& query_;
    SteadyClock::time_point end_;
};

void advance(Cursor& cursor, const Hit& hit) {
    switch (cursor.walk) {
        case Walk::log: cursor.first = hit.position; break;
        case Walk::time:
            cursor.first = hit.timestamp;
            cursor.second = hit.position;
            break;
        case Walk::aggregate: cursor.first = hit.sequence; break;
    }
}

EventPage page_of(std::vector<Hit> hits, Cursor cursor, std::size_t limit) {
    EventPage page;
    std::size_t seen = 0;
    std::size_t bytes = 0;
    for (Hit& hit : hits) {
        if (seen == limit || bytes > most_page_bytes) {
            page.next_cursor = to_text(cursor);
            break;
        }
        ++seen;
        advance(cursor, hit);
        if (hit.record) {
            bytes += hit.record->body.size();
            page.records.push_back(*std::move(hit.record));
        } else {
            page.damaged.push_back(hit.position);
        }
    }
    return page;
}

}  // namespace

Result<EventPage> run_query(Server& server, const EventQuery& query,
                            std::chrono::milliseconds time) {
    if (auto sound = check_query(query); !sound) {
        return std::unexpected(std::move(sound.error()));
    }
    const auto cursor = where_to_begin(query);
    if (!cursor) {
        return std::unexpected(cursor.error());
    }
    const FieldLead lead = find_lead(server, query);
    Run run(server, query, time);
    std::vector<Hit> hits;
    for (const auto& search : Plan(query, *cursor, lead.entries, time).searches()) {
        auto found = run.search(search);
        std::ranges::move(found, std::back_inserter(hits));
    }
    EventPage page = page_of(std::move(hits), *cursor, query.limit);
    page.scan_reason = lead.scan_reason;
    return page;
}

}  // namespace quipu::mongo
