// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <algorithm>
#include <cstdlib>
#include <future>
#include <random>

#include "store/fixture.hpp"
#include "store/model.hpp"

namespace quipu::test {
namespace {

/// Does the same random things to a store and to the model, and compares them.
class Walk {
  public:
    explicit Walk(std::uint64_t seed) : random_(seed), store_(options(seed)) {}

    void run(int steps) {
        for (int i = 0; i < steps && !testing::Test::HasFailure(); ++i) {
            SCOPED_TRACE("step " + std::to_string(i));
            step();
            if (i % 100 == 99) {
                compare();
            }
        }
        store_.reopen();
        compare();
        // The walk parks and buries what no group has finished; that alone is to be reported.
        auto problems = store_->verify().value();
        std::erase_if(problems, [](const std::string& problem) {
            return problem.contains("is not finished by") || problem.contains("not listed") ||
                   problem.contains("dead letter");
        });
        EXPECT_THAT(problems, testing::IsEmpty());
    }

  private:
    static StoreBounds options(std::uint64_t seed) {
        StoreBounds options;
        options.cache_records = seed % 3 == 0 ? 0 : 20;
        options.max_batch_records = seed % 2 == 0 ? 4 : 1000;
        options.wal_bytes = 100 * 4096;
        options.index_portion = seed % 50;
        return options;
    }
    std::int64_t below(std::int64_t bound) {
        return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(bound));
    }
    bool chance(int percent) { return below(100) < percent; }
    std::string group() { return "group" + std::to_string(below(3)); }
    /// Mostly new, sometimes known, in three forms.
    std::string event_id() {
        const std::int64_t number = chance(90) ? ++made_ : below(made_ + 1);
        switch (number % 4) {
            case 0: return "plain-" + std::to_string(number);
            case 1: return "f" + uuid(number).substr(1, 13) + "4" + uuid(number).substr(15);
            default: return uuid(number);
        }
    }
    std::int64_t position() { return 1 + below(model_.last_position() + 1); }

    Append random_append() {
        Record record;
        record.event_id = event_id();
        record.event_type = "type" + std::to_string(std::hash<std::string>{}(record.event_id) % 5);
        record.aggregate_id = chance(70) ? uuid(10'000 + below(8)) : chance(50) ? "odd one" : "";
        record.key = chance(70) ? record.aggregate_id : "key" + std::to_string(below(5));
        record.timestamp = at(1000 + below(1000));
        if (chance(50)) {
            record.expires_at = at(1000 + below(1000));
        }
        if (chance(30)) {
            record.headers = {{"n", std::to_string(below(9))}, {"", std::string(1, '\0')}};
        }
        record.body = "{\"id\":\"" + record.event_id + "\"}";
        if (chance(1)) {
            record.body += " changed";
        }
        Append append{.record = std::move(record), .expected_sequence = {}};
        if (chance(10) && !append.record.aggregate_id.empty()) {
            append.expected_sequence = below(10);
        }
        return append;
    }

    Parked random_parked() {
        Parked parked{group(), position(), "key", at(below(100)), {}};
        for (std::int64_t i = below(3); i > 0; --i) {
            parked.attempts.push_back({at(i), "error " + std::to_string(i)});
        }
        return parked;
    }

    Transaction random_transaction() {
        Transaction transaction;
        for (std::int64_t i = chance(60) ? 1 : below(4); i > 0; --i) {
            transaction.appends.push_back(random_append());
        }
        if (chance(40)) {
            transaction.group = group();
            for (std::int64_t i = below(3); i > 0; --i) {
                transaction.finished.push_back(position());
            }
            if (chance(20)) {
                const std::int64_t first = position();
                transaction.finished_ranges.emplace_back(first, first + below(4));
            }
            std::erase_if(transaction.finished,
                          [&](std::int64_t p) { return p > model_.last_position(); });
        }
        for (std::int64_t i = chance(30) ? 1 + below(2) : 0; i > 0; --i) {
            transaction.documents.push_back(
                {"c" + std::to_string(below(2)), "k" + std::to_string(below(4)),
                 chance(75) ? std::optional("{}" + std::to_string(i)) : std::nullopt});
        }
        if (chance(15)) {
            const std::string collection = "c" + std::to_string(below(2));
            const std::string key = "k" + std::to_string(below(4));
            const auto found = model_.documents.find({collection, key});
            const std::int64_t now = found == model_.documents.end() ? 0 : found->second.revision;
            transaction.guards.push_back({collection, key, now + (chance(80) ? 0 : 1)});
        }
        if (chance(15)) {
            transaction.park.push_back(random_parked());
            // A parked record needs its event; one that left the log is never parked.
            std::erase_if(transaction.park, [&](const Parked& each) {
                return each.position <= model_.last_position() &&
                       !model_.log.contains(each.position);
            });
        }
        if (chance(10) && !model_.parked.empty()) {
            transaction.unpark.push_back(
                std::next(model_.parked.begin(),
                          below(static_cast<std::int64_t>(model_.parked.size())))
                    ->second);
        }
        if (chance(8) && !model_.log.empty()) {
            DeadLetter& letter = transaction.dead_letters.emplace_back();
            letter.group = group();
            letter.record = std::make_shared<const Record>(
                std::next(model_.log.begin(), below(static_cast<std::int64_t>(model_.log.size())))
                    ->second);
            letter.error = "gave up";
            letter.attempts = {{at(1), "once"}};
            letter.failed_at = at(below(50));
            if (chance(60)) {
                transaction.park.push_back(held_by(letter));
            }
        }
        if (chance(10)) {
            settle_one(transaction);
        }
        return transaction;
    }

    static Parked held_by(const DeadLetter& letter) {
        return {.group = letter.group,
                .position = letter.record->position,
                .key = letter.record->key,
                .due_at = Parked::never};
    }

    /// Says of a letter, mostly a requeued one, that it was handled or failed again.
    void settle_one(Transaction& transaction) {
        std::vector<std::int64_t> ids{below(static_cast<std::int64_t>(model_.letters.size()) + 2)};
        for (const auto& [id, letter] : model_.letters) {
            if (letter.status == DeadLetter::Status::requeued) {
                ids.push_back(id);
            }
        }
        const std::int64_t id = ids[static_cast<std::size_t>(below(std::ssize(ids)))];
        const auto found = model_.letters.find(id);
        if (id == 0 || found == model_.letters.end() || chance(50)) {
            transaction.resolved.push_back(id);
        } else {
            DeadLetter& again = transaction.dead_letters.emplace_back(found->second);
            again.error = "again";
            again.attempts = {{at(2), "twice"}};
            if (model_.log.contains(again.record->position)) {
                transaction.park.push_back(held_by(again));
                std::erase_if(transaction.park, [&](const Parked& each) {
                    return !model_.groups.contains(each.group);
                });
            }
        }
        const auto entry =
            found == model_.letters.end()
                ? model_.parked.end()
                : model_.parked.find({found->second.group, found->second.record->position});
        if (entry != model_.parked.end() && transaction.unpark.empty()) {
            transaction.unpark.push_back(entry->second);
        }
    }

    /// Several at a time, so that they share commits; the store answers in order of submission.
    void transactions() {
        const auto count = static_cast<std::size_t>(1 + (chance(30) ? below(12) : 0));
        std::vector<std::promise<Result<Committed>>> answers(count);
        std::vector<Result<Committed>> expected;
        const Time time = now();
        for (std::size_t i = 0; i < count; ++i) {
            const Transaction transaction = random_transaction();
            expected.push_back(model_.commit(transaction, time));
            store_->submit(transaction, [&answers, i](Result<Committed> result) {
                answers[i].set_value(std::move(result));
            });
        }
        for (std::size_t i = 0; i < count; ++i) {
            const auto got = answers[i].get_future().get();
            ASSERT_EQ(got.has_value(), expected[i].has_value())
                << (got ? "stored" : got.error().message);
            for (std::size_t k = 0; got && k < got->appended.size(); ++k) {
                EXPECT_EQ(got->appended[k].position, expected[i]->appended[k].position);
                EXPECT_EQ(got->appended[k].sequence, expected[i]->appended[k].sequence);
                EXPECT_EQ(got->appended[k].duplicate, expected[i]->appended[k].duplicate);
            }
        }
    }

    Time now() {
        const Time time = at(1'800'000'000 + ++clock_);
        store_.set_time(time);
        return time;
    }

    void step() {
        const std::int64_t kind = below(100);
        if (kind < 85) {
            transactions();
        } else if (kind < 88) {
            const std::string name = group();
            const bool earliest = chance(50);
            model_.open_group(name, earliest);
            ASSERT_TRUE(store_->open_group(name, earliest));
        } else if (kind < 91) {
            const std::int64_t id = below(static_cast<std::int64_t>(model_.letters.size()) + 2);
            const Time time = now();
            const Decision decision{"tester " + std::to_string(id), chance(50) ? "why" : ""};
            EXPECT_EQ(store_->requeue(id, decision).has_value(),
                      model_.requeue(id, decision, time));
        } else if (kind < 93) {
            const std::int64_t id = below(static_cast<std::int64_t>(model_.letters.size()) + 2);
            const Time time = now();
            const Decision decision{chance(50) ? "tester" : "", "note"};
            EXPECT_EQ(store_->discard(id, decision).has_value(),
                      model_.discard(id, decision, time));
        } else if (kind < 96) {
            const Time time = at(1000 + below(1000));
            EXPECT_EQ(store_->purge(time, 100'000).value(), model_.purge(time));
        } else if (kind < 98) {
            const auto chosen = model_.log.find(position());
            if (chosen != model_.log.end()) {
                const std::string id = chosen->second.event_id;
                EXPECT_EQ(store_->archive(id, "me", "why").has_value(), model_.archive(id));
            }
        } else {
            store_.reopen();
        }
    }

    static void expect_equal(const Record& a, const Record& b) {
        EXPECT_EQ(a.position, b.position);
        EXPECT_EQ(a.event_id, b.event_id);
        EXPECT_EQ(a.event_type, b.event_type);
        EXPECT_EQ(a.key, b.key);
        EXPECT_EQ(a.aggregate_id, b.aggregate_id);
        EXPECT_EQ(a.sequence, b.sequence);
        EXPECT_EQ(a.timestamp, b.timestamp);
        EXPECT_EQ(a.stored_at, b.stored_at);
        EXPECT_EQ(a.expires_at, b.expires_at);
        EXPECT_EQ(a.headers, b.headers);
        EXPECT_EQ(a.body, b.body);
    }
    static void expect_equal(const std::vector<Attempt>& a, const std::vector<Attempt>& b) {
        ASSERT_EQ(a.size(), b.size());
        for (std::size_t i = 0; i < a.size(); ++i) {
            EXPECT_EQ(a[i].at, b[i].at);
            EXPECT_EQ(a[i].error, b[i].error);
        }
    }

    void compare() {
        compare_log();
        compare_queries();
        compare_groups();
        compare_documents();
        compare_letters();
        compare_parked_pages();
    }

    void compare_log() {
        EXPECT_EQ(store_->last_position(), model_.last_position());
        EXPECT_EQ(store_->health()->events, static_cast<std::int64_t>(model_.log.size()));
        std::int64_t after = 0;
        auto expected = model_.log.begin();
        for (;;) {
            const auto records = store_->read(after, static_cast<std::size_t>(1 + below(50)));
            ASSERT_TRUE(records);
            if (records->empty()) {
                break;
            }
            for (const auto& record : *records) {
                ASSERT_NE(expected, model_.log.end());
                expect_equal(*record, expected->second);
                ++expected;
                after = record->position;
            }
        }
        EXPECT_EQ(expected, model_.log.end());
        const std::int64_t from = below(model_.last_position() + 2);
        EXPECT_EQ(store_->count_beyond(from, {}).value(),
                  std::distance(model_.log.upper_bound(from), model_.log.end()));
        for (const auto& [id, record] : model_.archived) {
            EXPECT_FALSE(store_->find(id).value());
            const auto archived = store_->archived(id).value();
            ASSERT_TRUE(archived);
            expect_equal(archived->record, record);
        }
    }

    void compare_queries() {
        EventQuery query;
        query.newest_first = chance(50);
        query.limit = static_cast<std::size_t>(1 + below(40));
        for (int type = 0; chance(50) && type < 4; ++type) {
            query.event_types.push_back("type" + std::to_string(below(6)));
        }
        if (chance(40)) {
            query.aggregate_id = uuid(10'000 + below(9));
        }
        if (chance(40)) {
            query.from = at(1000 + below(500));
        }
        if (chance(40)) {
            query.until = at(1400 + below(500));
        }
        std::vector<const Record*> expected;
        for (const auto& [position, record] : model_.log) {
            const bool type = query.event_types.empty() ||
                              std::ranges::count(query.event_types, record.event_type) > 0;
            const bool aggregate =
                query.aggregate_id.empty() || query.aggregate_id == record.aggregate_id;
            const bool time = (!query.from || record.timestamp >= *query.from) &&
                              (!query.until || record.timestamp < *query.until);
            if (type && aggregate && time) {
                expected.push_back(&record);
            }
        }
        if (query.aggregate_id.empty() && (query.from || query.until)) {
            std::ranges::sort(expected, {}, [](const Record* record) {
                return std::pair(record->timestamp, record->position);
            });
        }
        if (query.newest_first) {
            std::ranges::reverse(expected);
        }
        std::size_t seen = 0;
        do {
            const auto page = store_->query(query);
            ASSERT_TRUE(page) << page.error().message;
            for (const auto& record : page->records) {
                ASSERT_LT(seen, expected.size());
                expect_equal(record, *expected[seen++]);
            }
            query.cursor = page->next_cursor;
        } while (!query.cursor.empty());
        EXPECT_EQ(seen, expected.size());
    }

    void compare_groups() {
        const auto groups = store_->groups().value();
        ASSERT_EQ(groups.size(), model_.groups.size());
        for (const auto& group : groups) {
            std::set<std::int64_t> finished(group.finished_above.begin(),
                                            group.finished_above.end());
            for (std::int64_t position = 1; position <= group.position; ++position) {
                finished.insert(position);
            }
            EXPECT_EQ(finished, model_.groups.at(group.group)) << group.group;
            EXPECT_FALSE(finished.contains(group.position + 1));
        }
    }

    void compare_documents() {
        for (const char* collection : {"c0", "c1"}) {
            std::vector<Document> expected;
            for (const auto& [name, document] : model_.documents) {
                if (name.first == collection) {
                    expected.push_back(document);
                }
            }
            const auto documents = store_->documents(collection, "k", "", 100).value();
            ASSERT_EQ(documents.size(), expected.size());
            for (std::size_t i = 0; i < documents.size(); ++i) {
                EXPECT_EQ(documents[i].key, expected[i].key);
                EXPECT_EQ(documents[i].body, expected[i].body);
                EXPECT_EQ(documents[i].revision, expected[i].revision);
            }
        }
    }

    void compare_letters() {
        std::size_t count = 0;
        for (const auto& [name, finished] : model_.groups) {
            const auto parked = store_->parked(name).value();
            count += parked.size();
            for (const auto& each : parked) {
                const auto found = model_.parked.find({name, each.position});
                ASSERT_NE(found, model_.parked.end());
                EXPECT_EQ(each.key, found->second.key);
                EXPECT_EQ(each.due_at, found->second.due_at);
                EXPECT_EQ(each.letter, found->second.letter);
                expect_equal(each.attempts, found->second.attempts);
            }
        }
        EXPECT_EQ(count, std::ranges::count_if(model_.parked, [&](const auto& each) {
                      return model_.groups.contains(each.first.first);
                  }));
        const auto letters = store_->dead_letters("", std::nullopt, 0, 100'000).value();
        ASSERT_EQ(letters.size(), model_.letters.size());
        for (const auto& letter : letters) {
            const DeadLetter& expected = model_.letters.at(letter.id);
            EXPECT_EQ(letter.group, expected.group);
            expect_equal(*letter.record, *expected.record);
            EXPECT_EQ(letter.error, expected.error);
            EXPECT_EQ(letter.failed_at, expected.failed_at);
            EXPECT_EQ(letter.status, expected.status);
            EXPECT_EQ(letter.note, expected.note);
            expect_equal(letter.attempts, expected.attempts);
            EXPECT_EQ(letter.holds_key, model_.holds_key(expected)) << letter.id;
            ASSERT_EQ(letter.history.size(), expected.history.size()) << letter.id;
            for (std::size_t i = 0; i < letter.history.size(); ++i) {
                EXPECT_EQ(letter.history[i].what, expected.history[i].what);
                EXPECT_EQ(letter.history[i].at, expected.history[i].at);
                EXPECT_EQ(letter.history[i].decision.by, expected.history[i].decision.by);
                EXPECT_EQ(letter.history[i].decision.reason, expected.history[i].decision.reason);
            }
        }
    }

    /// The pages of what is parked, of a group and of a key, and what of some positions is.
    void compare_parked_pages() {
        const std::string name = group();
        const std::int64_t after = below(model_.last_position() + 1);
        const auto limit = static_cast<std::size_t>(below(20));
        const std::string key = chance(50) ? "key" : uuid(10'000 + below(8));
        std::vector<std::int64_t> page;
        std::vector<std::int64_t> of_key;
        std::vector<std::int64_t> all;
        for (const auto& [place, entry] : model_.parked) {
            if (place.first != name) continue;
            all.push_back(place.second);
            if (place.second <= after) continue;
            if (page.size() < limit) page.push_back(place.second);
            if (entry.key == key && of_key.size() < limit) of_key.push_back(place.second);
        }
        const auto positions_of = [](const Result<std::vector<Parked>>& entries) {
            std::vector<std::int64_t> out;
            for (const Parked& entry : entries.value()) out.push_back(entry.position);
            return out;
        };
        EXPECT_EQ(positions_of(store_->parked(name, after, limit)), page);
        EXPECT_EQ(positions_of(store_->parked_of_key(name, key, after, limit)), of_key);
        std::vector<std::int64_t> asked{model_.last_position() + 1};
        for (std::int64_t i = 1; i <= model_.last_position(); i += 2) asked.push_back(i);
        std::erase_if(all, [](std::int64_t at) { return at % 2 == 0; });
        EXPECT_EQ(store_->still_parked(name, asked).value(), all);
    }

    std::mt19937_64 random_;
    Fixture store_;
    Model model_;
    std::int64_t made_ = 0;
    std::int64_t clock_ = 0;
};

/// QUIPU_MODEL_SEED repeats one walk; QUIPU_MODEL_WALKS makes more of them.
TEST(StoreAgainstModel, StoreAgreesWithTheModelOverRandomTransactions) {
    const char* fixed = std::getenv("QUIPU_MODEL_SEED");
    const char* walks = std::getenv("QUIPU_MODEL_WALKS");
    const char* engine = std::getenv("QUIPU_TEST_STORE");  // a server is slower than a file
    const int usual = engine != nullptr && std::string_view(engine) == "mongo" ? 1 : 3;
    const int count = fixed != nullptr ? 1 : walks != nullptr ? std::atoi(walks) : usual;
    for (int i = 0; i < count && !HasFailure(); ++i) {
        const std::uint64_t seed =
            fixed != nullptr ? std::strtoull(fixed, nullptr, 10) : std::random_device{}();
        SCOPED_TRACE("QUIPU_MODEL_SEED=" + std::to_string(seed));
        Walk(seed).run(400);
    }
}

}  // namespace
}  // namespace quipu::test
