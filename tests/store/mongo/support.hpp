// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "quipu/store/mongo/mongo_store.hpp"

namespace quipu::test {

/// Where the MongoDB server for tests is: QUIPU_TEST_MONGO, empty when there is none.
[[nodiscard]] std::string mongo_uri();

/// A database of its own on that server that goes away with the object.
class MongoDatabase {
  public:
    MongoDatabase();
    ~MongoDatabase();
    MongoDatabase(const MongoDatabase&) = delete;
    MongoDatabase& operator=(const MongoDatabase&) = delete;

    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    [[nodiscard]] MongoOptions options() const;

  private:
    std::string name_;
};

}  // namespace quipu::test
