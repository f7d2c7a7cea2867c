// SPDX-License-Identifier: Apache-2.0
// Which record may be handled next: in order within a key, not twice at once, and none forgotten.
#include "quipu/delivery/group/scheduler.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <string>

namespace quipu::delivery_test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr Time start{};

Task task(std::int64_t position, const std::string& key = "key") {
    auto made = std::make_shared<Record>();
    made->position = position;
    made->event_id = "id-" + std::to_string(position);
    made->key = key;
    return {.record = made};
}

Parked entry(std::int64_t position, Time due = start, std::vector<Attempt> attempts = {},
             const std::string& key = "key") {
    return {.group = "group",
            .position = position,
            .key = key,
            .due_at = due,
            .attempts = std::move(attempts)};
}

Parked held(std::int64_t position, const std::string& key = "key") {
    return entry(position, Parked::never, {{start + 1s, "failed"}}, key);
}

std::vector<std::int64_t> positions(const std::vector<Task>& tasks) {
    std::vector<std::int64_t> all;
    for (const Task& each : tasks) all.push_back(each.position());
    return all;
}

std::vector<Parked> settle_all(Scheduler& scheduler, std::vector<Task> tasks, Settled::What what,
                               Time now = start) {
    std::vector<Settled> settled;
    for (Task& each : tasks) settled.push_back({std::move(each), what});
    return scheduler.settle(std::move(settled), now);
}

/// Takes everything that may run and finishes it, until nothing may.
std::vector<std::int64_t> run_all(Scheduler& scheduler, Time now = start) {
    std::vector<std::int64_t> order;
    while (true) {
        auto tasks = scheduler.take(10, now);
        if (tasks.empty()) return order;
        for (const std::int64_t position : positions(tasks)) order.push_back(position);
        EXPECT_THAT(settle_all(scheduler, std::move(tasks), Settled::What::gone, now), IsEmpty());
    }
}

/// Parks the first record that is handed out.
void park_first(Scheduler& scheduler, const Parked& parked, Time now = start) {
    auto tasks = scheduler.take(1, now);
    ASSERT_THAT(positions(tasks), ElementsAre(parked.position));
    tasks.front().parked = parked;
    static_cast<void>(settle_all(scheduler, std::move(tasks), Settled::What::parked, now));
}

TEST(Scheduler, RecordsOfOneKeyAreNotHandedOutWhileOneIsBeingHandled) {
    Scheduler scheduler("group", {});
    ASSERT_FALSE(scheduler.add(task(1), start));
    auto first = scheduler.take(10, start);
    EXPECT_THAT(positions(first), ElementsAre(1));
    ASSERT_FALSE(scheduler.add(task(2), start));
    ASSERT_FALSE(scheduler.add(task(3, "other"), start));
    EXPECT_THAT(positions(scheduler.take(10, start)), ElementsAre(3)) << "another key goes on";
    static_cast<void>(settle_all(scheduler, std::move(first), Settled::What::gone));
    EXPECT_THAT(positions(scheduler.take(10, start)), ElementsAre(2));
}

TEST(Scheduler, ReturnedTasksAreHandedOutAgainInOrder) {
    Scheduler scheduler("group", {});
    for (const std::int64_t position : {1, 2, 3}) {
        ASSERT_FALSE(scheduler.add(task(position), start));
    }
    auto tasks = scheduler.take(10, start);
    ASSERT_FALSE(scheduler.add(task(4), start));
    static_cast<void>(settle_all(scheduler, std::move(tasks), Settled::What::returned));
    EXPECT_THAT(run_all(scheduler), ElementsAre(1, 2, 3, 4));
}

TEST(Scheduler, LastTasksOfAKeyMayBeReturnedBeforeTheFirstIsSettled) {
    Scheduler scheduler("group", {});
    for (const std::int64_t position : {1, 2, 3}) {
        ASSERT_FALSE(scheduler.add(task(position), start));
    }
    auto tasks = scheduler.take(10, start);
    std::vector<Task> rest{tasks[1], tasks[2]};
    tasks.resize(1);
    static_cast<void>(settle_all(scheduler, std::move(rest), Settled::What::returned));
    EXPECT_THAT(scheduler.take(10, start), IsEmpty()) << "the first one is still being handled";
    static_cast<void>(settle_all(scheduler, std::move(tasks), Settled::What::gone));
    EXPECT_THAT(run_all(scheduler), ElementsAre(2, 3));
}

TEST(Scheduler, SerialTasksComeInLogOrderAcrossKeys) {
    Scheduler scheduler("group", {.serial = true});
    for (const std::int64_t position : {1, 2, 3, 4, 5}) {
        ASSERT_FALSE(scheduler.add(task(position, position % 2 == 0 ? "even" : "odd"), start));
    }
    EXPECT_THAT(positions(scheduler.take(4, start)), ElementsAre(1, 2, 3, 4));
}

TEST(Scheduler, NewRecordsAreSharedOutAmongTheWorkers) {
    Scheduler scheduler("group", {.workers = 4});
    for (std::int64_t position = 1; position <= 8; ++position) {
        ASSERT_FALSE(scheduler.add(task(position, std::to_string(position)), start));
    }
    EXPECT_THAT(positions(scheduler.take(64, start)), ElementsAre(1, 2));
}

TEST(Scheduler, RecordBehindAParkedOneIsParkedToo) {
    Scheduler scheduler("group", {});
    scheduler.add_parked(entry(1, start + 1h, {{start, "failed"}}));
    const auto behind = scheduler.add(task(2), start);
    ASSERT_TRUE(behind);
    EXPECT_EQ(behind->position, 2);
    EXPECT_THAT(behind->attempts, IsEmpty());
    EXPECT_THAT(scheduler.take(10, start), IsEmpty());
    EXPECT_EQ(scheduler.parked(), 2U);
    EXPECT_THAT(run_all(scheduler, start + 1h), ElementsAre(1, 2)) << "behind it, in order";
    EXPECT_EQ(scheduler.parked(), 0U);
}

TEST(Scheduler, RecordsReadWhileTheirKeyIsBeingParkedArePutBehindIt) {
    Scheduler scheduler("group", {});
    ASSERT_FALSE(scheduler.add(task(1), start));
    auto tasks = scheduler.take(10, start);
    ASSERT_FALSE(scheduler.add(task(2), start));
    tasks.front().parked = entry(1, start + 1h, {{start, "failed"}});
    const auto behind = settle_all(scheduler, std::move(tasks), Settled::What::parked);
    ASSERT_EQ(behind.size(), 1U);
    EXPECT_EQ(behind.front().position, 2);
    EXPECT_THAT(run_all(scheduler, start + 1h), ElementsAre(1, 2));
}

TEST(Scheduler, HeldKeyWaitsUntilItsRecordIsMadeDue) {
    Scheduler scheduler("group", {});
    ASSERT_FALSE(scheduler.add(task(1), start));
    park_first(scheduler, held(1));
    ASSERT_TRUE(scheduler.add(task(2), start));
    ASSERT_FALSE(scheduler.add(task(3, "other"), start));
    EXPECT_EQ(scheduler.held_keys(), 1U);
    EXPECT_THAT(scheduler.held_positions(), ElementsAre(1));
    EXPECT_EQ(scheduler.oldest_hold(), start + 1s);
    EXPECT_EQ(scheduler.next_due(), std::nullopt);
    EXPECT_THAT(run_all(scheduler, start + 24h), ElementsAre(3)) << "other keys go on";
    scheduler.add_parked(entry(1));
    EXPECT_EQ(scheduler.held_keys(), 0U);
    EXPECT_THAT(run_all(scheduler), ElementsAre(1, 2));
}

TEST(Scheduler, RemovingTheRecordThatHoldsAKeyLetsTheKeyGoOn) {
    Scheduler scheduler("group", {});
    scheduler.add_parked(held(1));
    ASSERT_TRUE(scheduler.add(task(2), start));
    EXPECT_TRUE(scheduler.remove_parked(1, start));
    EXPECT_THAT(run_all(scheduler), ElementsAre(2));
    EXPECT_FALSE(scheduler.remove_parked(1, start)) << "it is gone";
}

TEST(Scheduler, RetryThatIsMadeDueRunsAtOnce) {
    Scheduler scheduler("group", {});
    scheduler.add_parked(entry(1, start + 1h, {{start, "failed"}}));
    scheduler.add_parked(entry(2, start + 2h, {{start, "failed"}}, "other"));
    scheduler.add_parked(held(3, "third"));
    EXPECT_TRUE(scheduler.make_due(2, start));
    EXPECT_FALSE(scheduler.make_due(3, start)) << "it is held";
    EXPECT_FALSE(scheduler.make_due(4, start)) << "it is not there";
    EXPECT_EQ(scheduler.next_due(), start);
    const auto tasks = scheduler.take(10, start);
    EXPECT_THAT(positions(tasks), ElementsAre(2));
    EXPECT_EQ(tasks.front().parked->attempts.size(), 1U);
    EXPECT_FALSE(scheduler.make_due(2, start)) << "it is being handled";
}

TEST(Scheduler, RecordThatIsHeldAgainKeepsItsPlace) {
    Scheduler scheduler("group", {});
    scheduler.add_parked(entry(1));
    scheduler.add_parked(entry(2));
    park_first(scheduler, held(1));
    EXPECT_THAT(run_all(scheduler, start + 24h), IsEmpty());
    scheduler.add_parked(entry(1));
    EXPECT_THAT(run_all(scheduler), ElementsAre(1, 2));
}

TEST(Scheduler, RequeuedEarlierRecordRunsBeforeAWaitingOneOfItsKey) {
    Scheduler scheduler("group", {});
    ASSERT_FALSE(scheduler.add(task(2), start));
    scheduler.add_parked(entry(1));
    ASSERT_FALSE(scheduler.add(task(3), start)) << "parked, it would come before the second";
    EXPECT_THAT(run_all(scheduler), ElementsAre(1, 2, 3));
}

TEST(Scheduler, RequeuedWhileItsKeyIsBeingHandledRunsAfterwards) {
    Scheduler scheduler("group", {});
    ASSERT_FALSE(scheduler.add(task(2), start));
    auto tasks = scheduler.take(10, start);
    scheduler.add_parked(entry(1));
    EXPECT_THAT(scheduler.take(10, start), IsEmpty());
    static_cast<void>(settle_all(scheduler, std::move(tasks), Settled::What::returned));
    EXPECT_EQ(scheduler.parked(), 2U) << "what was returned waits behind it";
    EXPECT_THAT(run_all(scheduler), ElementsAre(1, 2));
}

TEST(Scheduler, DueRetriesAndNewRecordsTakeTurns) {
    Scheduler scheduler("group", {});
    for (std::int64_t position = 1; position <= 3; ++position) {
        scheduler.add_parked(entry(position, start, {{start, "failed"}}));
        ASSERT_FALSE(scheduler.add(task(10 + position, std::to_string(position)), start));
    }
    std::vector<std::int64_t> order;
    for (int turn = 0; turn < 6; ++turn) {
        auto tasks = scheduler.take(1, start);
        ASSERT_EQ(tasks.size(), 1U);
        order.push_back(tasks.front().position());
        static_cast<void>(settle_all(scheduler, std::move(tasks), Settled::What::gone));
    }
    EXPECT_THAT(order, ElementsAre(1, 11, 2, 12, 3, 13));
}

TEST(Scheduler, SuspectsAreHandledAlone) {
    Scheduler scheduler("group", {});
    for (std::int64_t position = 1; position <= 3; ++position) {
        ASSERT_FALSE(scheduler.add(task(position, std::to_string(position)), start));
    }
    scheduler.suspect(2);
    auto first = scheduler.take(10, start);
    EXPECT_THAT(positions(first), ElementsAre(1));
    EXPECT_THAT(scheduler.take(10, start), IsEmpty()) << "the first one is being handled";
    static_cast<void>(settle_all(scheduler, std::move(first), Settled::What::gone));
    EXPECT_THAT(positions(scheduler.take(10, start)), ElementsAre(2));
    EXPECT_FALSE(scheduler.suspicious());
    EXPECT_THAT(positions(scheduler.take(10, start)), ElementsAre(3));
}

TEST(Scheduler, IsolatedTasksAreHandedOutOneByOne) {
    Scheduler scheduler("group", {});
    for (std::int64_t position = 1; position <= 3; ++position) {
        ASSERT_FALSE(scheduler.add(task(position, std::to_string(position)), start));
    }
    scheduler.isolate(2);
    EXPECT_THAT(positions(scheduler.take(10, start)), ElementsAre(1));
    EXPECT_THAT(positions(scheduler.take(10, start)), ElementsAre(2));
    EXPECT_THAT(positions(scheduler.take(10, start)), ElementsAre(3));
}

TEST(Scheduler, TakenBackRecordsAreNotHandedOut) {
    Scheduler scheduler("group", {});
    ASSERT_FALSE(scheduler.add(task(1), start));
    ASSERT_FALSE(scheduler.add(task(2), start));
    auto first = scheduler.take(1, start);
    EXPECT_THAT(scheduler.take_back({1, 2}), ElementsAre(2)) << "the first is being handled";
    static_cast<void>(settle_all(scheduler, std::move(first), Settled::What::gone));
    EXPECT_THAT(scheduler.take(10, start), IsEmpty());
}

TEST(Scheduler, ParkedRecordsOfAPartitionAreForgottenExceptWhileTheyAreHandled) {
    Scheduler scheduler("group", {});
    scheduler.add_parked(entry(1));
    scheduler.add_parked(entry(2, start + 1h, {{start, "failed"}}, "other"));
    auto first = scheduler.take(10, start);
    ASSERT_THAT(positions(first), ElementsAre(1));
    const auto all = [](const Parked&) { return true; };
    EXPECT_FALSE(scheduler.remove_parked_if(all));
    EXPECT_EQ(scheduler.parked(), 1U);
    static_cast<void>(settle_all(scheduler, std::move(first), Settled::What::returned));
    EXPECT_TRUE(scheduler.remove_parked_if(all));
    EXPECT_EQ(scheduler.parked(), 0U);
}

TEST(Scheduler, OnlyTheFirstParkedRecordsOfAKeyAreKeptInMemory) {
    Scheduler scheduler("group", {.lane_memory = 2});
    for (std::int64_t position = 1; position <= 5; ++position) {
        scheduler.add_parked(entry(position));
    }
    EXPECT_EQ(scheduler.parked(), 5U);
    EXPECT_EQ(scheduler.next_load(), std::nullopt) << "two are at hand";
    auto tasks = scheduler.take(10, start);
    EXPECT_THAT(positions(tasks), ElementsAre(1, 2));
    static_cast<void>(settle_all(scheduler, std::move(tasks), Settled::What::gone));
    EXPECT_THAT(scheduler.take(10, start), IsEmpty()) << "the store has the next ones";
    const auto load = scheduler.next_load();
    ASSERT_TRUE(load);
    EXPECT_EQ(load->after, 2);
    EXPECT_EQ(scheduler.next_load(), std::nullopt) << "it is being loaded";
    ASSERT_TRUE(scheduler.add(task(6), start)) << "parked behind those that are being loaded";
    scheduler.loaded(*load, {entry(3), entry(4), entry(5)}, 5, true, start);
    EXPECT_EQ(scheduler.parked(), 4U);
    tasks = scheduler.take(10, start);
    EXPECT_THAT(positions(tasks), ElementsAre(3, 4, 5));
    static_cast<void>(settle_all(scheduler, std::move(tasks), Settled::What::gone));
    const auto rest = scheduler.next_load();
    ASSERT_TRUE(rest);
    scheduler.loaded(*rest, {entry(6)}, 6, true, start);
    EXPECT_THAT(run_all(scheduler), ElementsAre(6));
    EXPECT_EQ(scheduler.parked(), 0U);
}

TEST(Scheduler, RecordsThatTheStoreNoLongerHasAreNotWaitedFor) {
    Scheduler scheduler("group", {.lane_memory = 1});
    for (std::int64_t position = 1; position <= 3; ++position) {
        scheduler.add_parked(entry(position));
    }
    auto tasks = scheduler.take(10, start);
    static_cast<void>(settle_all(scheduler, std::move(tasks), Settled::What::gone));
    const auto load = scheduler.next_load();
    ASSERT_TRUE(load);
    scheduler.loaded(*load, {}, load->after, true, start);
    EXPECT_EQ(scheduler.parked(), 0U);
    EXPECT_FALSE(scheduler.add(task(4), start)) << "nothing of its key is parked";
}

TEST(Scheduler, KeyWhoseParkedRecordsAreNotStoredYetIsAskedForAgainLater) {
    Scheduler scheduler("group", {.lane_memory = 1});
    scheduler.add_parked(entry(1));
    ASSERT_TRUE(scheduler.add(task(2), start));
    static_cast<void>(settle_all(scheduler, scheduler.take(10, start), Settled::What::gone));
    const auto load = scheduler.next_load();
    ASSERT_TRUE(load);
    scheduler.loaded(*load, {}, load->after, false, start);
    EXPECT_EQ(scheduler.next_load(), std::nullopt) << "nothing has changed";
    scheduler.resume_loads();
    const auto again = scheduler.next_load();
    ASSERT_TRUE(again);
    scheduler.loaded(*again, {entry(2)}, 2, true, start);
    EXPECT_THAT(run_all(scheduler), ElementsAre(2));
}

/// What the store would know, and what a handler has seen.
class Model {
  public:
    explicit Model(std::uint32_t seed)
        : random_(seed),
          scheduler_("group", {.serial = random_() % 4 == 0,
                               .workers = 1 + random_() % 3,
                               .lane_memory = 1 + random_() % 4}) {}

    void run() {
        for (int step = 0; step < 400; ++step) {
            switch (random_() % 8) {
                case 0:
                case 1:
                case 2: read(); break;
                case 3:
                case 4: take(); break;
                case 5: settle(); break;
                case 6: decide(); break;
                default: now_ += std::chrono::milliseconds{random_() % 50}; break;
            }
            load();
        }
        finish();
        for (const auto& [key, seen] : handled_) {
            EXPECT_TRUE(std::ranges::is_sorted(seen)) << "the order of key " << key;
        }
        EXPECT_EQ(done_, read_) << "each record is finished once";
        EXPECT_THAT(stored_, IsEmpty());
        EXPECT_EQ(scheduler_.parked(), 0U);
        EXPECT_EQ(scheduler_.out(), 0U);
    }

  private:
    void read() {
        const std::string key(1, static_cast<char>('a' + random_() % 5));
        ++read_;
        if (auto behind = scheduler_.add(task(++last_, key), now_)) store(*behind);
    }
    void take() {
        auto tasks = scheduler_.take(1 + random_() % 6, now_);
        if (tasks.empty()) return;
        for (const Task& each : tasks) {
            EXPECT_EQ(busy_[each.key()], 0) << "handed out while its key is being handled";
        }
        for (const Task& each : tasks) ++busy_[each.key()];
        units_.push_back(std::move(tasks));
    }
    void settle() {
        if (units_.empty()) return;
        auto tasks = std::move(units_.front());
        units_.erase(units_.begin());
        const bool refused = random_() % 5 == 0;
        std::vector<Settled> settled;
        std::set<std::string> blocked;
        for (Task& each : tasks) {
            --busy_[each.key()];
            Settled one{std::move(each), Settled::What::returned};
            if (!refused) settle_one(one, blocked);
            settled.push_back(std::move(one));
        }
        for (const Parked& behind : scheduler_.settle(std::move(settled), now_)) store(behind);
    }
    void settle_one(Settled& one, std::set<std::string>& blocked) {
        const std::string key = one.task.key();
        const std::int64_t position = one.task.position();
        const auto choice = healing_ ? 9 : random_() % 10;
        if (blocked.contains(key)) {
            one.what = Settled::What::parked;
            if (!one.task.retry) one.task.parked = entry(position, now_, {}, key);
        } else if (choice < 2) {
            one.what = Settled::What::parked;
            one.task.parked = entry(position, now_ + std::chrono::milliseconds{random_() % 40},
                                    {{now_, "x"}}, key);
            blocked.insert(key);
        } else if (choice == 2) {
            one.what = Settled::What::parked;
            one.task.parked = held(position, key);
            blocked.insert(key);
        } else {
            one.what = Settled::What::gone;
            handled_[key].push_back(position);
            ++done_;
            stored_.erase(position);
            return;
        }
        stored_[position] = *one.task.parked;
    }
    /// Requeues or discards one of the records that hold their key.
    void decide() {
        const auto positions = scheduler_.held_positions();
        if (positions.empty()) return;
        const std::int64_t position = positions[random_() % positions.size()];
        if (random_() % 3 == 0) {
            EXPECT_TRUE(scheduler_.remove_parked(position, now_));
            stored_.erase(position);
            ++done_;
        } else {
            Parked due = stored_.at(position);
            due.due_at = now_;
            due.attempts.clear();
            stored_[position] = due;
            scheduler_.add_parked(due);
        }
    }
    void store(const Parked& parked) { stored_[parked.position] = parked; }
    void load() {
        while (const auto load = scheduler_.next_load()) {
            std::vector<Parked> found;
            constexpr std::size_t page = 3;
            for (const auto& [position, parked] : stored_) {
                if (parked.key == load->key && position > load->after && found.size() < page) {
                    found.push_back(parked);
                }
            }
            const bool complete = found.size() < page;
            const std::int64_t through = found.empty() ? load->after : found.back().position;
            scheduler_.loaded(*load, std::move(found), through, complete, now_);
        }
    }
    void finish() {
        healing_ = true;
        for (int round = 0; round < 10'000 && (done_ < read_ || !units_.empty()); ++round) {
            now_ += 50ms;
            decide();
            load();
            take();
            settle();
        }
        load();  // corrects the count of what is not in memory
    }

    std::minstd_rand random_;
    Scheduler scheduler_;
    Time now_ = start;
    std::int64_t last_ = 0;
    std::size_t read_ = 0;
    std::size_t done_ = 0;
    bool healing_ = false;
    std::vector<std::vector<Task>> units_;
    std::map<std::string, int> busy_;
    std::map<std::int64_t, Parked> stored_;
    std::map<std::string, std::vector<std::int64_t>> handled_;
};

TEST(SchedulerModel, KeepsOrderAndForgetsNothing) {
    for (std::uint32_t seed = 1; seed <= 500; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Model(seed).run();
        if (testing::Test::HasFailure()) return;
    }
}

}  // namespace
}  // namespace quipu::delivery_test
