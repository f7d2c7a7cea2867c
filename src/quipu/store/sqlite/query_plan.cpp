// SPDX-License-Identifier: Apache-2.0
#include "quipu/store/sqlite/query_plan.hpp"

#include <utility>

#include "quipu/store/engine/body_members.hpp"
#include "quipu/store/sqlite/rows.hpp"

namespace quipu::sqlite {
namespace {

constexpr std::size_t most_arms = 64;

/// Builds the statement of one query.
class Plan {
  public:
    Plan(const EventQuery& query, const Cursor& cursor, std::vector<std::int64_t> types)
        : query_(query), cursor_(cursor), types_(std::move(types)) {}

    Result<Sql> build() {
        auto filters = filter();
        if (!filters) {
            return std::unexpected(std::move(filters.error()));
        }
        filters_ = *std::move(filters);
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
            case Walk::log: log(); break;
            case Walk::time: time(); break;
            case Walk::aggregate: aggregate(); break;
            case Walk::execution: execution(); break;
        }
        return std::move(sql_);
    }

  private:
    std::string beyond(const std::string& column, const std::string& value) const {
        return column + (query_.newest_first ? " < " : " > ") + value;
    }
    std::string ordered(const std::string& column) const {
        return column + (query_.newest_first ? " DESC" : " ASC");
    }
    bool types_are_arms() const {
        return cursor_.walk == Walk::log && !types_.empty() && types_.size() <= most_arms;
    }

    Result<std::string> filter() {
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
        for (const auto& [path, value] : query_.members) {
            const auto pointer = member_pointer(path);
            if (!pointer) {
                return std::unexpected(bad_member_path());
            }
            out += " AND quipu_member(body, " + sql_.parameter(TextValue{*pointer}) +
                   ") = " + sql_.parameter(TextValue{value});
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
        const Subject subject = subject_of(query_.aggregate_id);
        merge({indexed(IndexEntry::Kind::aggregate, subject, second_, rest),
               beyond_index(second_, rest)});
    }

    void execution() {
        const std::string id = sql_.parameter(IdValue{query_.execution_id});
        std::string match = " AND (aggregate_id = " + id + " OR execution_id = " + id;
        if (uuid_bytes(query_.execution_id)) {
            match += " OR (execution_id = " + std::to_string(derived_execution) +
                     " AND substr(aggregate_id, -36) = " +
                     sql_.parameter(TextValue{query_.execution_id}) + ")";
        }
        match += ")" + filters_;
        const Subject subject = subject_of(query_.execution_id);
        merge({indexed(IndexEntry::Kind::aggregate, subject, first_, match),
               indexed(IndexEntry::Kind::execution, subject, first_,
                       " AND execution_id = " + id + filters_),
               beyond_index(first_, match)});
    }

    /// What the index covers and files under `subject`, in log order from `start` on; `match`
    /// tells what of it is meant.
    std::string indexed(IndexEntry::Kind kind, const Subject& subject, const std::string& start,
                        const std::string& match) {
        return "SELECT " QUIPU_RECORD_COLUMNS
               " FROM subjects s CROSS JOIN events ON position = s.event WHERE s.kind = " +
               std::to_string(static_cast<int>(kind)) +
               " AND s.subject = " + sql_.parameter(SubjectValue{subject}) +
               " AND s.event <= " QUIPU_INDEX_COVERS " AND " + beyond("s.event", start) + match +
               " ORDER BY " + ordered("s.event");
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
        } else if (const auto* subject = std::get_if<SubjectValue>(&value)) {
            statement.bind(index, KnownId{subject->value.uuid, subject->value.text});
        } else {
            statement.bind(index, Id{std::get<IdValue>(value).value});
        }
    }
}

Result<Sql> plan_query(const EventQuery& query, const Cursor& cursor,
                       std::vector<std::int64_t> types) {
    return Plan(query, cursor, std::move(types)).build();
}

}  // namespace quipu::sqlite
