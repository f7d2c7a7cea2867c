// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "quipu/store/engine/values.hpp"
#include "quipu/store/sqlite/failure.hpp"

struct sqlite3_stmt;

namespace quipu::sqlite {

using namespace stores;  // what all engines share

/// An open connection. One thread at a time.
class Connection {
  public:
    /// `flags` are those of sqlite3_open_v2. Applies the settings every connection here shares.
    Connection(const std::string& path, int flags);

    [[nodiscard]] sqlite3* get() const noexcept { return db_.get(); }
    void exec(const char* sql) const;
    /// The single integer that `sql` selects, 0 when it selects NULL or nothing.
    [[nodiscard]] std::int64_t integer(const char* sql) const;
    [[nodiscard]] std::string text(const char* sql) const;

  private:
    struct Close {
        void operator()(sqlite3* db) const noexcept;
    };
    std::unique_ptr<sqlite3, Close> db_;
};

/// What a bound parameter is. The bytes are not copied and must live until the statement ends.
struct Text {
    std::string_view value;
};
struct Blob {
    std::string_view value;
};
/// An identifier: a canonical UUID becomes 16 bytes, anything else stays text.
struct Id {
    std::string_view value;
};
/// An identifier whose form is known already: `uuid` when it has a value, else `text`.
struct KnownId {
    const std::optional<UuidBytes>& uuid;
    std::string_view text;
};

/// A prepared statement, kept and used again. Begin each use with `with(...)`; end reading early
/// with `reset()` (a `Reset` guard does it).
class Statement {
  public:
    Statement() = default;
    Statement(const Connection& connection, std::string_view sql);

    /// Binds the parameters in order, from ?1.
    template <class... Values>
    Statement& with(const Values&... values) {
        reset();
        [[maybe_unused]] int index = 0;
        (bind(++index, values), ...);
        return *this;
    }
    void bind(int index, std::int64_t value);
    void bind(int index, std::optional<std::int64_t> value);
    void bind(int index, std::nullptr_t);
    void bind(int index, Text value);
    void bind(int index, Blob value);
    void bind(int index, Id value);
    void bind(int index, const KnownId& value);

    /// True when there is a row to read.
    bool step();
    /// Runs to the end; the result rows, if any, are dropped.
    void run();
    void reset() noexcept;

    [[nodiscard]] bool null(int column) const noexcept;
    [[nodiscard]] bool integral(int column) const noexcept;
    [[nodiscard]] std::int64_t integer(int column) const noexcept;
    [[nodiscard]] std::optional<std::int64_t> optional_integer(int column) const noexcept;
    /// Valid until the next step or reset.
    [[nodiscard]] std::string_view bytes(int column) const noexcept;
    [[nodiscard]] std::string text(int column) const { return std::string(bytes(column)); }
    /// Reads what `Id` bound; empty for NULL.
    [[nodiscard]] std::string id(int column) const;

  private:
    void check(int code, const char* doing) const;
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const noexcept;
    };
    std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

/// Ends a use of a statement at the end of a scope, so that no read stays open.
class Reset {
  public:
    explicit Reset(Statement& statement) noexcept : statement_(statement) {}
    ~Reset() { statement_.reset(); }
    Reset(const Reset&) = delete;
    Reset& operator=(const Reset&) = delete;

  private:
    Statement& statement_;
};

}  // namespace quipu::sqlite
