#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
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
    /// The lowest position; there must be one.
    [[nodiscard]] std::int64_t first() const { return keys_.begin()->first; }
    [[nodiscard]] std::vector<std::int64_t> positions() const;

  private:
    std::map<std::int64_t, std::string> keys_;
    std::unordered_map<std::string, std::set<std::int64_t>> by_key_;
};

}  // namespace quipu
