// SPDX-License-Identifier: Apache-2.0
#include "quipu/app/promote/promote.hpp"
#include "quipu/app/promote/compare_stores.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string_view>

#include "quipu/delivery/relay.hpp"
#include "quipu/store/sqlite/sqlite_store.hpp"
#include "store/mongo/support.hpp"
#include "support/temp_directory.hpp"

namespace quipu {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

Time at(int second) {
    return Time{std::chrono::seconds{1'700'000'000 + second}};
}

std::unique_ptr<Store> open(const std::filesystem::path& path) {
    SqliteOptions options;
    options.path = path;
    auto store = open_sqlite_store(options);
    EXPECT_TRUE(store.has_value()) << store.error().message;
    return store ? std::move(*store) : nullptr;
}

void commit(Store& store, Transaction transaction) {
    const auto done = store.commit(std::move(transaction));
    ASSERT_TRUE(done.has_value()) << done.error().message;
}

/// QUIPU_TEST_STORE names the engine of the target: sqlite (the default), or mongo, which needs a
/// server at QUIPU_TEST_MONGO.
class PromoteTest : public testing::Test {
  protected:
    void SetUp() override {
        const char* engine = std::getenv("QUIPU_TEST_STORE");
        mongo_ = engine != nullptr && std::string_view(engine) == "mongo";
        if (mongo_ && test::mongo_uri().empty()) {
            GTEST_SKIP() << "QUIPU_TEST_MONGO names no server; tools/servers starts one";
        }
        empty_target();
        file_ = directory_.path() / "old.db";
        target_ = directory_.path() / "new.db";
    }
    void empty_target() {
        std::filesystem::remove(target_);
        database_.reset();
        if (mongo_) database_ = std::make_unique<test::MongoDatabase>();
    }

    [[nodiscard]] std::unique_ptr<Store> open_target() const {
        if (!mongo_) return open(target_);
        auto store = open_mongo_store(database_->options());
        EXPECT_TRUE(store.has_value()) << store.error().message;
        return store ? std::move(*store) : nullptr;
    }

    static Append event(int number) {
        Append append;
        Record& record = append.record;
        record.event_id = "event-" + std::to_string(number);
        record.event_type = number % 3 == 0 ? "third" : "other";
        record.aggregate_id = "aggregate-" + std::to_string(number % 7);
        record.key = record.aggregate_id;
        record.timestamp = at(number);
        record.headers = {{"traceparent", std::to_string(number)}};
        record.body = R"({"number":)" + std::to_string(number) + ",\"text\":\"\\u00fc\"}";
        if (number % 5 == 0) record.expires_at = at(number);
        return append;
    }

    /// Events, some of them purged and archived, the last ones, too; documents, groups, parked
    /// records and dead letters in each state.
    void fill(int events) {
        auto store = open(file_);
        for (const char* group : {"first", "second"}) {
            ASSERT_TRUE(store->open_group(group, true).has_value());
        }
        Transaction appends;
        for (int number = 1; number <= events; ++number) appends.appends.push_back(event(number));
        commit(*store, std::move(appends));
        Transaction first;
        first.group = "first";
        first.finished_ranges = {{1, events}};
        first.dead_letters.push_back(letter(*store, 3));
        first.dead_letters.push_back(letter(*store, 4));
        first.dead_letters.push_back(letter(*store, 6));
        first.documents = {{"sagas", "a", R"({"n":1})"},
                           {"sagas", "b", R"({"n":2})"},
                           {"queue", "x", "[]"},
                           {"gone", "g", "{}"}};
        commit(*store, std::move(first));
        for (int times = 0; times < 3; ++times) {
            Transaction change;
            change.documents = {{"sagas", "a", R"({"n":3})"}, {"gone", "g", "{}"}};
            commit(*store, std::move(change));
        }
        Transaction erase;
        erase.documents = {{"gone", "g", std::nullopt}};
        commit(*store, std::move(erase));
        Transaction second;
        second.group = "second";
        second.finished_ranges = {{1, 10}};
        second.finished = {12, 15};
        second.park = {{.group = "second",
                        .position = 12,
                        .key = "aggregate-5",
                        .due_at = at(99),
                        .attempts = {{at(1), "no luck"}},
                        .source = "other/2"}};
        commit(*store, std::move(second));
        Transaction held;
        held.dead_letters = {letter(*store, 8)};
        held.park = {{.group = "first",
                      .position = 8,
                      .key = held.dead_letters.front().record->key,
                      .due_at = Parked::never}};
        commit(*store, std::move(held));
        ASSERT_TRUE(store->requeue(2, {"ada", "mended"}).has_value());
        ASSERT_TRUE(store->discard(3, {"tester", "test data"}).has_value());
        ASSERT_TRUE(store->archive("event-7", "ada", "by request").has_value());
        ASSERT_TRUE(store->archive("event-" + std::to_string(events), "ada", "last").has_value());
        ASSERT_GT(store->purge(at(events + 1), 1000).value_or(0), 0U);
        last_ = store->last_position();
    }

    static DeadLetter letter(Store& store, std::int64_t position) {
        return {.group = "first",
                .record = std::make_shared<const Record>(**store.at(position)),
                .error = "it broke",
                .attempts = {{at(2), "it broke"}},
                .failed_at = at(3),
                .note = {}};
    }

    Result<Promoted> run(PromoteOptions options = {}) const {
        auto source = open(file_);
        auto target = open_target();
        return promote(*source, file_, *target, options);
    }

    test::TempDirectory directory_;
    std::filesystem::path file_;
    std::filesystem::path target_;
    bool mongo_ = false;
    std::unique_ptr<test::MongoDatabase> database_;
    std::int64_t last_ = 0;
};

TEST_F(PromoteTest, CopiesEverythingUnchanged) {
    fill(100);
    const auto done = run({.batch = 7});
    ASSERT_TRUE(done.has_value()) << done.error().message;
    EXPECT_EQ(done->last_position, last_);
    EXPECT_EQ(done->archived, 2);
    EXPECT_EQ(done->documents, 3);
    EXPECT_EQ(done->dead_letters, 4);
    EXPECT_EQ(done->parked, 3);
    EXPECT_FALSE(done->resumed);
    auto store = open_target();
    EXPECT_THAT(*store->verify(), IsEmpty());
    EXPECT_EQ(store->health()->events, done->events);
    EXPECT_EQ((*store->document("sagas", "a"))->revision, 4);
    EXPECT_EQ((*store->dead_letter(2))->status, DeadLetter::Status::requeued);
    EXPECT_EQ((*store->dead_letter(3))->note, "test data");
    const auto story = (*store->dead_letter(2))->history;
    ASSERT_EQ(story.size(), 1U);
    EXPECT_EQ(story.front().decision.by, "ada");
    EXPECT_EQ(story.front().decision.reason, "mended");
    EXPECT_TRUE((*store->dead_letter(4))->holds_key);
    const auto held = store->parked("first")->back();
    EXPECT_EQ(held.letter, 4);
    EXPECT_TRUE(held.held());
    EXPECT_EQ((*store->archived("event-7"))->reason, "by request");
}

TEST_F(PromoteTest, NewStoreContinuesWhereTheFileEnded) {
    fill(100);
    ASSERT_TRUE(run().has_value());
    auto old = open(file_);
    auto store = open_target();
    for (Store* each : {old.get(), store.get()}) {
        Transaction next;
        next.appends = {event(205),
                        event(100)};  // of the aggregate of the second, which is archived
        next.documents = {{"gone", "g", "{}"}};
        const auto done = each->commit(std::move(next));
        ASSERT_TRUE(done.has_value()) << done.error().message;
        EXPECT_EQ(done->appended[0].position, last_ + 1);
        EXPECT_TRUE(done->appended[1].duplicate);
    }
    EXPECT_EQ((*old->find("event-205"))->sequence, (*store->find("event-205"))->sequence);
    EXPECT_EQ((*old->document("gone", "g"))->revision, (*store->document("gone", "g"))->revision);
    EXPECT_THAT(*store->verify(), IsEmpty());
}

TEST_F(PromoteTest, ContinuesAfterAKillAtAnyStep) {
    fill(60);
    for (int step = 0; step < 15; ++step) {
        const pid_t child = ::fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            int left = step;
            static_cast<void>(run({.batch = 9, .progress = [&](auto, auto) {
                                       if (left-- == 0) static_cast<void>(::raise(SIGKILL));
                                   }}));
            std::_Exit(0);
        }
        int status = 0;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        if (!WIFSIGNALED(status)) break;  // it came to its end
        EXPECT_EQ(WTERMSIG(status), SIGKILL);
    }
    const auto done = run({.batch = 9});
    ASSERT_TRUE(done.has_value()) << done.error().message;
    EXPECT_TRUE(done->was_done || done->resumed);
    auto source = open(file_);
    auto target = open_target();
    EXPECT_TRUE(compare_stores(*source, file_, *target).has_value());
    EXPECT_THAT(*target->verify(), IsEmpty());
}

TEST_F(PromoteTest, RepeatedPromoteChangesNothing) {
    fill(40);
    ASSERT_TRUE(run().has_value());
    {
        auto store = open_target();
        Transaction later;
        later.appends = {event(201)};
        commit(*store, std::move(later));
    }
    const auto again = run();
    ASSERT_TRUE(again.has_value()) << again.error().message;
    EXPECT_TRUE(again->was_done);
    EXPECT_EQ(open_target()->last_position(), last_ + 1);
}

TEST_F(PromoteTest, NeedsAnEmptyTarget) {
    fill(40);
    {
        auto store = open_target();
        Transaction own;
        own.documents = {{"mine", "k", "{}"}};
        commit(*store, std::move(own));
    }
    EXPECT_THAT(run().error().message, HasSubstr("not empty"));
    empty_target();
    ASSERT_TRUE(run().has_value());
    file_ = directory_.path() / "third.db";
    fill(20);
    EXPECT_THAT(run().error().message, HasSubstr("another file was promoted"));
}

TEST_F(PromoteTest, WritesBetweenTwoAttemptsAreDetected) {
    fill(60);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        static_cast<void>(run({.progress = [](std::string_view what, std::int64_t) {
            if (what == "documents") static_cast<void>(::raise(SIGKILL));
        }}));
        std::_Exit(0);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
    {
        auto store = open(file_);
        Transaction change;
        change.documents = {{"queue", "x", std::nullopt}};
        commit(*store, std::move(change));
    }
    EXPECT_EQ(run().error().code, ErrorCode::corrupt);
}

TEST_F(PromoteTest, RelayStartsAfterPublishedUntil) {
    fill(40);
    EXPECT_THAT(run({.published_until = 11}).error().message,
                HasSubstr("group second is at position"));
    EXPECT_THAT(run({.published_until = 1000}).error().message, HasSubstr("ends at position"));
    ASSERT_TRUE(run({.published_until = 10}).has_value());
    const auto groups = open_target()->groups();
    const auto relay = std::ranges::find(*groups, relay_group, &GroupPosition::group);
    ASSERT_NE(relay, groups->end());
    EXPECT_EQ(relay->position, 10);
}

TEST_F(PromoteTest, LargeBatchesAreSplit) {
    {
        auto store = open(file_);
        for (int number = 1; number <= 24; ++number) {
            Transaction one;
            one.appends = {event(number)};
            one.appends[0].record.body = '"' + std::string(std::size_t{1} << 20, 'x') + '"';
            one.documents = {{"large", std::to_string(number), one.appends[0].record.body}};
            commit(*store, std::move(one));
        }
    }
    const auto done = run();
    ASSERT_TRUE(done.has_value()) << done.error().message;
    EXPECT_EQ(done->events, 24);
    EXPECT_EQ(done->documents, 24);
}

TEST_F(PromoteTest, EmptyFileIsPromoted) {
    open(file_);
    const auto done = run();
    ASSERT_TRUE(done.has_value()) << done.error().message;
    EXPECT_EQ(done->events, 0);
}

}  // namespace
}  // namespace quipu
