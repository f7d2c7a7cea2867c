// SPDX-License-Identifier: Apache-2.0
// Writers are killed at random moments; what is left must be whole.

#include <gmock/gmock.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <random>
#include <string>
#include <thread>

#include "store/mongo/support.hpp"
#include "store/support.hpp"

namespace quipu::test {
namespace {

/// This program again, as a writer.
pid_t start_writer(const std::string& database, int name) {
    std::string program = "/proc/self/exe";
    std::string first = "--quipu-writer";
    std::string second = database;
    std::string third = std::to_string(name);
    std::array<char*, 5> arguments{program.data(), first.data(), second.data(), third.data(),
                                   nullptr};
    pid_t child = 0;
    EXPECT_EQ(::posix_spawn(&child, program.c_str(), nullptr, nullptr, arguments.data(), environ),
              0);
    return child;
}

void expect_whole(Store& store) {
    EXPECT_THAT(store.verify().value(), testing::IsEmpty());
    const auto counted = store.document("counters", "shared").value();
    const std::int64_t count = counted ? std::stoll(counted->body) : 0;
    EXPECT_EQ(store.last_position(), count);
    std::int64_t seen = 0;
    for (std::int64_t after = 0; after < count;) {
        const auto records = store.read(after, 500).value();
        ASSERT_FALSE(records.empty());
        for (const auto& record : records) {
            EXPECT_EQ(record->position, ++seen);
            EXPECT_EQ(record->sequence, seen);
            after = record->position;
        }
    }
    const auto groups = store.groups().value();
    ASSERT_EQ(groups.size(), 1U);
    EXPECT_THAT(groups[0].finished_above, testing::IsEmpty());
    EXPECT_EQ(static_cast<std::int64_t>(store.documents("finished", "", "", 100'000)->size()),
              groups[0].position);
}

/// QUIPU_MONGO_KILL_ROUNDS says how often.
TEST(MongoKill, NothingIsLostOrDoneTwice) {
    const char* wanted = std::getenv("QUIPU_MONGO_KILL_ROUNDS");
    const int rounds = wanted != nullptr ? std::atoi(wanted) : 5;
    const MongoDatabase database;
    ASSERT_TRUE(open_mongo_store(database.options()).value()->open_group("g", true));
    const auto seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    std::int64_t before = 0;
    for (int round = 0; round < rounds && !testing::Test::HasFailure(); ++round) {
        std::array<pid_t, 2> writers{};
        for (int name = 0; name < 2; ++name) {
            writers[static_cast<std::size_t>(name)] = start_writer(database.name(), name);
        }
        auto store = open_mongo_store(database.options()).value();
        store->wait_beyond(before, std::chrono::seconds(60));
        std::this_thread::sleep_for(std::chrono::milliseconds(random() % 1500));
        for (const pid_t writer : writers) {
            std::this_thread::sleep_for(std::chrono::milliseconds(random() % 300));
            ::kill(writer, SIGKILL);
            int status = 0;
            ASSERT_EQ(::waitpid(writer, &status, 0), writer);
            EXPECT_TRUE(WIFSIGNALED(status)) << "the writer found a broken promise";
        }
        store.reset();
        store = open_mongo_store(database.options()).value();
        expect_whole(*store);
        before = store->last_position();
    }
    EXPECT_GT(before, 0);
}

}  // namespace
}  // namespace quipu::test
