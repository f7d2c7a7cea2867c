// SPDX-License-Identifier: Apache-2.0
#include "quipu/store/sqlite/query_plan.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "quipu/store/engine/fields.hpp"
#include "quipu/store/sqlite/rows.hpp"

namespace quipu::sqlite {
namespace {

constexpr std::size_t most_arms = 64;

/// What leads a walk in the order of the log to the events that it wants.
struct Lead {
    const FieldCondition* condition = nullptr;
    std::int64_t field = 0;
};

/// Builds the statement of one query.
class Plan {
  public:
    Plan(const EventQuery& query, const Cursor& cursor, std::vector<std::int64_t> types,
         const std::vector<FieldState>& fields)
        : query_(query), cursor_(cursor), types_(std::move(types)), fields_(fields) {}

    QueryPlan build() {
        QueryPlan plan;
        if (cursor_.walk == Walk::log && !query_.where.empty()) {
            lead_ = choose_lead(plan.scan_reason);
        }
        filters_ = filter();
        // One more than asked for tells whether there is a next page.
        limit_ = sql_.parameter(static_cast<std::int64_t>(query_.limit) + 1);
        const bool timed = cursor_.walk == Walk::time;
        if (!timed || !query_.cursor.empty()) {
            first_ = sql_.parameter(cursor_.first);
        }
        if ((timed && !query_.cursor.empty()) || cursor_.walk == Walk::aggregate) {
            second_ = sql_.parameter(cursor_.second);
        }
        switch (cursor_.walk) {
            case Walk::log:
                if (lead_) {
                    by_field(*lead_);
                } else if (timed_log()) {
                    log_within_time();
                } else {
                    log();
                }
                break;
            case Walk::time: time(); break;
            case Walk::aggregate: aggregate(); break;
        }
        plan.sql = std::move(sql_);
        return plan;
    }

  private:
    std::string beyond(const std::string& column, const std::string& value) const {
        return column + (query_.newest_first ? " < " : " > ") + value;
    }
    std::string ordered(const std::string& column) const {
        return column + (query_.newest_first ? " DESC" : " ASC");
    }
    bool timed_log() const {
        return cursor_.walk == Walk::log && (query_.from || query_.until) && !types_are_arms();
    }
    bool types_are_arms() const {
        return cursor_.walk == Walk::log && !lead_ && !types_.empty() && types_.size() <= most_arms;
    }

    /// The first condition that a complete index answers; without one, why there is none.
    std::optional<Lead> choose_lead(std::string& reason) const {
        for (const FieldCondition& condition : query_.where) {
            const std::string path = path_of(condition);
            const auto state = std::ranges::find(fields_, path, &FieldState::path);
            if (state == fields_.end()) {
                if (reason.empty()) {
                    reason = condition.field + " is not indexed";
                }
            } else if (!state->complete()) {
                reason = "the index of " + condition.field +
                         " is being filled: " + std::to_string(state->filled_to) + " of " +
                         std::to_string(state->fill_until) + " positions are done";
            } else {
                reason.clear();
                return Lead{.condition = &condition, .field = state->number};
            }
        }
        return std::nullopt;
    }
    static std::string path_of(const FieldCondition& condition) {
        const auto path = FieldPath::parse(condition.field, condition.source);
        return path ? path->canonical() : std::string();
    }

    std::string has_field(const FieldCondition& condition, const std::vector<FieldValue>& values) {
        std::string out = " AND quipu_field(body, headers, " +
                          sql_.parameter(TextValue{path_of(condition)}) + ") IN (";
        for (const FieldValue& value : values) {
            out += sql_.parameter(TextValue{value.canonical()}) + ",";
        }
        out.back() = ')';
        return out;
    }

    std::string filter() {
        std::string out;
        if (!types_.empty() && !types_are_arms()) {
            out += " AND type_id IN (";
            for (const std::int64_t type : types_) {
                out += sql_.parameter(type) + ",";
            }
            out.back() = ')';
        }
        if (!query_.aggregate_id.empty()) {
            out += " AND aggregate_id = " + sql_.parameter(IdValue{query_.aggregate_id});
        }
        const std::string time = cursor_.walk == Walk::time ? "timestamp" : "+timestamp";
        // A cursor lies within the bounds, so on its side it replaces the bound.
        const bool replaced = cursor_.walk == Walk::time && !query_.cursor.empty();
        if (query_.from && (!replaced || query_.newest_first)) {
            out += " AND " + time + " >= " + sql_.parameter(to_micros(*query_.from));
        }
        if (query_.until && (!replaced || !query_.newest_first)) {
            out += " AND " + time + " < " + sql_.parameter(to_micros(*query_.until));
        }
        for (const FieldCondition& condition : query_.where) {
            out += has_field(condition, condition.any_of);
        }
        return out;
    }

    void log() {
        if (!types_are_arms()) {
            sql_ += "SELECT " QUIPU_RECORD_COLUMNS " FROM events NOT INDEXED WHERE ";
            sql_ += beyond("position", first_) + filters_;
        }
        // Each type is walked along its index; the engine merges the walks as far as needed.
        for (std::size_t i = 0; types_are_arms() && i < types_.size(); ++i) {
            sql_ += i > 0 ? " UNION ALL " : "";
            sql_ += "SELECT " QUIPU_RECORD_COLUMNS
                    " FROM events INDEXED BY events_by_type WHERE type_id = ";
            sql_ += sql_.parameter(types_[i]) + " AND " + beyond("position", first_) + filters_;
        }
        sql_ += " ORDER BY " + ordered("position") + " LIMIT " + limit_;
    }

    /// The positions within the bounds come from the index of times, and are put into order before
    /// the first event is read.
    void log_within_time() {
        std::string within =
            "SELECT position AS place FROM events INDEXED BY events_by_time WHERE ";
        within += beyond("position", first_);
        if (query_.from) {
            within += " AND timestamp >= " + sql_.parameter(to_micros(*query_.from));
        }
        if (query_.until) {
            within += " AND timestamp < " + sql_.parameter(to_micros(*query_.until));
        }
        sql_ += "SELECT " QUIPU_RECORD_COLUMNS " FROM (" + within + " ORDER BY " +
                ordered("place") + " LIMIT -1) CROSS JOIN events ON position = place WHERE TRUE" +
                filters_ + " LIMIT " + limit_;
    }

    void time() {
        sql_ += "SELECT " QUIPU_RECORD_COLUMNS " FROM events INDEXED BY events_by_time WHERE ";
        if (query_.cursor.empty()) {
            sql_ += "TRUE" + filters_;
        } else {
            sql_ += beyond("(timestamp, position)", "(" + first_ + ", " + second_ + ")") + filters_;
        }
        sql_ += " ORDER BY " + ordered("timestamp") + ", " + ordered("position");
        sql_ += " LIMIT " + limit_;
    }

    /// Sequences grow with positions. A cursor of an older version has no position: it is at the
    /// edge then, and the sequence alone decides.
    void aggregate() {
        const std::string rest = " AND " + beyond("sequence", first_) + filters_;
        merge({indexed(aggregate_field, key_of_aggregate(query_.aggregate_id), second_, rest),
               beyond_index(second_, rest)});
    }

    void by_field(const Lead& lead) {
        const auto& values = lead.condition->any_of;
        std::vector<std::string> walks;
        // Values that are filed under one key have one walk.
        std::vector<IndexKey> done;
        const auto first_of = [&](const IndexKey& key) {
            const bool seen = std::ranges::find(done, key) != done.end();
            done.push_back(key);
            return !seen;
        };
        for (const FieldValue& value : values) {
            if (const IndexKey key = key_of_value(value); first_of(key)) {
                walks.push_back(indexed(lead.field, key, first_, filters_));
            }
        }
        done.clear();
        for (const FieldValue& value : values) {
            const auto key = aggregate_of_value(value);
            if (key && first_of(*key)) {
                // Of the other values, the index has rows of these events.
                std::vector<FieldValue> left_out;
                std::ranges::copy_if(values, std::back_inserter(left_out), [&](const auto& other) {
                    return aggregate_of_value(other) == key;
                });
                walks.push_back(indexed(aggregate_field, *key, first_,
                                        filters_ + has_field(*lead.condition, left_out)));
            }
        }
        walks.push_back(beyond_index(first_, filters_));
        merge(walks);
    }

    /// What the index covers and files under `key`, in log order from `start` on; `match` tells
    /// what of it is meant.
    std::string indexed(std::int64_t field, const IndexKey& key, const std::string& start,
                        const std::string& match) {
        return "SELECT " QUIPU_EVENT_COLUMNS
               " FROM field_index i CROSS JOIN events e ON e.position = i.position"
               " WHERE i.field = " +
               std::to_string(field) + " AND i.value = " + sql_.parameter(KeyValue{key}) +
               " AND i.position <= " QUIPU_INDEX_COVERS " AND " + beyond("i.position", start) +
               match + " ORDER BY " + ordered("i.position");
    }
    std::string beyond_index(const std::string& start, const std::string& match) const {
        return "SELECT " QUIPU_RECORD_COLUMNS
               " FROM events NOT INDEXED WHERE position > " QUIPU_INDEX_COVERS " AND " +
               beyond("position", start) + match + " ORDER BY " + ordered("position");
    }
    /// Walks that are each in log order and have no event in common.
    void merge(const std::vector<std::string>& walks) {
        for (const std::string& walk : walks) {
            sql_ += sql_.text().empty() ? "" : " UNION ALL ";
            sql_ += "SELECT * FROM (" + walk + " LIMIT " + limit_ + ")";
        }
        sql_ += " ORDER BY " + ordered("position") + " LIMIT " + limit_;
    }

    const EventQuery& query_;
    const Cursor& cursor_;
    const std::vector<std::int64_t> types_;
    const std::vector<FieldState>& fields_;
    std::optional<Lead> lead_;
    Sql sql_;
    std::string filters_;
    std::string limit_;
    std::string first_;
    std::string second_;
};

}  // namespace

void Sql::bind(Statement& statement) const {
    int index = 0;
    for (const Value& value : values_) {
        ++index;
        if (const auto* number = std::get_if<std::int64_t>(&value)) {
            statement.bind(index, *number);
        } else if (const auto* text = std::get_if<TextValue>(&value)) {
            statement.bind(index, Text{text->value});
        } else if (const auto* key = std::get_if<KeyValue>(&value)) {
            statement.bind(index, KnownId{key->value.uuid, key->value.text});
        } else {
            statement.bind(index, Id{std::get<IdValue>(value).value});
        }
    }
}

QueryPlan plan_query(const EventQuery& query, const Cursor& cursor, std::vector<std::int64_t> types,
                     const std::vector<FieldState>& fields) {
    return Plan(query, cursor, std::move(types), fields).build();
}

}  // namespace quipu::sqlite
