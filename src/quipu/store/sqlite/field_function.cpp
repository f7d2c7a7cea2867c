// SPDX-License-Identifier: Apache-2.0
#include "quipu/store/sqlite/field_function.hpp"

#include <sqlite3.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "quipu/store/engine/fields.hpp"
#include "quipu/store/sqlite/failure.hpp"

namespace quipu::sqlite {

using namespace stores;

namespace {

std::string_view argument(sqlite3_value* value) {
    const void* data = sqlite3_value_blob(value);
    const int size = sqlite3_value_bytes(value);
    return data == nullptr
               ? std::string_view{}
               : std::string_view(static_cast<const char*>(data), static_cast<std::size_t>(size));
}

/// The path of a call, parsed once for a statement.
const FieldPath& path_of(sqlite3_context* context, sqlite3_value* value) {
    constexpr int path_argument = 2;
    if (auto* known = static_cast<FieldPath*>(sqlite3_get_auxdata(context, path_argument))) {
        return *known;
    }
    thread_local FieldPath parsed;
    parsed = FieldPath::from_canonical(argument(value));
    sqlite3_set_auxdata(context, path_argument, new FieldPath(parsed),
                        [](void* path) { delete static_cast<FieldPath*>(path); });
    return parsed;
}

void field_function(sqlite3_context* context, int, sqlite3_value** values) {
    try {
        const auto headers = RecordHeaders::from_bytes(std::string(argument(values[1])));
        const auto value = field_value(argument(values[0]), headers.value_or(RecordHeaders{}),
                                       path_of(context, values[2]));
        if (value) {
            const std::string& text = value->canonical();
            sqlite3_result_text64(context, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
        }
    } catch (...) {
        sqlite3_result_error_nomem(context);
    }
}

}  // namespace

void add_field_function(sqlite3* db) {
    const int code = sqlite3_create_function_v2(
        db, "quipu_field", 3, SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY, nullptr,
        &field_function, nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) {
        throw Failure(db, code, "cannot add a function");
    }
}

}  // namespace quipu::sqlite
