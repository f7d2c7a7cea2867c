// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <initializer_list>
#include <string>

#include "quipu/store/mongo/mongo_store.hpp"

namespace quipu {
namespace {

using testing::AllOf;
using testing::HasSubstr;

/// Opens a store where no server is.
Error open_error(const std::string& query) {
    MongoOptions options;
    options.uri = "mongodb://127.0.0.1:1/d?" + query;
    options.server_wait =
        std::chrono::minutes(10);  // beyond the test's time, unless query says less
    auto opened = open_mongo_store(std::move(options));
    return opened ? Error{ErrorCode::internal, "it opened"} : opened.error();
}

TEST(MongodbUri, OptionsThatWeakenDurabilityAreRejected) {
    struct Case {
        const char* query;
        const char* option;
        const char* right;
    };
    for (const auto& [query, option, right] : std::initializer_list<Case>{
             {"w=0", "option w: ", "w=majority"},
             {"w=1", "option w: ", "w=majority"},
             {"w=rack", "option w: ", "w=majority"},
             {"journal=false", "option journal: ", "journal=true"},
             {"readConcernLevel=local", "option readConcernLevel: ", "readConcernLevel=majority"},
             {"readPreference=secondary", "option readPreference: ", "readPreference=primary"}}) {
        const Error error = open_error(query);
        EXPECT_EQ(error.code, ErrorCode::invalid) << query;
        EXPECT_THAT(error.message, AllOf(HasSubstr(option), HasSubstr(right))) << query;
    }
}

TEST(MongodbUri, CompatibleOptionsAreAcceptedAndServerSelectionTimeoutApplies) {
    const Error error = open_error(
        "w=majority&journal=true&readConcernLevel=majority&readPreference=primary&wTimeoutMS=9&"
        "serverSelectionTimeoutMS=100");
    EXPECT_EQ(error.code, ErrorCode::unavailable) << error.message;
}

}  // namespace
}  // namespace quipu
