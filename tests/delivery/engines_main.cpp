// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <iostream>

#include "delivery/engines.hpp"

// A main of their own for tests on the engines that the environment names.
int main(int argc, char** argv) {
    testing::InitGoogleTest(&argc, argv);
    const std::string missing = quipu::delivery_test::Engines::missing();
    if (!missing.empty() && !testing::GTEST_FLAG(list_tests)) {
        // In the words that ctest takes for a skipped test.
        std::cout << "[  SKIPPED ] " << missing << " names no server; tools/servers starts one\n";
        return 0;
    }
    return RUN_ALL_TESTS();
}
