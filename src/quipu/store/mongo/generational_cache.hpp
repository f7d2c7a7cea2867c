// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

namespace quipu::stores {

/// Numbers by name, the recently used ones: when the young generation is full, the old one is
/// dropped.
class GenerationalCache {
  public:
    explicit GenerationalCache(std::size_t size) noexcept : size_(size) {}

    [[nodiscard]] std::optional<std::int64_t> find(const std::string& name) const {
        if (const auto found = young_.find(name); found != young_.end()) {
            return found->second;
        }
        const auto found = old_.find(name);
        return found == old_.end() ? std::nullopt : std::optional(found->second);
    }
    void set(const std::string& name, std::int64_t value) {
        if (young_.size() >= size_) {
            old_ = std::exchange(young_, {});
        }
        young_.insert_or_assign(name, value);
    }
    void clear() {
        young_.clear();
        old_.clear();
    }

  private:
    std::size_t size_;
    std::unordered_map<std::string, std::int64_t> young_;
    std::unordered_map<std::string, std::int64_t> old_;
};

}  // namespace quipu::stores
