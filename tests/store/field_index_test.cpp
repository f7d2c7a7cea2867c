// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <thread>

#include "quipu/store/sqlite/query_plan.hpp"
#include "store/sqlite/fixture.hpp"

// Fields that a program newly declares, or no longer, on files that hold events; and files of the
// version before, which indexed one field of their own.

namespace quipu::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

std::vector<std::string> rows_of(const std::filesystem::path& file, const std::string& sql) {
    sqlite3* db = nullptr;
    sqlite3_stmt* statement = nullptr;
    EXPECT_EQ(sqlite3_open_v2(file.c_str(), &db, SQLITE_OPEN_READONLY, nullptr), SQLITE_OK);
    sqlite3_busy_timeout(db, 5000);
    EXPECT_EQ(sqlite3_prepare_v2(db, sql.c_str(), -1, &statement, nullptr), SQLITE_OK)
        << sqlite3_errmsg(db);
    std::vector<std::string> rows;
    while (sqlite3_step(statement) == SQLITE_ROW) {
        const int last = sqlite3_column_count(statement) - 1;
        const auto* text = sqlite3_column_text(statement, last);
        rows.emplace_back(text == nullptr ? "" : reinterpret_cast<const char*>(text));
    }
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return rows;
}

void change_rows(const std::filesystem::path& file, const std::string& sql) {
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open(file.c_str(), &db), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
        << sqlite3_errmsg(db);
    sqlite3_close(db);
}

std::vector<std::int64_t> positions(Store& store, EventQuery query) {
    std::vector<std::int64_t> found;
    query.limit = 1000;
    const auto page = store.query(query);
    EXPECT_TRUE(page) << page.error().message;
    for (const auto& record : page->records) {
        found.push_back(record.position);
    }
    return found;
}

EventQuery where(std::string field, std::string_view value) {
    return {.where = {where_text(std::move(field), value)}};
}

void wait_until_filled(const SqliteFixture& store) {
    while (rows_of(store.directory().file(),
                   "SELECT count(*) FROM indexed_fields WHERE filled_to < fill_until")
               .front() != "0") {
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
}

void add_events(SqliteFixture& store, std::int64_t first, std::int64_t last) {
    Transaction transaction;
    for (std::int64_t i = first; i <= last; ++i) {
        Record record = event(i, "made", "x" + std::to_string(i % 3));
        record.body = "{\"order_id\":\"o-" + std::to_string(i % 5) +
                      "\",\"customer\":" + std::to_string(i % 2) + "}";
        transaction.appends.push_back({.record = std::move(record), .expected_sequence = {}});
    }
    ASSERT_TRUE(store->commit(std::move(transaction)));
}

TEST(FieldIndex, ANewlyDeclaredFieldIsFilledInPortionsAndFoundMeanwhile) {
    SqliteFixture store;
    add_events(store, 1, 5000);
    EXPECT_THAT(store->query(where("order_id", "o-1"))->scan_reason,
                HasSubstr("order_id is not indexed"));
    store.options().indexed = {"order_id"};
    store.options().index_portion = 700;
    store.close();
    store.open();
    const auto expected = [&] {
        std::vector<std::int64_t> all;
        for (std::int64_t i = 1; i <= store->last_position(); ++i) {
            if (i % 5 == 1) all.push_back(i);
        }
        return all;
    };
    bool scanned = false;
    std::int64_t next = 5001;
    for (bool complete = false; !complete; ++next) {
        add_events(store, next, next);
        const auto page = store->query(where("order_id", "o-1"));
        ASSERT_TRUE(page);
        complete = page->scan_reason.empty();
        if (!complete) {
            EXPECT_THAT(page->scan_reason, HasSubstr("of 5000 positions"));
            scanned = true;
        }
        EventQuery last = where("order_id", "o-1");
        last.newest_first = true;
        last.limit = 1;
        EXPECT_EQ(store->query(last)->records.front().position, expected().back());
    }
    EXPECT_TRUE(scanned);
    EventQuery all = where("order_id", "o-1");
    std::vector<std::int64_t> found;
    do {
        const auto page = store->query(all);
        for (const auto& record : page->records) found.push_back(record.position);
        all.cursor = page->next_cursor;
    } while (!all.cursor.empty());
    EXPECT_EQ(found, expected());
    EXPECT_THAT(store->verify().value(), IsEmpty());
}

TEST(FieldIndex, EventRemovedDuringFillingLeavesNoIndexRow) {
    SqliteFixture store;
    add_events(store, 1, 2000);
    store.close();
    store.options().indexed = {"order_id", "customer"};
    store.options().index_portion = 300;
    store.open();
    for (std::int64_t i = 1; i <= 2000; i += 23) {
        ASSERT_TRUE(store->archive(uuid(i), "me", "r"));
    }
    wait_until_filled(store);
    EXPECT_THAT(store->verify().value(), IsEmpty());
    EXPECT_EQ(store->query(where("order_id", "o-1"))->scan_reason, "");
}

TEST(FieldIndex, UndeclaredFieldLosesItsIndexRows) {
    SqliteOptions options;
    options.indexed = {"order_id", "customer"};
    SqliteFixture store(options);
    add_events(store, 1, 3000);
    store.close();
    const auto file = store.directory().file();
    EXPECT_EQ(rows_of(file, "SELECT count(*) FROM field_index").front(), "9000");
    store.options().indexed = {"customer"};
    store.open();
    EXPECT_THAT(store->verify().value(), IsEmpty());
    while (rows_of(file, "SELECT count(*) FROM field_index").front() != "6000") {
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    EXPECT_THAT(store->query(where("order_id", "o-1"))->scan_reason, HasSubstr("not indexed"));
    // Declared again, it is filled anew.
    store.options().indexed = {"customer", "order_id"};
    store.reopen();
    wait_until_filled(store);
    EXPECT_THAT(store->verify().value(), IsEmpty());
    EXPECT_THAT(positions(*store, where("order_id", "o-1")), SizeIs(600));
}

/// Ends the process that fills the index in the middle of it, again and again.
TEST(FieldIndex, FillingContinuesAfterEveryKill) {
    SqliteFixture store;
    add_events(store, 1, 8000);
    store.close();
    const auto file = store.directory().file();
    const auto progress = [&] {
        const auto rows = rows_of(file,
                                  "SELECT filled_to FROM indexed_fields WHERE name = 'order_id' "
                                  "AND filled_to < fill_until");
        return rows.empty() ? std::int64_t{-1} : std::stoll(rows.front());
    };
    std::int64_t before = 0;
    int kills = 0;
    for (; before >= 0; ++kills) {
        const pid_t child = ::fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            SqliteOptions options;
            options.path = file;
            options.indexed = {"order_id"};
            options.index_portion = 1500;
            auto opened = open_sqlite_store(options);
            std::this_thread::sleep_for(std::chrono::minutes(5));
            ::_exit(opened ? 0 : 1);
        }
        // Killed when it has done a portion that the one before had not.
        while (kills > 0 ? progress() == before : rows_of(file, "PRAGMA user_version").empty()) {
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        if (kills == 0) {
            while (rows_of(file, "SELECT 1 FROM indexed_fields WHERE name = 'order_id'").empty()) {
                std::this_thread::sleep_for(std::chrono::milliseconds(1));
            }
        }
        ::kill(child, SIGKILL);
        ASSERT_EQ(::waitpid(child, nullptr, 0), child);
        const std::int64_t now = progress();
        EXPECT_TRUE(now < 0 || now >= before);
        before = now;
    }
    EXPECT_GT(kills, 1);
    store.options().indexed = {"order_id"};
    store.open();
    EXPECT_THAT(store->verify().value(), IsEmpty());
    EXPECT_THAT(store->query(where("order_id", "o-1"))->scan_reason, "");
}

TEST(FieldIndex, AReaderNeedsNoDeclaration) {
    SqliteOptions options;
    options.indexed = {"order_id"};
    SqliteFixture store(options);
    add_events(store, 1, 10);
    SqliteOptions reading;
    reading.path = store.directory().file();
    reading.read_only = true;
    const auto reader = open_sqlite_store(reading).value();
    EXPECT_EQ(reader->query(where("order_id", "o-1"))->scan_reason, "");
    EXPECT_THAT(positions(*reader, where("order_id", "o-1")), ElementsAre(1, 6));
}

/// The engine's own account of how it runs a query.
std::vector<std::string> plan_of(const std::filesystem::path& file, const EventQuery& query) {
    const sqlite::Connection connection(file.string(), SQLITE_OPEN_READONLY);
    sqlite3_create_function(
        connection.get(), "quipu_field", 3, SQLITE_UTF8, nullptr,
        [](sqlite3_context*, int, sqlite3_value**) {}, nullptr, nullptr);
    const auto plan = sqlite::plan_query(query, *stores::where_to_begin(query), {},
                                         sqlite::read_field_states(connection));
    sqlite::Statement rows(connection, "EXPLAIN QUERY PLAN " + plan.sql.text());
    std::vector<std::string> steps;
    while (rows.step()) {
        steps.push_back(rows.text(3));
    }
    return steps;
}

TEST(FieldIndex, AnIndexedFieldIsNotScannedFor) {
    SqliteOptions options;
    options.indexed = {"order_id"};
    SqliteFixture store(options);
    add_events(store, 1, 100);
    store.close();
    const auto file = store.directory().file();
    for (EventQuery query :
         {where("order_id", "o-1"), EventQuery{.where = {where_user("u")}},
          EventQuery{.where = {where_correlation("c")}},
          EventQuery{.where = {where_text("other", "x"), where_text("order_id", "o-1")}}}) {
        for (const bool newest : {false, true}) {
            query.newest_first = newest;
            const auto steps = plan_of(file, query);
            // Rows of subqueries are walked; no table is.
            EXPECT_THAT(steps, testing::Not(testing::Contains(
                                   testing::ContainsRegex("SCAN (e|i|events|field_index)( |$)"))));
            EXPECT_THAT(steps, testing::Contains(
                                   HasSubstr("SEARCH i USING PRIMARY KEY (field=? AND value=?")));
        }
    }
    EXPECT_THAT(plan_of(file, where("other", "x")),
                testing::Not(testing::Contains(HasSubstr("SEARCH i USING PRIMARY KEY"))));
}

TEST(FieldIndex, ScanWithTimeBoundsReadsNoEventOutsideThem) {
    SqliteFixture store;
    add_events(store, 1, 100);
    store.close();
    EventQuery query = where("other", "x");
    query.from = at(1);
    query.until = at(2);
    EXPECT_THAT(plan_of(store.directory().file(), query),
                testing::Contains(HasSubstr("USING COVERING INDEX events_by_time (timestamp>?")));
}

// version-3.quipu was made by the version before. It holds 70 events, the index of the first 60.
// Of event i of the first 60: type order_paid for i % 3 == 0, else order_placed; no aggregate for
// i % 5 == 0, else order-<500 + i % 7>; order_id 5, 5.0, "5" and "o-<i % 7>" for i % 4 == 0, 1, 2
// and 3; customer null for i % 6 == 0, absent for i % 6 == 1, else c-<i % 3>; metadata.user_id
// u-<i % 3>; correlation_id c-<i % 2> for i % 9 == 0. Events 61 to 70 have order_id o-9 and user
// u-9. Event 7 is archived. Group billing has finished 1 to 20, 23, 30, 40 to 45 and the archived
// 7; 23 is parked, 30 is a discarded dead letter. Group mail has finished 7. One document.
class Version3 : public testing::Test {
  protected:
    Version3() : store_(SqliteOptions{.indexed = {"order_id", "customer"}}) {
        store_.close();
        std::filesystem::copy_file(QUIPU_STORE_DATA "/version-3.quipu", store_.directory().file(),
                                   std::filesystem::copy_options::overwrite_existing);
    }

    template <class Wanted>
    static std::vector<std::int64_t> of_first_60(Wanted&& wanted) {
        std::vector<std::int64_t> found;
        for (std::int64_t i = 1; i <= 60; ++i) {
            if (i != 7 && wanted(i)) found.push_back(i);
        }
        return found;
    }

    static std::vector<std::int64_t> with(Store& store, FieldCondition condition) {
        return positions(store, {.where = {std::move(condition)}});
    }

    void expect_all_there() {
        Store& store = *store_;
        EXPECT_EQ(store.last_position(), 70);
        EXPECT_EQ(with(store, {.field = "order_id", .any_of = {FieldValue::number(5)}}),
                  of_first_60([](std::int64_t i) { return i % 4 < 2; }));
        EXPECT_EQ(with(store, where_text("order_id", "5")),
                  of_first_60([](std::int64_t i) { return i % 4 == 2; }));
        EXPECT_THAT(with(store, where_text("order_id", "o-9")),
                    ElementsAre(61, 62, 63, 64, 65, 66, 67, 68, 69, 70));
        EXPECT_EQ(with(store, {.field = "customer", .any_of = {FieldValue::null()}}),
                  of_first_60([](std::int64_t i) { return i % 6 == 0; }));
        EXPECT_EQ(with(store, where_user("u-1")),
                  of_first_60([](std::int64_t i) { return i % 3 == 1; }));
        EXPECT_THAT(with(store, where_correlation("c-1")), ElementsAre(9, 27, 45));
        EventQuery aggregate{.aggregate_id = "order-01900000-0000-7000-8000-000000000501"};
        std::vector<std::int64_t> expected =
            of_first_60([](std::int64_t i) { return i % 7 == 1 && i % 5 != 0; });
        expected.push_back(64);
        EXPECT_EQ(positions(store, aggregate), expected);
        const auto groups = store.groups().value();
        ASSERT_THAT(groups, SizeIs(2));
        EXPECT_EQ(groups[0].position, 20);
        EXPECT_THAT(groups[0].finished_above, ElementsAre(23, 30, 40, 41, 42, 43, 44, 45));
        EXPECT_EQ(groups[1].position, 0);
        EXPECT_THAT(groups[1].finished_above, ElementsAre(7));
        EXPECT_THAT(store.parked("billing").value(), SizeIs(1));
        EXPECT_EQ(store.dead_letter(1).value()->record->position, 30);
        EXPECT_EQ(store.document("orders", "o-1").value()->body, "{\"paid\":true}");
        EXPECT_EQ(store.archived("01900000-0000-7000-8000-000000000007").value()->deleted_by,
                  "gdpr");
        EXPECT_THAT(store.verify().value(), IsEmpty());
    }

    SqliteFixture store_;
};

TEST_F(Version3, IsUpgradedAndNothingIsLost) {
    store_.open();
    expect_all_there();
    wait_until_filled(store_);
    expect_all_there();
    EXPECT_EQ(store_->query({.where = {where_text("customer", "c-1")}})->scan_reason, "");
    // Sequences continue, and stored events are recognised.
    Record next = event(0x1000, "order_placed", "order-01900000-0000-7000-8000-000000000501");
    EXPECT_EQ(store_->commit(append(next))->appended.front().sequence, 9);
    store_.reopen();
    EXPECT_THAT(store_->verify().value(), IsEmpty());
    while (rows_of(store_.directory().file(), "SELECT count(*) FROM field_index WHERE field = 1")
               .front() != "0") {
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
}

/// Killed after each step of the engine that the upgrade takes, the file is one of the two versions
/// and nothing between.
TEST_F(Version3, SurvivesAKillAtAnyStepOfTheUpgrade) {
    const auto original = store_.directory().path() / "original";
    const auto file = store_.directory().file();
    std::filesystem::rename(file, original);
    int upgraded = 0;
    int kept = 0;
    for (int step = 1; upgraded < 3; ++step) {
        SCOPED_TRACE(step);
        for (const char* suffix : {"-wal", "-shm"}) {
            std::filesystem::remove(file.string() + suffix);
        }
        std::filesystem::copy_file(original, file,
                                   std::filesystem::copy_options::overwrite_existing);
        const pid_t child = ::fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            // Each statement of the upgrade is a step; the engine calls this before it runs one.
            static int left = step;
            sqlite3_auto_extension(
                reinterpret_cast<void (*)()>(+[](sqlite3* db, char**, const sqlite3_api_routines*) {
                    sqlite3_trace_v2(
                        db, SQLITE_TRACE_STMT,
                        [](unsigned, void*, void*, void*) {
                            if (--left == 0) ::kill(::getpid(), SIGKILL);
                            return 0;
                        },
                        nullptr);
                    return SQLITE_OK;
                }));
            SqliteOptions options;
            options.path = file;
            options.indexed = {"order_id", "customer"};
            const auto opened = open_sqlite_store(options);
            ::_exit(opened ? 0 : 1);
        }
        int status = 0;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        ASSERT_TRUE(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
        const std::string version = rows_of(file, "PRAGMA user_version").front();
        ASSERT_TRUE(version == "3" || version == "4") << version;
        (version == "3" ? kept : upgraded) += 1;
        store_.open();
        expect_all_there();
        store_.close();
        if (HasFailure() || WIFEXITED(status)) break;
    }
    EXPECT_GT(kept, 10);
    EXPECT_GT(upgraded, 0);
}

/// Before, a requeued letter stayed requeued, and its second failure was a letter of its own.
TEST_F(Version3, SettlesLettersThatWereRequeued) {
    const auto file = store_.directory().file();
    const auto add_letter = [&](const std::string& id, const std::string& position,
                                const std::string& status) {
        change_rows(file,
                    "CREATE TEMP TABLE t AS SELECT * FROM dead_letters WHERE id = 1; "
                    "UPDATE t SET id = " +
                        id + ", position = " + position + ", status = " + status +
                        "; INSERT INTO dead_letters SELECT * FROM t");
    };
    add_letter("2", "40", "1");  // handled since
    add_letter("3", "23", "1");  // parked still
    add_letter("4", "41", "1");  // and failed again, as
    add_letter("5", "41", "1");  // which was requeued, too, and handled
    add_letter("6", "42", "1");  // and failed again, as
    add_letter("7", "42", "0");
    store_.open();
    const auto status_of = [&](std::int64_t id) {
        return rows_of(file, "SELECT status FROM dead_letters WHERE id = " + std::to_string(id))
            .front();
    };
    const auto name = [](DeadLetter::Status status) {
        return std::to_string(static_cast<int>(status));
    };
    using Status = DeadLetter::Status;
    EXPECT_EQ(status_of(1), name(Status::discarded));
    EXPECT_EQ(status_of(2), name(Status::resolved));
    EXPECT_EQ(status_of(3), name(Status::requeued));
    EXPECT_EQ(status_of(4), name(Status::discarded));
    EXPECT_EQ(status_of(5), name(Status::resolved));
    EXPECT_EQ(status_of(6), name(Status::discarded));
    EXPECT_EQ(status_of(7), name(Status::open));
    const auto parked = store_->parked("billing").value();
    ASSERT_THAT(parked, SizeIs(1));
    EXPECT_EQ(parked.front().letter, 3);
    EXPECT_THAT(store_->dead_letter(1).value()->history, IsEmpty());
}

TEST_F(Version3, IsNotReadBeforeItIsUpgraded) {
    SqliteOptions options;
    options.path = store_.directory().file();
    options.read_only = true;
    const auto opened = open_sqlite_store(options);
    ASSERT_FALSE(opened);
    EXPECT_THAT(opened.error().message, HasSubstr("start the program on it once"));
}

}  // namespace
}  // namespace quipu::test
