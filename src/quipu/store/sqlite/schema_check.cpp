// SPDX-License-Identifier: Apache-2.0
#include "quipu/store/sqlite/schema_check.hpp"

#include <sqlite3.h>

#include <map>
#include <set>
#include <utility>

#include "quipu/store/sqlite/schema.hpp"

namespace quipu::sqlite {
namespace {

/// What of a schema matters to those who read and write it.
struct Shape {
    std::map<std::string, std::set<std::pair<std::string, std::string>>> tables;  ///< name, type
    std::map<std::string, std::string> views;                                     ///< name, SQL
    std::string foreign;  ///< what no store has, in words; empty: nothing
};

Shape read_shape(const Connection& connection) {
    Shape shape;
    Statement objects(connection,
                      "SELECT type, name, sql FROM sqlite_schema "
                      "WHERE type IN ('table', 'view', 'trigger') ORDER BY name");
    Statement columns(connection, "SELECT name, type, hidden FROM pragma_table_xinfo(?1)");
    while (objects.step()) {
        const std::string type = objects.text(0);
        const std::string name = objects.text(1);
        const std::string sql = objects.null(2) ? std::string{} : objects.text(2);
        if (type == "view") {
            shape.views[name] = sql;
            continue;
        }
        if (type == "trigger") {
            shape.foreign = "the trigger " + name;
            continue;
        }
        if (sql.starts_with("CREATE VIRTUAL")) {
            shape.foreign = "the virtual table " + name;
            continue;
        }
        auto& table = shape.tables[name];
        columns.with(Text{name});
        while (columns.step()) {
            if (columns.integer(2) != 0) {
                shape.foreign = "the generated column " + name + "." + columns.text(0);
            }
            table.emplace(columns.text(0), columns.text(1));
        }
    }
    return shape;
}

const Shape& expected_shape() {
    static const Shape shape = [] {
        const Connection fresh(":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
        create_schema(fresh);
        return read_shape(fresh);
    }();
    return shape;
}

Result<void> differs(const std::string& path, const std::string& what) {
    return fail(ErrorCode::corrupt,
                path + " has been changed by another program: " + what + "; restore a backup");
}

}  // namespace

Result<void> compare_schema(const Connection& connection, const std::string& path,
                            bool is_present) {
    const Shape found = read_shape(connection);
    if (!found.foreign.empty()) {
        return differs(path, "it has " + found.foreign + ", which no store has");
    }
    if (!is_present) {
        return {};
    }
    const Shape& expected = expected_shape();
    for (const auto& [name, sql] : found.views) {
        const auto ours = expected.views.find(name);
        if (ours == expected.views.end() || ours->second != sql) {
            return differs(path, "the view " + name + " is not one of a store");
        }
    }
    for (const auto& [name, columns] : expected.tables) {
        const auto there = found.tables.find(name);
        if (there == found.tables.end()) {
            return differs(path, "the table " + name + " is missing");
        }
        // An upgraded file may have a column that a new one no longer has.
        for (const auto& [column, type] : columns) {
            if (!there->second.contains({column, type})) {
                return differs(path, "the column " + name + "." + column + " is missing");
            }
        }
    }
    return {};
}

}  // namespace quipu::sqlite
