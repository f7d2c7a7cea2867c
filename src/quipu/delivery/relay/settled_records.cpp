// SPDX-License-Identifier: Apache-2.0
#include "settled_records.hpp"

#include <algorithm>
#include <iterator>
#include <set>

namespace quipu {

namespace {

// Dead letters in one transaction; a store takes 16 MiB at once.
constexpr std::size_t max_letter_bytes = std::size_t{4} << 20;

using Ranges = std::vector<std::pair<std::int64_t, std::int64_t>>;

Ranges merged(Ranges ranges) {
    std::ranges::sort(ranges);
    Ranges out;
    for (const auto& range : ranges) {
        if (!out.empty() && range.first <= out.back().second + 1) {
            out.back().second = std::max(out.back().second, range.second);
        } else {
            out.push_back(range);
        }
    }
    return out;
}

}  // namespace

void SettledRecords::clear() {
    finished_.clear();
    letters_.clear();
    unparked_.clear();
}

bool SettledRecords::unparks(std::int64_t position) const {
    return std::ranges::find(unparked_, position, &Parked::position) != unparked_.end();
}

std::optional<std::int64_t> SettledRecords::first() const {
    std::optional<std::int64_t> lowest;
    const auto consider = [&](std::int64_t position) {
        lowest = std::min(lowest.value_or(position), position);
    };
    for (const auto& range : finished_) consider(range.first);
    for (const DeadLetter& letter : letters_) consider(letter.record->position);
    return lowest;
}

void SettledRecords::move_to(Transaction& transaction) {
    transaction.finished_ranges = std::exchange(finished_, {});
    move_letters_to(transaction);
    transaction.finished_ranges = merged(std::move(transaction.finished_ranges));
}

// A dead letter, its place in the checkpoint and the end of its parked entry are stored together.
void SettledRecords::move_letters_to(Transaction& transaction) {
    std::size_t bytes = 0;
    auto end = letters_.begin();
    for (; end != letters_.end(); ++end) {
        bytes += end->record->body.size() + end->record->headers.bytes().size();
        if (end != letters_.begin() && bytes > max_letter_bytes) break;
        transaction.finished_ranges.emplace_back(end->record->position, end->record->position);
    }
    transaction.dead_letters.assign(std::make_move_iterator(letters_.begin()),
                                    std::make_move_iterator(end));
    letters_.erase(letters_.begin(), end);
    // A requeued letter that was refused again must be a letter or a parked entry at any moment.
    std::set<std::int64_t> left;
    for (const DeadLetter& letter : letters_) left.insert(letter.record->position);
    const auto kept = std::partition(unparked_.begin(), unparked_.end(), [&](const Parked& entry) {
        return !left.contains(entry.position);
    });
    transaction.unpark.assign(unparked_.begin(), kept);
    unparked_.erase(unparked_.begin(), kept);
    for (const Parked& entry : transaction.unpark) {
        const bool failed = std::ranges::any_of(
            transaction.dead_letters,
            [&](const DeadLetter& letter) { return letter.id == entry.letter; });
        if (entry.letter != 0 && !failed) transaction.resolved.push_back(entry.letter);
    }
}

void SettledRecords::take_back(const Transaction& transaction) {
    finished_.insert(finished_.end(), transaction.finished_ranges.begin(),
                     transaction.finished_ranges.end());
    letters_.insert(letters_.begin(), transaction.dead_letters.begin(),
                    transaction.dead_letters.end());
    unparked_.insert(unparked_.begin(), transaction.unpark.begin(), transaction.unpark.end());
}

}  // namespace quipu
