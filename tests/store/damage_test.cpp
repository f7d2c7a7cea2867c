// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <sqlite3.h>

#include <fstream>
#include <sstream>

#include "quipu/store/engine/values.hpp"
#include "store/sqlite/fixture.hpp"

namespace quipu::test {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

std::string contents(const std::filesystem::path& path) {
    std::ostringstream out;
    out << std::ifstream(path, std::ios::binary).rdbuf();
    return out.str();
}

void overwrite(const std::filesystem::path& path, std::size_t offset, std::string_view bytes) {
    std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(static_cast<std::streamoff>(offset));
    file << bytes;
}

class Damage : public testing::Test {
  protected:
    void SetUp() override {
        ASSERT_TRUE(store->open_group("g", true));
        for (std::int64_t i = 1; i <= 5; ++i) {
            Record record = event(i, "made", uuid(500));
            record.body = "{\"unmistakable\":" + std::to_string(i) + "}";
            ASSERT_TRUE(store->commit(append(record)));
        }
        Transaction transaction;
        transaction.documents.push_back({.collection = "c", .key = "k", .body = "document body"});
        transaction.group = "g";
        transaction.finished = {1, 3};
        DeadLetter& letter = transaction.dead_letters.emplace_back();
        letter.group = "g";
        letter.record = std::make_shared<const Record>(*store->at(1).value());
        ASSERT_TRUE(store->commit(transaction));
    }
    void change_bytes(std::string_view from, std::string_view to) {
        store.close();
        const auto path = store.directory().file();
        const auto offset = contents(path).find(from);
        ASSERT_NE(offset, std::string::npos);
        overwrite(path, offset, to);
        store.open();
    }
    void change_rows(const char* sql) {
        store.close();
        sqlite3* db = nullptr;
        ASSERT_EQ(sqlite3_open(store.directory().file().c_str(), &db), SQLITE_OK);
        EXPECT_EQ(sqlite3_exec(db, sql, nullptr, nullptr, nullptr), SQLITE_OK)
            << sqlite3_errmsg(db);
        sqlite3_close(db);
        store.open();
    }
    /// With its checksum.
    void set_offset(std::int64_t position) {
        const std::string sql =
            "UPDATE group_offsets SET position = " + std::to_string(position) +
            ", checksum = " + std::to_string(stores::finished_checksum("g", 1, position));
        change_rows(sql.c_str());
    }
    std::vector<std::string> problems() { return store->verify().value(); }

    SqliteFixture store;
};

TEST_F(Damage, ASoundStoreHasNoProblems) {
    EXPECT_THAT(problems(), IsEmpty());
}

TEST_F(Damage, AChangedByteIsNeverServed) {
    change_bytes("\"unmistakable\":3", "\"unmistakable\":8");
    EXPECT_EQ(store->at(3).error().code, ErrorCode::corrupt);
    EXPECT_EQ(store->find(uuid(3)).error().code, ErrorCode::corrupt);
    // The sound ones are served; the log stops at the damage and says where.
    EXPECT_TRUE(store->at(2).value().has_value());
    EXPECT_EQ(store->read(0, 10)->size(), 2U);
    const auto stopped = store->read(2, 10);
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().code, ErrorCode::corrupt);
    EXPECT_THAT(stopped.error().message, HasSubstr("position 3"));
    const auto page = store->query({}).value();
    EXPECT_EQ(page.records.size(), 4U);
    EXPECT_THAT(page.damaged, testing::ElementsAre(3));
    EXPECT_THAT(problems(), Contains(HasSubstr("position 3")));
    // Without the damaged event the log can be read further.
    ASSERT_TRUE(store->archive(uuid(3), "me", "damaged"));
    EXPECT_EQ(store->read(0, 10)->size(), 4U);
    EXPECT_EQ(store->archived(uuid(3)).error().code, ErrorCode::corrupt);
}

TEST_F(Damage, AChangedDocumentIsNeverServed) {
    change_bytes("document body", "document b0dy");
    EXPECT_EQ(store->document("c", "k").error().code, ErrorCode::corrupt);
    EXPECT_EQ(store->documents("c", "", "", 10).error().code, ErrorCode::corrupt);
    EXPECT_THAT(problems(), Contains(HasSubstr("c/k")));
}

TEST_F(Damage, ABrokenPageIsReported) {
    store.close();
    const auto path = store.directory().file();
    const auto bytes = contents(path);
    for (std::size_t page = 4096; page < bytes.size(); page += 4096) {
        if (bytes.find("\"unmistakable\":5", page) < page + 4096) {
            overwrite(path, page, std::string(200, '\x55'));
        }
    }
    SqliteOptions options = store.options();
    auto opened = open_sqlite_store(options);
    if (opened) {
        EXPECT_THAT((*opened)->verify().value(), testing::Not(IsEmpty()));
        const auto read = (*opened)->read(0, 10);
        EXPECT_FALSE(read);
        EXPECT_EQ(read.error().code, ErrorCode::corrupt);
    } else {
        EXPECT_EQ(opened.error().code, ErrorCode::corrupt);
    }
}

TEST_F(Damage, TruncatedFileIsReported) {
    store.close();
    const auto path = store.directory().file();
    std::filesystem::resize_file(path, std::filesystem::file_size(path) / 4096 / 2 * 4096);
    const auto opened = open_sqlite_store(store.options());
    if (opened) {
        EXPECT_THAT((*opened)->verify().value(), testing::Not(IsEmpty()));
    } else {
        EXPECT_EQ(opened.error().code, ErrorCode::corrupt);
    }
}

TEST_F(Damage, AGarbledHeaderIsReported) {
    store.close();
    overwrite(store.directory().file(), 0, std::string(100, 'x'));
    const auto opened = open_sqlite_store(store.options());
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, ErrorCode::corrupt);
}

TEST_F(Damage, AMissingEventIsReported) {
    change_rows("DELETE FROM events WHERE position = 2");
    EXPECT_THAT(problems(), Contains(HasSubstr("positions 2 to 2 are missing")));
    EXPECT_THAT(problems(), Contains(HasSubstr("sequence 3 after 1")));
}

TEST_F(Damage, RemovedPositionWithAnEventIsReported) {
    change_rows("INSERT INTO removed VALUES(4, 4)");
    EXPECT_THAT(problems(), Contains(HasSubstr("position 4 is marked removed")));
}

TEST_F(Damage, AnOffsetBeyondTheLogIsReported) {
    set_offset(99);
    EXPECT_THAT(problems(), Contains(HasSubstr("beyond the end")));
}

TEST_F(Damage, AChangedOffsetIsNeverServed) {
    ASSERT_TRUE(store->open_group("other", true));
    change_rows("UPDATE group_offsets SET position = position + 1 WHERE group_name = 'g'");
    EXPECT_EQ(store->groups().error().code, ErrorCode::corrupt);
    EXPECT_THAT(store->groups().error().message, HasSubstr("group g"));
    EXPECT_EQ(store->unfinished("g", {2}).error().code, ErrorCode::corrupt);
    EXPECT_EQ(store->open_group("g", true).error().code, ErrorCode::corrupt);
    Transaction finishes;
    finishes.group = "g";
    finishes.finished = {4};
    EXPECT_EQ(store->commit(finishes).error().code, ErrorCode::corrupt);
    // The others are served, and nothing of the damaged one is written over.
    finishes.group = "other";
    EXPECT_TRUE(store->commit(finishes));
    ASSERT_TRUE(store->archive(uuid(5), "me", ""));
    EXPECT_TRUE(store->open_group("third", true));
    EXPECT_THAT(problems(), Contains(HasSubstr("what group g has finished")));
}

TEST_F(Damage, AChangedFinishedRangeIsNeverServed) {
    change_rows("UPDATE inbox SET last = last + 1");
    EXPECT_EQ(store->groups().error().code, ErrorCode::corrupt);
    EXPECT_EQ(store->unfinished("g", {4}).error().code, ErrorCode::corrupt);
    EXPECT_EQ(store->open_group("g", true).error().code, ErrorCode::corrupt);
    EXPECT_THAT(problems(), Contains(HasSubstr("what group g has finished")));
}

TEST_F(Damage, ALostFinishIsReported) {
    set_offset(0);
    EXPECT_THAT(problems(), Contains(HasSubstr("handled again")));
}

TEST_F(Damage, AnInboxWithoutItsGroupIsReported) {
    change_rows("DELETE FROM group_offsets");
    EXPECT_THAT(problems(), Contains(HasSubstr("no offset")));
}

TEST_F(Damage, AParkedRecordWithoutItsEventIsReported) {
    change_rows("INSERT INTO parked VALUES('g', 77, 'k', 0, x'', '', 0)");
    EXPECT_THAT(problems(), Contains(HasSubstr("has no event")));
}

/// Its fixture has one dead letter: of group g, at position 1, open.
TEST_F(Damage, ParkedRecordContradictingItsDeadLetterIsReported) {
    const auto park = [&](const std::string& position, bool held, const std::string& letter) {
        const std::string due =
            held ? std::to_string(Parked::never.time_since_epoch().count()) : "5";
        const std::string sql = "DELETE FROM parked; INSERT INTO parked VALUES('g', " + position +
                                ", 'k', " + due + ", x'', '', " + letter + ")";
        change_rows(sql.c_str());
        return problems();
    };
    constexpr bool held = true;
    EXPECT_THAT(park("1", held, "1"), testing::IsEmpty());
    EXPECT_THAT(park("1", held, "0"), Contains(HasSubstr("is held by no dead letter")));
    EXPECT_THAT(park("1", held, "9"), Contains(HasSubstr("dead letter 9, which is not of this")));
    EXPECT_THAT(park("2", held, "1"), Contains(HasSubstr("dead letter 1, which is not of this")));
    EXPECT_THAT(park("1", !held, "1"), Contains(HasSubstr("its dead letter 1 is open")));
    change_rows("UPDATE dead_letters SET status = 1");
    EXPECT_THAT(park("1", !held, "1"), testing::IsEmpty());
    EXPECT_THAT(park("1", held, "1"), Contains(HasSubstr("its dead letter 1 is requeued")));
    change_rows("UPDATE dead_letters SET status = 3");
    EXPECT_THAT(park("1", !held, "1"), Contains(HasSubstr("its dead letter 1 is resolved")));
}

TEST_F(Damage, DuplicateSequenceIsReported) {
    change_rows("UPDATE events SET sequence = 1 WHERE position = 2");
    EXPECT_THAT(problems(), Contains(HasSubstr("sequence 1 after 1")));
}

TEST_F(Damage, MissingIndexRowIsReported) {
    change_rows("DELETE FROM field_index WHERE position = 2");
    EXPECT_THAT(problems(), Contains(HasSubstr("lacks position 2")));
}

TEST_F(Damage, IndexRowWithoutItsEventIsReported) {
    change_rows("INSERT INTO field_index VALUES(2, 'tnobody', 2)");
    EXPECT_THAT(problems(), Contains(HasSubstr("6 rows, of which the events explain 5")));
}

TEST_F(Damage, AnIndexBeyondTheLogIsReported) {
    change_rows("UPDATE meta SET value = 99 WHERE name = 'indexed_to'");
    EXPECT_THAT(problems(), Contains(HasSubstr("beyond the end of the log")));
}

}  // namespace
}  // namespace quipu::test
