// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "quipu/base/mutex.hpp"
#include "quipu/store/sqlite/types.hpp"

namespace quipu::sqlite {

/// The name of a file that nobody writes, for SQLITE_OPEN_URI.
[[nodiscard]] std::string immutable_uri(const std::string& path);

/// A read-only connection with the statements it has prepared.
class Reader {
  public:
    /// Throws Failure. `immutable` reads a file that nobody writes, without the help files that
    /// the engine makes otherwise.
    explicit Reader(const std::string& path, bool immutable = false);

    [[nodiscard]] const Connection& connection() const noexcept { return connection_; }
    [[nodiscard]] TypeTable& types() noexcept { return types_; }
    /// Prepared once per text; valid while the reader is leased.
    [[nodiscard]] Statement& statement(std::string_view sql);
    /// Drops what was prepared if there is too much of it.
    void trim();
    /// Interrupts any statement that still runs after `limit`, until `unlimited`.
    void limit_time(std::chrono::milliseconds limit);
    void unlimited() noexcept;

  private:
    Connection connection_;
    TypeTable types_;
    std::map<std::string, Statement, std::less<>> statements_;
    std::chrono::steady_clock::time_point deadline_;
};

/// Several reads that must see the same state: from construction to destruction.
class Snapshot {
  public:
    explicit Snapshot(Reader& reader) : reader_(reader) { reader_.connection().exec("BEGIN"); }
    ~Snapshot();
    Snapshot(const Snapshot&) = delete;
    Snapshot& operator=(const Snapshot&) = delete;

  private:
    Reader& reader_;
};

/// A bounded set of readers. Thread-safe.
class Readers {
  public:
    Readers(std::string path, std::size_t most, bool immutable);

    /// A reader that goes back when destroyed.
    class Lease {
      public:
        Lease(Readers& home, std::unique_ptr<Reader> reader) noexcept
            : home_(home), reader_(std::move(reader)) {}
        ~Lease() { home_.give_back(std::move(reader_)); }
        Lease(const Lease&) = delete;
        Lease& operator=(const Lease&) = delete;
        Reader& operator*() const noexcept { return *reader_; }
        Reader* operator->() const noexcept { return reader_.get(); }

      private:
        Readers& home_;
        std::unique_ptr<Reader> reader_;
    };

    /// Waits for a free one when all are out. Throws Failure.
    [[nodiscard]] Lease take();

  private:
    void give_back(std::unique_ptr<Reader> reader) noexcept;

    const std::string path_;
    const std::size_t most_;
    const bool immutable_;
    Mutex mutex_;
    Condition returned_;
    std::vector<std::unique_ptr<Reader>> free_ QUIPU_GUARDED_BY(mutex_);
    std::size_t made_ QUIPU_GUARDED_BY(mutex_) = 0;
};

}  // namespace quipu::sqlite
