// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace quipu {

/// The records that a group knows from the store and has not begun: a topic log still has to bring
/// them, or has brought them out of order. Tells whether a record must wait for an earlier one of
/// its key. Not thread-safe.
class PendingPredecessors {
  public:
    void add(std::int64_t position, const std::string& key);
    void remove(std::int64_t position);
    [[nodiscard]] bool contains(std::int64_t position) const { return keys_.contains(position); }
    /// Whether an earlier record of `key` is pending.
    [[nodiscard]] bool before(std::int64_t position, const std::string& key) const;
    [[nodiscard]] bool empty() const noexcept { return keys_.empty(); }
    [[nodiscard]] std::size_t size() const noexcept { return keys_.size(); }
    /// The key of a pending record, otherwise null.
    [[nodiscard]] const std::string* key_of(std::int64_t position) const {
        const auto found = keys_.find(position);
        return found == keys_.end() ? nullptr : &found->second;
    }
    /// The first record of `key`; there must be one.
    [[nodiscard]] std::int64_t first_of(const std::string& key) const {
        return *by_key_.at(key).begin();
    }
    /// Those from `from` to `to`, both included.
    [[nodiscard]] std::vector<std::int64_t> between(std::int64_t from, std::int64_t to) const;
    /// The lowest position; there must be one.
    [[nodiscard]] std::int64_t first() const { return keys_.begin()->first; }
    [[nodiscard]] std::vector<std::int64_t> positions() const;
    /// Makes take_released() give a record, if it is the first of its key.
    void release_if_first(std::int64_t position);
    /// Positions that have become the first pending one of their key since the last call.
    [[nodiscard]] std::vector<std::int64_t> take_released() { return std::exchange(released_, {}); }

  private:
    std::map<std::int64_t, std::string> keys_;
    std::unordered_map<std::string, std::set<std::int64_t>> by_key_;
    std::vector<std::int64_t> released_;
};

}  // namespace quipu
