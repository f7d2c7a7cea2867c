// SPDX-License-Identifier: Apache-2.0
#include "store/mongo/support.hpp"

#include <mongoc/mongoc.h>

#include <atomic>
#include <cstdlib>
#include <random>
#include <stdexcept>
#include <string_view>

namespace quipu::test {

std::string mongo_uri() {
    const char* server = std::getenv("QUIPU_TEST_MONGO_SERVER");
    const bool java = server != nullptr && std::string_view(server) == "java";
    const char* uri = std::getenv(java ? "QUIPU_TEST_MONGO_JAVA" : "QUIPU_TEST_MONGO");
    return uri == nullptr ? std::string{} : uri;
}

MongoDatabase::MongoDatabase() {
    if (mongo_uri().empty()) {
        throw std::runtime_error("QUIPU_TEST_MONGO names no server");
    }
    static std::atomic<int> counter = 0;
    std::random_device random;
    name_ = "quipu_test_" + std::to_string(random()) + "_" + std::to_string(++counter);
}

MongoDatabase::~MongoDatabase() {
    mongoc_log_set_handler(nullptr, nullptr);  // its start complains of a small /dev/shm
    mongoc_init();
    mongoc_client_t* client = mongoc_client_new(mongo_uri().c_str());
    bson_t command = BSON_INITIALIZER;
    BSON_APPEND_INT32(&command, "dropDatabase", 1);
    mongoc_client_command_simple(client, name_.c_str(), &command, nullptr, nullptr, nullptr);
    bson_destroy(&command);
    mongoc_client_destroy(client);
}

MongoOptions MongoDatabase::options() const {
    MongoOptions options;
    options.uri = mongo_uri();
    options.database = name_;
    options.server_wait = std::chrono::seconds(60);  // the test machine may be busy
    return options;
}

}  // namespace quipu::test
