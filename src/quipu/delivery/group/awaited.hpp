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

/// What a group knows from the store and has not begun: the records that a topic log still has to
/// bring, or that came before their time. Tells whether a record must wait for an earlier one of
/// its key. Not thread-safe.
class Awaited {
  public:
    void add(std::int64_t position, const std::string& key);
    void remove(std::int64_t position);
    [[nodiscard]] bool contains(std::int64_t position) const { return keys_.contains(position); }
    /// Whether an earlier record of `key` is awaited.
    [[nodiscard]] bool before(std::int64_t position, const std::string& key) const;
    [[nodiscard]] bool empty() const noexcept { return keys_.empty(); }
    [[nodiscard]] std::size_t size() const noexcept { return keys_.size(); }
    /// The key of an awaited record, else null.
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
    /// take_firsts() gives it, if it is the first of its key.
    void release_if_first(std::int64_t position);
    /// Positions that have become the first awaited one of their key since the last call.
    [[nodiscard]] std::vector<std::int64_t> take_firsts() { return std::exchange(firsts_, {}); }

  private:
    std::map<std::int64_t, std::string> keys_;
    std::unordered_map<std::string, std::set<std::int64_t>> by_key_;
    std::vector<std::int64_t> firsts_;
};

}  // namespace quipu
