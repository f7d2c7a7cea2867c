// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "integr8s/services/system.hpp"

namespace integr8s::testing {
namespace {

using ::testing::ElementsAre;

GroupSettings with_slots(std::size_t slots, std::size_t waiting = 10'000) {
    return {.coordinator = {.max_running = slots, .max_waiting = waiting}};
}

/// Ids in the order in which they got their slots.
std::vector<std::string> granted(System& system) {
    std::vector<std::string> ids;
    for (const quipu::RecordPtr& record : system.log()) {
        if (record->event_type == AllocateResourcesCommand::event_type) ids.push_back(record->key);
    }
    return ids;
}

void run_of_one_language(int executions) {
    TempDirectory directory;
    System system{directory.file()};
    system.run();
    std::vector<std::string> ids;
    for (int index = 0; index < executions; ++index) ids.push_back(system.submit("print x"));
    ASSERT_TRUE(system.settle());
    for (const std::string& id : ids) {
        ASSERT_EQ(system.service->get(id)->status, ExecutionStatus::completed);
    }
    expect_sound(system, 10);
}

TEST(ServicesQueue, FiveHundredExecutionsOfOneLanguageLeakNothing) {
    run_of_one_language(500);
}

// The limit of allocations is 100; for engines on which five hundred take too long.
TEST(ServicesQueue, MoreExecutionsThanAllocationsLeakNothing) {
    run_of_one_language(120);
}

TEST(ServicesQueue, OrderIsByPriorityThenByArrival) {
    TempDirectory directory;
    System system{directory.file(), {.groups = with_slots(1)}};
    const std::string first = system.submit("hang");
    const std::string low = system.submit("exit 0", QueuePriority::low);
    const std::string normal_1 = system.submit("exit 0");
    const std::string background = system.submit("exit 0", QueuePriority::background);
    const std::string normal_2 = system.submit("exit 0", QueuePriority::normal);
    const std::string critical = system.submit("exit 0", QueuePriority::critical);
    const std::string high = system.submit("exit 0", QueuePriority::high);
    system.run();
    ASSERT_TRUE(system.wait([&] { return system.count<QueueEntry>() == 6; }));
    ASSERT_TRUE(system.wait_for_status(first, ExecutionStatus::running));
    EXPECT_EQ(system.event<ExecutionQueued>(normal_2)->data.position_in_queue, 1);
    EXPECT_EQ(system.event<ExecutionAccepted>(low)->data.queue_position, 0);
    EXPECT_EQ(system.event<ExecutionAccepted>(background)->data.queue_position, 2);
    EXPECT_FALSE(system.event<ExecutionQueued>(first));
    ASSERT_TRUE(system.pods.finish(pod_name_of(first), "exit 0"));
    ASSERT_TRUE(system.settle());
    EXPECT_THAT(granted(system),
                ElementsAre(first, critical, high, normal_1, normal_2, low, background));
    expect_sound(system, 1);
}

TEST(ServicesQueue, NeverMorePodsThanSlots) {
    TempDirectory directory;
    System system{directory.file(), {.groups = with_slots(3), .max_retries = 1000}};
    std::vector<std::string> ids;
    for (int index = 0; index < 24; ++index) ids.push_back(system.submit("hang"));
    system.run();
    ASSERT_TRUE(system.wait_for_status(ids[2], ExecutionStatus::running));
    for (std::size_t index = 0; index < ids.size(); ++index) {
        ASSERT_TRUE(system.wait_for_status(ids[index], ExecutionStatus::running));
        if (index % 2 == 0) {
            ASSERT_TRUE(system.pods.finish(pod_name_of(ids[index]), "exit 0"));
        } else {
            // The pod outlives its execution for a while; its slot is not free before.
            system.pods.fail_removes(3);
            ASSERT_TRUE(system.service->cancel(ids[index], "ada"));
        }
    }
    ASSERT_TRUE(system.settle());
    EXPECT_EQ(system.pods.most_alive(), 3U);
    expect_sound(system, 3);
}

TEST(ServicesQueue, FullQueueFailsTheRequest) {
    TempDirectory directory;
    System system{directory.file(), {.groups = with_slots(1, 2)}};
    std::vector<std::string> ids;
    for (int index = 0; index < 4; ++index) ids.push_back(system.submit("hang"));
    system.run();
    ASSERT_TRUE(system.wait_for_status(ids[3], ExecutionStatus::failed));
    EXPECT_EQ(system.service->get(ids[3])->error_type, ExecutionErrorType::resource_limit);
    EXPECT_THAT(system.service->result(ids[3])->stderr_bytes, ::testing::HasSubstr("full"));
    for (int index = 0; index < 3; ++index) {
        ASSERT_TRUE(
            system.wait_for_status(ids[static_cast<std::size_t>(index)], ExecutionStatus::running));
        system.pods.finish(pod_name_of(ids[static_cast<std::size_t>(index)]), "exit 0");
    }
    ASSERT_TRUE(system.settle());
    EXPECT_EQ(system.times(ids[3], "allocate_resources_command"), 0U);
    expect_sound(system, 1);
}

TEST(ServicesQueue, RedeliveredRequestTakesNoSlot) {
    TempDirectory directory;
    System system{directory.file()};
    const ExecutionRequested request = System::raw_request("e-1", "print x");
    system.publish(request);
    system.run();
    ASSERT_TRUE(system.wait_for_status("e-1", ExecutionStatus::completed));
    ASSERT_TRUE(system.settle());
    system.publish(request);
    system.publish(request);
    ASSERT_TRUE(system.settle());
    EXPECT_EQ(system.times("e-1", "allocate_resources_command"), 1U);
    EXPECT_EQ(system.pods.starts(pod_name_of("e-1")), 1U);
    expect_sound(system, 10);
}

TEST(ServicesQueue, PriorityOfAWaitingExecutionCanChange) {
    TempDirectory directory;
    System system{directory.file(), {.groups = with_slots(1)}};
    const std::string first = system.submit("hang");
    const std::string early = system.submit("exit 0", QueuePriority::low);
    const std::string middle = system.submit("exit 0", QueuePriority::high);
    const std::string late = system.submit("exit 0", QueuePriority::high);
    system.run();
    ASSERT_TRUE(system.wait([&] { return system.count<QueueEntry>() == 3; }));
    const auto moved = system.service->set_priority(early, QueuePriority::high);
    ASSERT_TRUE(moved) << moved.error().message;
    EXPECT_EQ(moved->priority, QueuePriority::high);
    ASSERT_TRUE(system.wait_for_status(first, ExecutionStatus::running));
    EXPECT_EQ(system.service->set_priority(first, QueuePriority::high).error().code,
              quipu::ErrorCode::conflict);
    EXPECT_EQ(system.service->set_priority("nobody", QueuePriority::high).error().code,
              quipu::ErrorCode::not_found);
    system.pods.finish(pod_name_of(first), "exit 0");
    ASSERT_TRUE(system.settle());
    // It keeps its order of arrival, so it comes before those that came later.
    EXPECT_THAT(granted(system), ElementsAre(first, early, middle, late));
    expect_sound(system, 1);
}

TEST(ServicesQueue, SlotsAddedByARestartAreUsed) {
    TempDirectory directory;
    std::vector<std::string> ids;
    {
        System system{directory.file(), {.groups = with_slots(1)}};
        for (int index = 0; index < 3; ++index) ids.push_back(system.submit("hang"));
        system.run();
        ASSERT_TRUE(system.wait_for_status(ids[0], ExecutionStatus::running));
        ASSERT_TRUE(system.wait([&] { return system.count<QueueEntry>() == 2; }));
    }
    System system{directory.file(), {.groups = with_slots(3)}};
    system.run();
    for (const std::string& id : ids) {
        ASSERT_TRUE(system.wait_for_status(id, ExecutionStatus::running));
        ASSERT_TRUE(system.wait([&] { return system.pods.finish(pod_name_of(id), "exit 0"); }));
    }
    ASSERT_TRUE(system.settle());
    expect_sound(system, 3);
}

}  // namespace
}  // namespace integr8s::testing
