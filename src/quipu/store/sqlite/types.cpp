// SPDX-License-Identifier: Apache-2.0
#include "quipu/store/sqlite/types.hpp"

namespace quipu::sqlite {

TypeTable::TypeTable(const Connection& connection)
    : select_(connection, "SELECT id, name FROM types WHERE id > ?1"),
      insert_(connection, "INSERT INTO types(id, name) VALUES(?1, ?2)") {}

void TypeTable::load() {
    const Reset reset(select_);
    // Numbers are given out in order and never taken back.
    select_.with(static_cast<std::int64_t>(names_.size()));
    while (select_.step()) {
        const std::int64_t id = select_.integer(0);
        numbers_.emplace(select_.text(1), id);
        names_.emplace(id, select_.text(1));
    }
}

std::optional<std::int64_t> TypeTable::find(const std::string& name) {
    auto found = numbers_.find(name);
    if (found == numbers_.end()) {
        load();
        found = numbers_.find(name);
    }
    return found == numbers_.end() ? std::nullopt : std::optional(found->second);
}

std::int64_t TypeTable::number(const std::string& name) {
    if (const auto found = find(name)) {
        return *found;
    }
    const auto id = static_cast<std::int64_t>(names_.size()) + 1;
    insert_.with(id, Text{name}).run();
    numbers_.emplace(name, id);
    names_.emplace(id, name);
    return id;
}

const std::string& TypeTable::name(std::int64_t id) {
    static const std::string unknown;
    auto found = names_.find(id);
    if (found == names_.end()) {
        load();
        found = names_.find(id);
    }
    return found == names_.end() ? unknown : found->second;
}

void TypeTable::clear() {
    numbers_.clear();
    names_.clear();
}

}  // namespace quipu::sqlite
