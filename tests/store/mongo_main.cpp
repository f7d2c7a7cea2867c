#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>

#include "store/mongo_support.hpp"

int main(int argc, char** argv) {
    ::setenv("QUIPU_TEST_STORE", "mongo", 1);
    testing::InitGoogleTest(&argc, argv);
    if (quipu::test::mongo_uri().empty() && !testing::GTEST_FLAG(list_tests)) {
        // In the words that ctest takes for a skipped test.
        std::cout << "[  SKIPPED ] QUIPU_TEST_MONGO names no MongoDB server\n";
        return 0;
    }
    return RUN_ALL_TESTS();
}
