// SPDX-License-Identifier: Apache-2.0
#include "quipu/event/id.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace {

constexpr std::size_t id_size = 36;

TEST(Id, IsAUuidOfVersionSeven) {
    for (int i = 0; i < 10'000; ++i) {
        const std::string id = quipu::new_id();
        ASSERT_TRUE(quipu::is_uuid(id)) << id;
        ASSERT_EQ(id[14], '7');
        ASSERT_NE(std::string("89ab").find(id[19]), std::string::npos);
    }
}

TEST(Id, StartsWithTheTime) {
    using namespace std::chrono;
    const auto clock = [] {
        return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
    };
    const auto before = clock();
    const std::string id = quipu::new_id();
    const auto made = std::stoll(id.substr(0, 8) + id.substr(9, 4), nullptr, 16);
    EXPECT_GE(made, before);
    EXPECT_LE(made, clock() + 1);
}

TEST(Id, GrowsStrictly) {
    std::string last = quipu::new_id();
    for (int i = 0; i < 200'000; ++i) {
        std::string next = quipu::new_id();
        ASSERT_LT(last, next);
        last = std::move(next);
    }
}

TEST(Id, IsUniqueAcrossThreadsAndGrowsInEach) {
    constexpr std::size_t each = 20'000;
    std::vector<std::vector<std::string>> made(8);
    {
        std::vector<std::jthread> threads;
        for (auto& ids : made) {
            threads.emplace_back([&ids] {
                for (std::size_t i = 0; i < each; ++i) ids.push_back(quipu::new_id());
            });
        }
    }
    std::vector<std::string> all;
    for (const auto& ids : made) {
        EXPECT_TRUE(std::is_sorted(ids.begin(), ids.end()));
        all.insert(all.end(), ids.begin(), ids.end());
    }
    std::sort(all.begin(), all.end());
    EXPECT_EQ(std::adjacent_find(all.begin(), all.end()), all.end());
}

/// Ids that a new process makes right after fork().
std::vector<std::string> ids_of_a_child(std::size_t count) {
    int ends[2];
    if (pipe(ends) != 0) return {};
    const pid_t child = fork();
    if (child == 0) {
        alarm(60);  // not inherited; a child that hangs fails its test
        std::string out;
        for (std::size_t i = 0; i < count; ++i) out += quipu::new_id();
        const bool written =
            write(ends[1], out.data(), out.size()) == static_cast<ssize_t>(out.size());
        _exit(written ? 0 : 1);
    }
    close(ends[1]);
    std::string text(count * id_size, '\0');
    std::size_t used = 0;
    while (used < text.size()) {
        const ssize_t got = read(ends[0], text.data() + used, text.size() - used);
        if (got <= 0) break;
        used += static_cast<std::size_t>(got);
    }
    close(ends[0]);
    int status = 0;
    waitpid(child, &status, 0);
    std::vector<std::string> ids;
    for (std::size_t at = 0; at + id_size <= used; at += id_size)
        ids.push_back(text.substr(at, id_size));
    return ids;
}

TEST(Id, TheRandomPartDiffersInEveryProcess) {
    constexpr std::size_t each = 500;
    std::set<std::string> randoms;
    std::size_t count = 0;
    const auto add = [&](const std::string& id) {
        randoms.insert(id.substr(24));
        ++count;
    };
    add(quipu::new_id());
    for (int process = 0; process < 10; ++process) {
        const auto ids = ids_of_a_child(each);
        ASSERT_EQ(ids.size(), each);
        for (const std::string& id : ids) add(id);
        for (std::size_t i = 0; i < each; ++i) add(quipu::new_id());
    }
    EXPECT_EQ(randoms.size(), count);
}

TEST(Id, SurvivesAForkWhileOthersMakeIds) {
    std::jthread busy([](const std::stop_token& stop) {
        while (!stop.stop_requested()) static_cast<void>(quipu::new_id());
    });
    for (int i = 0; i < 50; ++i) ASSERT_EQ(ids_of_a_child(3).size(), 3U);
}

// In processes that have made no id yet, so that the fork meets the first use.
TEST(Id, SurvivesAForkDuringTheFirstUse) {
    for (int i = 0; i < 200; ++i) {
        const pid_t child = fork();
        if (child == 0) {
            alarm(60);
            std::jthread busy([] { static_cast<void>(quipu::new_id()); });
            const bool made = ids_of_a_child(1).size() == 1;
            busy.join();
            _exit(made ? 0 : 1);
        }
        int status = 0;
        waitpid(child, &status, 0);
        ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
    }
}

TEST(Id, KnowsTheFormOfAUuid) {
    EXPECT_TRUE(quipu::is_uuid("cd613e30-d8f1-4adf-91b7-584a2265b1f5"));
    EXPECT_TRUE(quipu::is_uuid("CD613E30-D8F1-4ADF-91B7-584A2265B1F5"));
    for (const char* text :
         {"", "cd613e30-d8f1-4adf-91b7-584a2265b1f", "cd613e30d8f14adf91b7584a2265b1f5",
          "cd613e30-d8f1-4adf-91b7-584a2265b1f55", "cd613e30_d8f1-4adf-91b7-584a2265b1f5",
          "gd613e30-d8f1-4adf-91b7-584a2265b1f5", "{d613e30-d8f1-4adf-91b7-584a2265b1f}"}) {
        EXPECT_FALSE(quipu::is_uuid(text)) << text;
    }
}

}  // namespace
