// SPDX-License-Identifier: Apache-2.0
#include "store/fixture.hpp"

#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "quipu/store/sqlite/sqlite_store.hpp"
#include "store/mongo/support.hpp"
#include "support/temp_directory.hpp"

namespace quipu::test {
namespace {

std::unique_ptr<Store> or_throw(Result<std::unique_ptr<Store>> opened) {
    if (!opened) {
        throw std::runtime_error(opened.error().message);
    }
    return *std::move(opened);
}

class SqlitePlace final : public Place {
  public:
    SqlitePlace(const StoreBounds& bounds, std::function<Time()> clock) {
        options_.path = directory_.file();
        options_.max_batch_records = bounds.max_batch_records;
        options_.max_queue_bytes = bounds.max_queue_bytes;
        options_.cache_records = bounds.cache_records;
        options_.wal_bytes = bounds.wal_bytes;
        options_.index_portion = bounds.index_portion;
        options_.readers = bounds.readers;
        options_.indexed = bounds.indexed;
        options_.query_time = bounds.query_time;
        options_.clock = std::move(clock);
    }
    std::unique_ptr<Store> open() override { return or_throw(open_sqlite_store(options_)); }

  private:
    TempDirectory directory_;
    SqliteOptions options_;
};

class MongoPlace final : public Place {
  public:
    MongoPlace(const StoreBounds& bounds, std::function<Time()> clock)
        : options_(database_.options()) {
        options_.max_batch_records = bounds.max_batch_records;
        options_.max_queue_bytes = bounds.max_queue_bytes;
        options_.cache_records = bounds.cache_records;
        options_.indexed = bounds.indexed;
        options_.query_time = bounds.query_time;
        options_.clock = std::move(clock);
    }
    std::unique_ptr<Store> open() override { return or_throw(open_mongo_store(options_)); }

  private:
    MongoDatabase database_;
    MongoOptions options_;
};

std::unique_ptr<Place> make_place(const StoreBounds& bounds, std::function<Time()> clock) {
    const char* engine = std::getenv("QUIPU_TEST_STORE");
    if (engine != nullptr && std::string_view(engine) == "mongo") {
        return std::make_unique<MongoPlace>(bounds, std::move(clock));
    }
    return std::make_unique<SqlitePlace>(bounds, std::move(clock));
}

}  // namespace

Fixture::Fixture(StoreBounds bounds) : place_(make_place(bounds, clock_.function())) {
    open();
}

}  // namespace quipu::test
