// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "quipu/base/error.hpp"
#include "quipu/store/engine/query_cursor.hpp"
#include "quipu/store/sqlite/field_fill.hpp"

namespace quipu::sqlite {

class Statement;

struct TextValue {
    std::string value;
};
struct IdValue {
    std::string value;
};
struct KeyValue {
    IndexKey value;
};
using Value = std::variant<std::int64_t, TextValue, IdValue, KeyValue>;

/// A statement's text and the values of its numbered parameters.
class Sql {
  public:
    Sql& operator+=(std::string_view text) {
        text_ += text;
        return *this;
    }
    /// Names a parameter that holds `value`.
    std::string parameter(Value value) {
        values_.push_back(std::move(value));
        std::string name = "?";
        return name += std::to_string(values_.size());
    }
    const std::string& text() const noexcept { return text_; }
    void bind(Statement& statement) const;

  private:
    std::string text_;
    std::vector<Value> values_;
};

struct QueryPlan {
    Sql sql;
    std::string scan_reason;  ///< as EventPage
};

/// The statement of one query that goes on at `cursor`; `types` are those it asks for, all of them
/// when there are none; `fields` is what the file has an index of, in the snapshot that the
/// statement runs in. The query has passed check_query.
[[nodiscard]] QueryPlan plan_query(const EventQuery& query, const Cursor& cursor,
                                   std::vector<std::int64_t> types,
                                   const std::vector<FieldState>& fields);

}  // namespace quipu::sqlite
