// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/mount.h>
#include <unistd.h>

#include <fstream>
#include <map>

#include "store/sqlite/faulty_vfs.hpp"
#include "store/sqlite/fixture.hpp"
#include "support/temp_directory.hpp"

namespace quipu::test {
namespace {

using testing::HasSubstr;
using Operation = FaultyVfs::Operation;

Record large(std::int64_t number, std::size_t bytes = 8000) {
    Record record = event(number, "made", uuid(500));
    record.body.assign(bytes, static_cast<char>('a' + number % 26));
    return record;
}

TEST(Failure, AFailedSyncEndsWritingUntilARestart) {
    FaultyVfs vfs;
    SqliteFixture store;
    ASSERT_TRUE(store->commit(append(event(1))));
    vfs.fail(Operation::sync, SQLITE_IOERR_FSYNC, 0, false);
    const auto failed = store->commit(append(event(2)));
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, ErrorCode::unavailable);
    EXPECT_THAT(failed.error().message, HasSubstr(store.directory().file().filename().string()));
    EXPECT_EQ(store->last_position(), 1);
    // The disk works again, but it is unknown which writes it has kept.
    const auto refused = store->commit(append(event(3)));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::unavailable);
    EXPECT_THAT(refused.error().message, HasSubstr("restart"));
    EXPECT_FALSE(store->health()->writable);
    EXPECT_THAT(store->health()->problem, HasSubstr("restart"));
    EXPECT_EQ(store->read(0, 10)->size(), 1U);
    EXPECT_TRUE(store->find(uuid(1)).value().has_value());
    store.reopen();
    EXPECT_TRUE(store->health()->writable);
    EXPECT_TRUE(store->commit(append(event(2))));
    EXPECT_EQ(store->last_position(), 2);
    EXPECT_THAT(store->verify().value(), testing::IsEmpty());
}

TEST(Failure, WritingResumesWhenAFullDiskHasSpace) {
    FaultyVfs vfs;
    SqliteFixture store;
    ASSERT_TRUE(store->open_group("g", true));
    ASSERT_TRUE(store->commit(append(large(1))));
    vfs.fail(Operation::write, SQLITE_FULL, 0, true);
    for (int i = 0; i < 3; ++i) {
        Transaction transaction = append(large(2));
        transaction.group = "g";
        transaction.finished = {1};
        const auto failed = store->commit(transaction);
        ASSERT_FALSE(failed);
        EXPECT_EQ(failed.error().code, ErrorCode::unavailable);
        EXPECT_THAT(failed.error().message, HasSubstr("make room"));
        EXPECT_FALSE(store->health()->writable);
    }
    vfs.heal();
    Transaction transaction = append(large(2));
    transaction.group = "g";
    transaction.finished = {1};
    const auto committed = store->commit(transaction);
    ASSERT_TRUE(committed) << committed.error().message;
    EXPECT_EQ(committed->appended[0].position, 2);
    EXPECT_EQ(committed->appended[0].sequence, 2);
    EXPECT_TRUE(store->health()->writable);
    EXPECT_EQ(store->groups()->at(0).position, 1);
    EXPECT_THAT(store->verify().value(), testing::IsEmpty());
}

TEST(Failure, FailedCommitFailsAllItsTransactions) {
    FaultyVfs vfs;
    SqliteFixture store;
    ASSERT_TRUE(store->commit(append(event(1))));
    vfs.fail(Operation::sync, SQLITE_IOERR_FSYNC, 0, true);
    std::atomic<int> failed = 0;
    for (std::int64_t i = 2; i <= 100; ++i) {
        store->submit(append(event(i)), [&](const Result<Committed>& result) {
            failed += !result && result.error().code == ErrorCode::unavailable ? 1 : 0;
        });
    }
    store.close();
    EXPECT_EQ(failed, 99);
}

/// Publishes and finishes until something fails; tells which events were acknowledged.
struct Story {
    explicit Story(SqliteFixture& store) : store_(store) {}

    void tell(int chapters) {
        for (int i = 0; i < chapters; ++i) {
            ++number_;
            Transaction transaction = append(large(number_, 3000));
            transaction.documents.push_back({.collection = "c", .key = "count", .body = "{}"});
            if (number_ > 1 && store_->last_position() >= number_ - 1) {
                transaction.group = "g";
                transaction.finished = {number_ - 1};
            }
            if (store_->commit(transaction)) {
                acknowledged_[number_] = transaction.appends[0].record.body;
            } else {
                --number_;
                ++failures_;
            }
        }
    }
    void check() {
        for (const auto& [number, body] : acknowledged_) {
            const auto found = store_->find(uuid(number));
            ASSERT_TRUE(found && *found) << "event " << number << " is lost";
            EXPECT_EQ((*found)->body, body);
        }
        EXPECT_THAT(store_->verify().value(), testing::IsEmpty());
        // One that failed may or may not be there; none else.
        EXPECT_GE(store_->last_position(), static_cast<std::int64_t>(acknowledged_.size()));
        EXPECT_LE(store_->last_position(), static_cast<std::int64_t>(acknowledged_.size()) + 1);
    }
    [[nodiscard]] int failures() const { return failures_; }

  private:
    SqliteFixture& store_;
    std::int64_t number_ = 0;
    int failures_ = 0;
    std::map<std::int64_t, std::string> acknowledged_;
};

class EveryOperation : public testing::TestWithParam<std::tuple<Operation, int, bool>> {};

TEST_P(EveryOperation, AcknowledgedEventsSurviveOneFailure) {
    const auto [operation, code, lasting] = GetParam();
    bool struck = true;
    int struck_times = 0;
    for (int after = 0; struck && after < 400; after += after < 30 ? 1 : 13) {
        SCOPED_TRACE("operation number " + std::to_string(after));
        FaultyVfs vfs;
        SqliteOptions options;
        options.wal_bytes = 64 * 4096;  // so that checkpoints take part
        SqliteFixture store(options);
        ASSERT_TRUE(store->open_group("g", true));
        Story story(store);
        vfs.fail(operation, code, after, lasting);
        story.tell(30);
        struck = vfs.struck();
        struck_times += struck ? 1 : 0;
        vfs.heal();
        store.reopen();
        story.check();
        ASSERT_TRUE(store->commit(append(event(100'000))));
    }
    EXPECT_GT(struck_times, 0) << "the fault never happened";
}

INSTANTIATE_TEST_SUITE_P(Store, EveryOperation,
                         testing::Values(std::tuple(Operation::write, SQLITE_IOERR_WRITE, false),
                                         std::tuple(Operation::write, SQLITE_FULL, true),
                                         std::tuple(Operation::sync, SQLITE_IOERR_FSYNC, false),
                                         std::tuple(Operation::sync, SQLITE_IOERR_FSYNC, true)));

/// A file system of a few MiB, when this may make one.
class SmallDisk {
  public:
    SmallDisk() {
        mounted_ = ::mount("tmpfs", directory_.path().c_str(), "tmpfs", 0, "size=3m") == 0;
    }
    ~SmallDisk() {
        if (mounted_) {
            ::umount2(directory_.path().c_str(), MNT_DETACH);
        }
    }
    SmallDisk(const SmallDisk&) = delete;
    SmallDisk& operator=(const SmallDisk&) = delete;
    [[nodiscard]] bool mounted() const { return mounted_; }
    [[nodiscard]] std::filesystem::path file() const { return directory_.file(); }
    bool remount_read_only() {
        return ::mount("tmpfs", directory_.path().c_str(), "tmpfs", MS_REMOUNT | MS_RDONLY,
                       "size=3m") == 0;
    }

  private:
    TempDirectory directory_;
    bool mounted_ = false;
};

TEST(RealDisk, FillsUpAndRecovers) {
    const SmallDisk disk;
    if (!disk.mounted()) {
        GTEST_SKIP() << "NOT TESTED: a small file system cannot be mounted (needs root)";
    }
    SqliteOptions options;
    options.path = disk.file();
    auto store = open_sqlite_store(options).value();
    const auto ballast = disk.file().parent_path() / "ballast";
    std::ofstream(ballast) << std::string(1024 * 1024, 'x');
    std::int64_t stored = 0;
    Result<Committed> last;
    while ((last = store->commit(append(large(stored + 1))))) {
        ASSERT_LT(++stored, 1000) << "the disk never filled up";
    }
    EXPECT_EQ(last.error().code, ErrorCode::unavailable);
    EXPECT_THAT(last.error().message, HasSubstr("make room"));
    EXPECT_EQ(store->last_position(), stored);
    EXPECT_EQ(store->count_beyond(0, {}).value(), stored);
    EXPECT_FALSE(store->commit(append(large(stored + 1))));
    std::filesystem::remove(ballast);
    last = store->commit(append(large(stored + 1)));
    ASSERT_TRUE(last) << last.error().message;
    EXPECT_EQ(last->appended[0].position, stored + 1);
    EXPECT_TRUE(store->health()->writable);
    store.reset();
    store = open_sqlite_store(options).value();
    EXPECT_EQ(store->last_position(), stored + 1);
    EXPECT_THAT(store->verify().value(), testing::IsEmpty());
}

TEST(RealDisk, ReadOnlyFileSystemCanBeRead) {
    SmallDisk disk;
    if (!disk.mounted()) {
        GTEST_SKIP() << "NOT TESTED: a small file system cannot be mounted (needs root)";
    }
    SqliteOptions options;
    options.path = disk.file();
    ASSERT_TRUE(open_sqlite_store(options).value()->commit(append(event(1))));
    ASSERT_TRUE(disk.remount_read_only());
    const auto refused = open_sqlite_store(options);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::unavailable);
    options.read_only = true;
    const auto store = open_sqlite_store(options);
    ASSERT_TRUE(store) << store.error().message;
    EXPECT_EQ((*store)->read(0, 10)->size(), 1U);
    EXPECT_EQ((*store)->last_position(), 1);
}

}  // namespace
}  // namespace quipu::test
