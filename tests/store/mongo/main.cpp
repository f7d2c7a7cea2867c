// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>

#include "store/mongo/child.hpp"
#include "store/mongo/support.hpp"

int main(int argc, char** argv) {
    if (argc == 4 && std::string_view(argv[1]) == "--quipu-writer") {
        return quipu::test::run_mongo_child(argv[2], std::stoi(argv[3]));
    }
    ::setenv("QUIPU_TEST_STORE", "mongo", 1);
    testing::InitGoogleTest(&argc, argv);
    if (quipu::test::mongo_uri().empty() && !testing::GTEST_FLAG(list_tests)) {
        // In the words that ctest takes for a skipped test.
        std::cout << "[  SKIPPED ] QUIPU_TEST_MONGO names no MongoDB server\n";
        return 0;
    }
    return RUN_ALL_TESTS();
}
