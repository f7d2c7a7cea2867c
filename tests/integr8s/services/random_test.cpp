// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <random>

#include "integr8s/services/system.hpp"

namespace integr8s::testing {
namespace {

/// Random requests, cancellations, failures of the runtime, changes of priority, terminal events
/// from outside and restarts; then everything has to have ended, once, with nothing left over.
class ServicesRandom : public ::testing::TestWithParam<unsigned> {
  protected:
    static constexpr std::size_t slots = 3;

    std::size_t pick(std::size_t below) {
        return std::uniform_int_distribution<std::size_t>{0, below - 1}(engine_);
    }

    void submit(System& system) {
        static constexpr std::array scripts{"exit 0",  "print x", "exit 1", "signal 9", "oom",
                                            "timeout", "broken",  "hang",   "hang"};
        ids_.push_back(system.submit(scripts.at(pick(scripts.size())),
                                     static_cast<QueuePriority>(pick(5)),
                                     pick(2) == 0 ? "python" : "bash"));
    }

    void act(System& system) {
        const std::size_t what = pick(10);
        if (ids_.empty() || what < 4) {
            submit(system);
            return;
        }
        const std::string& id = ids_[pick(ids_.size())];
        if (what < 6) {
            static_cast<void>(system.service->cancel(id, "ada"));
        } else if (what == 6) {
            system.pods.finish(pod_name_of(id), pick(2) == 0 ? "exit 0" : "exit 7");
        } else if (what == 7) {
            static_cast<void>(
                system.service->set_priority(id, static_cast<QueuePriority>(pick(5))));
        } else if (what == 8) {
            system.pods.fail_starts(
                pick(3), pick(2) == 0 ? quipu::ErrorCode::busy : quipu::ErrorCode::invalid);
        } else {
            system.pods.fail_removes(pick(3));
        }
    }

    /// Whatever still hangs is finished, until everything has ended.
    [[nodiscard]] bool finish_all(System& system) {
        return system.wait([&] {
            for (const std::string& id : ids_) system.pods.finish(pod_name_of(id), "exit 0");
            for (const std::string& id : ids_) {
                if (!is_end(system.service->get(id)->status)) return false;
            }
            return true;
        });
    }

    static void expect_slots_have_sagas(System& system) {
        const auto held = system.rows<SlotRow>();
        EXPECT_LE(held.size(), slots);
        EXPECT_LE(system.count<AllocationRow>(), slots);
    }

    std::mt19937 engine_{GetParam()};
    std::vector<std::string> ids_;
};

TEST_P(ServicesRandom, RandomLoadLosesLeaksAndDoublesNothing) {
    TempDirectory directory;
    const SystemOptions options{
        .groups = {.coordinator = {.max_running = slots}, .monitor = {.max_attempts = 100}},
        .max_retries = 50};
    for (int life = 0; life < 3; ++life) {
        System system{directory.file(), options};
        system.run();
        const std::size_t actions = 30 + pick(30);
        for (std::size_t index = 0; index < actions; ++index) {
            act(system);
            if (index % 5 == 0) expect_slots_have_sagas(system);
        }
        system.stop();
        EXPECT_LE(system.pods.most_alive(), slots);
    }
    System system{directory.file(), options};
    system.run();
    ASSERT_TRUE(finish_all(system));
    ASSERT_TRUE(system.settle());
    EXPECT_EQ(system.count<ExecutionRow>(), ids_.size());
    expect_sound(system, slots);
}

INSTANTIATE_TEST_SUITE_P(Seeds, ServicesRandom, ::testing::Range(1U, 9U));

}  // namespace
}  // namespace integr8s::testing
