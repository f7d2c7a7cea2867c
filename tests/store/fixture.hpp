// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "store/support.hpp"

namespace quipu::test {

/// What tests of the contract set; an engine ignores what it does not have.
struct StoreBounds {
    std::size_t max_batch_records = 1024;
    std::size_t max_queue_bytes = 64 * 1024 * 1024;
    std::size_t cache_records = 16 * 1024;
    std::size_t wal_bytes = 64 * 1024 * 1024;
    std::size_t index_portion = 32 * 1024;
    std::size_t readers = 4;
    std::vector<std::string> indexed{"order_id"};
    std::chrono::milliseconds query_time{60'000};  ///< the test machine may be busy
};

/// A place for one store, empty at first, that goes away with the object.
class Place {
  public:
    virtual ~Place() = default;
    [[nodiscard]] virtual std::unique_ptr<Store> open() = 0;
};

/// A store of its own for a test of what every engine promises, with a clock that moves only when
/// it is set. QUIPU_TEST_STORE names the engine: sqlite (the default), or mongo, which needs a
/// server at QUIPU_TEST_MONGO.
class Fixture {
  public:
    explicit Fixture(StoreBounds bounds = {});
    void open() { store_ = place_->open(); }
    void close() { store_.reset(); }
    void reopen() {
        close();
        open();
    }
    void set_time(Time time) { clock_.set(time); }

    [[nodiscard]] Store& operator*() const noexcept { return *store_; }
    [[nodiscard]] Store* operator->() const noexcept { return store_.get(); }

  private:
    TestClock clock_;
    std::unique_ptr<Place> place_;
    std::unique_ptr<Store> store_;
};

}  // namespace quipu::test
