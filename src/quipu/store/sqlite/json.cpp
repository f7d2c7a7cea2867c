// SPDX-License-Identifier: Apache-2.0
#include "quipu/store/sqlite/json.hpp"

#include <sqlite3.h>

#include <cstddef>
#include <string_view>

#include "quipu/store/engine/body_members.hpp"
#include "quipu/store/sqlite/failure.hpp"

namespace quipu::sqlite {
namespace {

std::string_view argument(sqlite3_value* value) {
    const void* data = sqlite3_value_blob(value);
    const int size = sqlite3_value_bytes(value);
    return data == nullptr
               ? std::string_view{}
               : std::string_view(static_cast<const char*>(data), static_cast<std::size_t>(size));
}

void member_function(sqlite3_context* context, int, sqlite3_value** values) {
    try {
        const auto text = stores::member_text(argument(values[0]), argument(values[1]));
        if (text) {
            sqlite3_result_text64(context, text->data(), text->size(), SQLITE_TRANSIENT,
                                  SQLITE_UTF8);
        }
    } catch (...) {
        sqlite3_result_error_nomem(context);
    }
}

}  // namespace

void add_member_function(sqlite3* db) {
    const int code = sqlite3_create_function_v2(
        db, "quipu_member", 2, SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY, nullptr,
        &member_function, nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) {
        throw Failure(db, code, "cannot add a function");
    }
}

}  // namespace quipu::sqlite
