// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "quipu/store/sqlite/handle.hpp"

namespace quipu::sqlite {

/// Event types by their number in the file. One per connection.
class TypeTable {
  public:
    explicit TypeTable(const Connection& connection);

    /// The number of `name`; nothing when no event of that type was ever stored.
    [[nodiscard]] std::optional<std::int64_t> find(const std::string& name);
    /// The same, adding it (writer only, within a transaction).
    [[nodiscard]] std::int64_t number(const std::string& name);
    /// The name of `id`; empty when the file does not know it.
    [[nodiscard]] const std::string& name(std::int64_t id);
    /// Forgets what was read, after a rollback.
    void clear();

  private:
    void load();

    Statement select_;
    Statement insert_;
    std::unordered_map<std::string, std::int64_t> numbers_;
    std::unordered_map<std::int64_t, std::string> names_;
};

}  // namespace quipu::sqlite
