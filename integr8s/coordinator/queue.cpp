// SPDX-License-Identifier: Apache-2.0
#include "integr8s/coordinator/queue.hpp"

#include <algorithm>
#include <numeric>

namespace integr8s {
namespace {

constexpr std::string_view state_key = "state";
constexpr std::size_t priorities = 5;
constexpr std::size_t number_digits = 19;

std::size_t rank(QueuePriority priority) {
    return static_cast<std::size_t>(priority);
}

std::string key_of(QueuePriority priority, std::string_view number) {
    std::string key = std::to_string(rank(priority)) + "-";
    key.append(number_digits - std::min(number_digits, number.size()), '0');
    key += number;
    return key;
}

std::size_t rank_of(std::string_view key) {
    return static_cast<std::size_t>(key.front() - '0');
}

}  // namespace

ExecutionQueue::ExecutionQueue(quipu::Documents& documents)
    : documents_(documents), state_(documents.get<QueueState>(state_key).value_or(QueueState{})) {
    state_.waiting.resize(priorities);
}

std::size_t ExecutionQueue::size() const {
    return ahead_of(QueuePriority::background);
}

std::size_t ExecutionQueue::ahead_of(QueuePriority priority) const {
    const auto end = state_.waiting.begin() + static_cast<std::ptrdiff_t>(rank(priority)) + 1;
    return static_cast<std::size_t>(std::accumulate(state_.waiting.begin(), end, std::int64_t{0}));
}

std::string ExecutionQueue::add(std::string_view execution_id, QueuePriority priority) {
    const std::string key = key_of(priority, std::to_string(state_.next_number++));
    documents_.put(
        key, QueueEntry{.execution_id = std::string(execution_id), .since = documents_.now()});
    count(rank(priority), 1);
    return key;
}

std::optional<std::string> ExecutionQueue::pop() {
    if (size() == 0) return std::nullopt;
    auto first = documents_.scan<QueueEntry>({}, 1);
    if (first.empty()) return std::nullopt;
    auto& [key, entry] = first.front();
    remove(key);
    return std::move(entry.execution_id);
}

void ExecutionQueue::remove(std::string_view key) {
    documents_.erase<QueueEntry>(key);
    count(rank_of(key), -1);
}

std::string ExecutionQueue::move(std::string_view key, QueuePriority priority) {
    const auto entry = documents_.get<QueueEntry>(key);
    if (!entry || rank_of(key) == rank(priority)) return std::string(key);
    std::string moved = key_of(priority, key.substr(2));
    remove(key);
    documents_.put(moved, *entry);
    count(rank(priority), 1);
    return moved;
}

void ExecutionQueue::count(std::size_t priority, std::int64_t change) {
    state_.waiting[priority] += change;
    documents_.put(state_key, state_);
}

}  // namespace integr8s
