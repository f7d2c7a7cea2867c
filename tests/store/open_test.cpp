// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <thread>

#include "quipu/event/id.hpp"
#include "store/sqlite/fixture.hpp"
#include "support/temp_directory.hpp"

namespace quipu::test {
namespace {

using testing::HasSubstr;

Error open_error(const std::filesystem::path& path, bool read_only = false) {
    SqliteOptions options;
    options.path = path;
    options.read_only = read_only;
    auto store = open_sqlite_store(options);
    EXPECT_FALSE(store);
    return store ? Error{} : store.error();
}

std::unique_ptr<Store> reader_of(const std::filesystem::path& path) {
    SqliteOptions options;
    options.path = path;
    options.read_only = true;
    auto store = open_sqlite_store(options);
    EXPECT_TRUE(store) << store.error().message;
    return store ? *std::move(store) : nullptr;
}

void run_sql(const std::filesystem::path& path, const char* sql) {
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open(path.c_str(), &db), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(db, sql, nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
    sqlite3_close(db);
}

std::int64_t number(const std::filesystem::path& path, const char* sql) {
    sqlite3* db = nullptr;
    sqlite3_stmt* row = nullptr;
    EXPECT_EQ(sqlite3_open(path.c_str(), &db), SQLITE_OK);
    EXPECT_EQ(sqlite3_prepare_v2(db, sql, -1, &row, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
    const std::int64_t value = sqlite3_step(row) == SQLITE_ROW ? sqlite3_column_int64(row, 0) : -1;
    sqlite3_finalize(row);
    sqlite3_close(db);
    return value;
}

TEST(Open, CreatesAFileWithPrivateMode) {
    const SqliteFixture store;
    for (const char* suffix : {"", "-wal", "-shm", ".lock"}) {
        struct stat status{};
        const std::string path = store.directory().file().string() + suffix;
        ASSERT_EQ(::stat(path.c_str(), &status), 0) << path;
        EXPECT_EQ(status.st_mode & 0777U, 0600U) << path;
    }
}

TEST(Open, LeavesNoSidecarFilesBehind) {
    SqliteFixture store;
    ASSERT_TRUE(store->commit(append(event(1))));
    store.close();
    EXPECT_FALSE(std::filesystem::exists(store.directory().file().string() + "-wal"));
    EXPECT_FALSE(std::filesystem::exists(store.directory().file().string() + "-shm"));
}

TEST(Open, RefusesASecondWriterInTheSameProcess) {
    const SqliteFixture store;
    const Error error = open_error(store.directory().file());
    EXPECT_EQ(error.code, ErrorCode::busy);
    EXPECT_THAT(error.message, HasSubstr(std::to_string(::getpid())));
    EXPECT_THAT(error.message, HasSubstr(store.directory().file().filename().string()));
    EXPECT_THAT(error.message, HasSubstr("read-only"));
}

TEST(Open, RefusesASecondWriterByAnotherName) {
    const SqliteFixture store;
    const auto link = store.directory().path() / "link";
    std::filesystem::create_symlink(store.directory().file(), link);
    EXPECT_EQ(open_error(link).code, ErrorCode::busy);
}

TEST(Open, RefusesASecondProcessAndNamesTheFirst) {
    const TempDirectory directory;
    std::array<int, 2> ready{};
    std::array<int, 2> finish{};
    ASSERT_EQ(::pipe(ready.data()), 0);
    ASSERT_EQ(::pipe(finish.data()), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        SqliteOptions options;
        options.path = directory.file();
        auto store = open_sqlite_store(options);
        char byte = store ? 'y' : 'n';
        bool fine = ::write(ready[1], &byte, 1) == 1;
        fine = ::read(finish[0], &byte, 1) == 1 && fine;
        ::_exit(fine ? 0 : 1);  // without closing the store: the lock must go with the process
    }
    char byte = 0;
    ASSERT_EQ(::read(ready[0], &byte, 1), 1);
    ASSERT_EQ(byte, 'y');
    const Error error = open_error(directory.file());
    EXPECT_EQ(error.code, ErrorCode::busy);
    EXPECT_TRUE(error.retryable());
    EXPECT_THAT(error.message, HasSubstr("process " + std::to_string(child)));
    ASSERT_EQ(::write(finish[1], "x", 1), 1);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
    for (const int file : {ready[0], ready[1], finish[0], finish[1]}) {
        ::close(file);
    }
    SqliteOptions options;
    options.path = directory.file();
    EXPECT_TRUE(open_sqlite_store(options));
}

TEST(Open, RefusesOtherFiles) {
    const TempDirectory directory;
    run_sql(directory.file(), "CREATE TABLE theirs(x); PRAGMA application_id=77;");
    EXPECT_EQ(open_error(directory.file()).code, ErrorCode::invalid);
    EXPECT_EQ(open_error(directory.file(), true).code, ErrorCode::invalid);
    const auto other = directory.path() / "other";
    run_sql(other, "CREATE TABLE theirs(x)");
    EXPECT_EQ(open_error(other).code, ErrorCode::invalid);
    const auto text = directory.path() / "text";
    std::ofstream(text) << std::string(10'000, 'x');
    EXPECT_EQ(open_error(text).code, ErrorCode::corrupt);
    EXPECT_EQ(open_error(text, true).code, ErrorCode::corrupt);
    EXPECT_EQ(open_error(directory.path()).code, ErrorCode::unavailable);
    EXPECT_EQ(open_error(directory.path() / "no" / "such" / "directory").code,
              ErrorCode::unavailable);
    EXPECT_EQ(open_error({}).code, ErrorCode::invalid);
}

TEST(Open, RefusesWhatIsNoRegularFile) {
    const TempDirectory directory;
    const auto fifo = directory.path() / "fifo";
    ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
    for (const bool read_only : {false, true}) {
        for (const std::filesystem::path& path :
             {fifo, std::filesystem::path("/dev/null"), directory.path()}) {
            EXPECT_THAT(open_error(path, read_only).message, HasSubstr("not a regular file"))
                << path;
        }
    }
}

/// A file whose maker wants more of it than to be read.
TEST(Open, RefusesASchemaThatIsNotAStores) {
    const std::vector<std::pair<const char*, const char*>> changes{
        {"CREATE TRIGGER evil AFTER INSERT ON events BEGIN DELETE FROM events; END",
         "trigger evil"},
        {"CREATE VIEW evil AS SELECT randomblob(1000000000)", "view evil"},
        {"DROP VIEW event_log; CREATE VIEW event_log AS SELECT 1 AS position", "view event_log"},
        {"ALTER TABLE events ADD COLUMN evil TEXT AS (hex(body))", "generated column events.evil"},
        {"ALTER TABLE heads RENAME COLUMN sequence TO other", "column heads.sequence is missing"},
        {"DROP TABLE inbox", "table inbox is missing"},
        {"CREATE VIRTUAL TABLE evil USING fts5(text)", "virtual table evil"},
    };
    for (const auto& [sql, what] : changes) {
        const TempDirectory directory;
        ASSERT_TRUE(open_sqlite_store({.path = directory.file()}));
        run_sql(directory.file(), sql);
        for (const bool read_only : {false, true}) {
            const Error error = open_error(directory.file(), read_only);
            EXPECT_EQ(error.code, ErrorCode::corrupt);
            EXPECT_THAT(error.message, HasSubstr(what)) << sql;
        }
    }
}

TEST(Open, TablesAndIndexesOfOthersAreLeftAlone) {
    const TempDirectory directory;
    ASSERT_TRUE(open_sqlite_store({.path = directory.file()}));
    run_sql(directory.file(), "CREATE TABLE notes(text); CREATE INDEX mine ON events(stored_at)");
    EXPECT_TRUE(open_sqlite_store({.path = directory.file()}));
}

TEST(Open, RefusesANewerSchema) {
    SqliteFixture store;
    store.close();
    run_sql(store.directory().file(), "PRAGMA user_version=5");
    for (const bool read_only : {false, true}) {
        const Error error = open_error(store.directory().file(), read_only);
        EXPECT_EQ(error.code, ErrorCode::invalid);
        EXPECT_THAT(error.message, HasSubstr("version 5"));
    }
}

/// Makes the file one of version 2.
constexpr const char* as_version_2 = R"sql(
DROP TABLE field_index;
DROP TABLE indexed_fields;
DROP TABLE dead_letter_history;
DELETE FROM meta WHERE name = 'indexed_to';
ALTER TABLE group_offsets DROP COLUMN checksum;
ALTER TABLE inbox DROP COLUMN checksum;
DROP INDEX parked_by_key;
ALTER TABLE parked DROP COLUMN letter;
ALTER TABLE events ADD COLUMN execution_id ANY;
ALTER TABLE events_archive ADD COLUMN execution_id ANY;
ALTER TABLE dead_letters ADD COLUMN execution_id ANY;
CREATE UNIQUE INDEX events_by_aggregate ON events(aggregate_id, sequence)
    WHERE aggregate_id IS NOT NULL;
CREATE INDEX events_by_execution ON events(execution_id) WHERE execution_id IS NOT NULL;
PRAGMA user_version=2;
)sql";

TEST(Open, UpgradesSchema1AndKeepsItsContent) {
    SqliteFixture store;
    ASSERT_TRUE(store->open_group("g", true));
    ASSERT_TRUE(store->commit(append(event(1))));
    Transaction parks;
    parks.group = "g";
    parks.finished = {1};
    parks.park.push_back(
        {.group = "g", .position = 1, .key = "k", .due_at = at(5), .attempts = {}});
    ASSERT_TRUE(store->commit(parks));
    store.close();
    const auto file = store.directory().file();
    run_sql(file, as_version_2);
    run_sql(file, "ALTER TABLE parked DROP COLUMN source");
    run_sql(file, "ALTER TABLE dead_letters DROP COLUMN source");
    run_sql(file, "DROP TABLE identity");
    run_sql(file, "PRAGMA user_version=1");
    const Error error = open_error(file, true);
    EXPECT_EQ(error.code, ErrorCode::invalid);
    EXPECT_THAT(error.message, HasSubstr("upgrades it"));
    store.open();
    EXPECT_EQ(store->last_position(), 1);
    EXPECT_EQ(store->parked("g")->size(), 1U);
    const std::string identity = store->identity();
    EXPECT_TRUE(is_uuid(identity));
    store.reopen();
    EXPECT_EQ(store->identity(), identity);
}

TEST(Open, UpgradesSchema2AndIndexesItsContent) {
    SqliteFixture store;
    for (std::int64_t i = 1; i <= 6; ++i) {
        Record record = event(i, "made", i % 2 == 0 ? "exec-" + uuid(7) : uuid(7));
        ASSERT_TRUE(store->commit(append(record)));
    }
    ASSERT_TRUE(store->archive(uuid(6), "me", ""));
    const std::string identity = store->identity();
    store.close();
    const auto file = store.directory().file();
    run_sql(file, as_version_2);
    EXPECT_THAT(open_error(file, true).message, HasSubstr("upgrades it"));
    store.open();
    EXPECT_EQ(store->identity(), identity);
    EXPECT_EQ(number(file, "PRAGMA user_version"), 4);
    EXPECT_EQ(number(file, "SELECT value FROM meta WHERE name = 'indexed_to'"), 5);
    EXPECT_THAT(store->verify().value(), testing::IsEmpty());
    EXPECT_EQ(store->query({.aggregate_id = "exec-" + uuid(7)})->records.size(), 2U);
    EXPECT_EQ(store->query({.aggregate_id = uuid(7)})->records.size(), 3U);
    const auto next = store->commit(append(event(9, "made", "exec-" + uuid(7))));
    EXPECT_EQ(next->appended.front().sequence, 4);
}

TEST(ReadOnly, NeedsAFile) {
    const TempDirectory directory;
    EXPECT_EQ(open_error(directory.file(), true).code, ErrorCode::not_found);
    EXPECT_FALSE(std::filesystem::exists(directory.file()));
    std::ofstream(directory.file()).close();
    EXPECT_EQ(open_error(directory.file(), true).code, ErrorCode::invalid);
}

TEST(ReadOnly, ReadsDuringAndAfterTheProgramsRun) {
    SqliteFixture store;
    ASSERT_TRUE(store->open_group("g", true));
    ASSERT_TRUE(store->commit(append(event(1))));
    const auto reader = reader_of(store.directory().file());
    ASSERT_NE(reader, nullptr);
    EXPECT_EQ(reader->last_position(), 1);
    ASSERT_TRUE(store->commit(append(event(2))));
    EXPECT_EQ(reader->last_position(), 2);
    EXPECT_EQ(reader->read(0, 10)->size(), 2U);
    EXPECT_EQ(reader->query({})->records.size(), 2U);
    EXPECT_EQ(reader->groups()->size(), 1U);
    EXPECT_THAT(reader->verify().value(), testing::IsEmpty());
    EXPECT_EQ(reader->health()->events, 2);
    EXPECT_FALSE(reader->health()->writable);
    EXPECT_EQ(reader->wait_beyond(2, std::chrono::milliseconds(1)), 2);
    std::thread publisher([&] { EXPECT_TRUE(store->commit(append(event(3)))); });
    EXPECT_EQ(reader->wait_beyond(2, std::chrono::minutes(5)), 3);
    publisher.join();
    store.close();
    EXPECT_EQ(reader->read(0, 10)->size(), 3U);
    const auto late = reader_of(store.directory().file());
    EXPECT_EQ(late->read(0, 10)->size(), 3U);
}

TEST(ReadOnly, AWakeEndsTheWait) {
    SqliteFixture store;
    const auto reader = reader_of(store.directory().file());
    std::atomic<bool> woken = false;
    std::thread waiter([&] {
        EXPECT_EQ(reader->wait_beyond(0, std::chrono::minutes(5)), 0);
        woken = true;
    });
    while (!woken) {
        reader->wake();
        std::this_thread::yield();
    }
    waiter.join();
}

TEST(ReadOnly, WritesNothing) {
    SqliteFixture store;
    ASSERT_TRUE(store->commit(append(event(1))));
    const auto reader = reader_of(store.directory().file());
    EXPECT_EQ(reader->commit(append(event(2))).error().code, ErrorCode::invalid);
    EXPECT_FALSE(reader->open_group("g", true));
    EXPECT_FALSE(reader->requeue(1, {}));
    EXPECT_FALSE(reader->discard(1, {"tester", ""}));
    EXPECT_FALSE(reader->purge(at(0), 1));
    EXPECT_FALSE(reader->archive(uuid(1), "", ""));
    EXPECT_EQ(store->last_position(), 1);
}

TEST(ReadOnly, ReadsWhatAKilledProgramLeft) {
    const TempDirectory directory;
    std::array<int, 2> ready{};
    ASSERT_EQ(::pipe(ready.data()), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        SqliteOptions options;
        options.path = directory.file();
        auto store = open_sqlite_store(options);
        const bool fine = store && (*store)->commit(append(event(1)));
        const char byte = fine ? 'y' : 'n';
        static_cast<void>(!::write(ready[1], &byte, 1));
        ::pause();
    }
    char byte = 0;
    ASSERT_EQ(::read(ready[0], &byte, 1), 1);
    ASSERT_EQ(byte, 'y');
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    ::close(ready[0]);
    ::close(ready[1]);
    ASSERT_TRUE(std::filesystem::exists(directory.file().string() + "-wal"));
    EXPECT_EQ(reader_of(directory.file())->read(0, 10)->size(), 1U);
    SqliteOptions options;
    options.path = directory.file();
    EXPECT_EQ(open_sqlite_store(options).value()->last_position(), 1);
}

}  // namespace
}  // namespace quipu::test
