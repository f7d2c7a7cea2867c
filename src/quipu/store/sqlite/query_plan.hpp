// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "quipu/base/error.hpp"
#include "quipu/store/engine/query_cursor.hpp"
#include "quipu/store/sqlite/subjects.hpp"

namespace quipu::sqlite {

class Statement;

struct TextValue {
    std::string value;
};
struct IdValue {
    std::string value;
};
struct SubjectValue {
    Subject value;
};
using Value = std::variant<std::int64_t, TextValue, IdValue, SubjectValue>;

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

/// The statement of one query that goes on at `cursor`; `types` are those it asks for, all of them
/// when there are none.
[[nodiscard]] Result<Sql> plan_query(const EventQuery& query, const Cursor& cursor,
                                     std::vector<std::int64_t> types);

}  // namespace quipu::sqlite
