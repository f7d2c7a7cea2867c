// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <stdexcept>
#include <utility>

#include "quipu/store/sqlite/sqlite_store.hpp"
#include "store/support.hpp"
#include "support/temp_directory.hpp"

namespace quipu::test {

/// An SQLite store in a directory of its own, with a clock that moves only when it is set.
class SqliteFixture {
  public:
    explicit SqliteFixture(SqliteOptions options = {}) : options_(std::move(options)) {
        options_.path = directory_.file();
        options_.clock = clock_.function();
        open();
    }
    void open() {
        auto opened = open_sqlite_store(options_);
        if (!opened) {
            throw std::runtime_error(opened.error().message);
        }
        store_ = *std::move(opened);
    }
    void close() { store_.reset(); }
    void reopen() {
        close();
        open();
    }
    void set_time(Time time) { clock_.set(time); }

    [[nodiscard]] Store& operator*() const noexcept { return *store_; }
    [[nodiscard]] Store* operator->() const noexcept { return store_.get(); }
    [[nodiscard]] const TempDirectory& directory() const noexcept { return directory_; }
    /// What the next open() takes.
    [[nodiscard]] SqliteOptions& options() noexcept { return options_; }

  private:
    TempDirectory directory_;
    TestClock clock_;
    SqliteOptions options_;
    std::unique_ptr<Store> store_;
};

}  // namespace quipu::test
