// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "store/fixture.hpp"

namespace quipu::test {

/// A store whose group "g" has finished events 1 to 6, of which the odd ones have key uuid(100) and
/// the even ones uuid(200).
class LetterTest : public testing::Test {
  protected:
    void SetUp() override {
        ASSERT_TRUE(store->open_group("g", true));
        for (std::int64_t i = 1; i <= 6; ++i) {
            ASSERT_TRUE(store->commit(append(event(i, "made", uuid(i % 2 == 1 ? 100 : 200)))));
        }
        Transaction finish;
        finish.group = "g";
        finish.finished_ranges = {{1, 6}};
        ASSERT_TRUE(store->commit(finish));
    }

    /// An entry of group g that waits for its retry.
    Parked entry(std::int64_t position) {
        return {.group = "g",
                .position = position,
                .key = store->at(position).value()->key,
                .due_at = at(1'800'000'100)};
    }
    DeadLetter failure(std::int64_t position, std::string error = "it failed") {
        DeadLetter letter;
        letter.group = "g";
        letter.record = std::make_shared<const Record>(*store->at(position).value());
        letter.attempts = {{.at = at(position), .error = error}};
        letter.error = std::move(error);
        letter.failed_at = at(1'800'000'000 + position);
        return letter;
    }
    /// Makes a dead letter that holds its key; returns its id.
    std::int64_t hold(std::int64_t position) {
        Transaction transaction;
        transaction.park = {entry(position)};
        transaction.park.front().due_at = Parked::never;
        transaction.dead_letters = {failure(position)};
        EXPECT_TRUE(store->commit(transaction));
        return store->parked("g", position - 1, 1).value().front().letter;
    }
    /// Makes one that does not.
    std::int64_t release(std::int64_t position) {
        Transaction transaction;
        transaction.dead_letters = {failure(position)};
        EXPECT_TRUE(store->commit(transaction));
        return store->dead_letters("g", std::nullopt, 0, 100).value().back().id;
    }
    Result<Committed> park(std::vector<Parked> entries) {
        Transaction transaction;
        transaction.park = std::move(entries);
        return store->commit(transaction);
    }
    /// The record of a requeued letter fails again and is held again.
    Result<Committed> fail_again(std::int64_t id, std::int64_t position, std::string error) {
        Transaction transaction;
        transaction.park = {entry(position)};
        transaction.park.front().due_at = Parked::never;
        transaction.dead_letters = {failure(position, std::move(error))};
        transaction.dead_letters.front().id = id;
        return store->commit(transaction);
    }
    /// It is handled.
    Result<Committed> resolve(std::int64_t id, std::int64_t position) {
        Transaction transaction;
        transaction.unpark = {entry(position)};
        transaction.resolved = {id};
        return store->commit(transaction);
    }
    DeadLetter letter(std::int64_t id) { return store->dead_letter(id).value().value(); }
    void expect_sound() { EXPECT_EQ(store->verify().value(), std::vector<std::string>{}); }

    Fixture store;
};

}  // namespace quipu::test
