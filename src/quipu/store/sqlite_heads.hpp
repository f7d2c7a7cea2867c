#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

#include "quipu/store/sqlite_handle.hpp"

namespace quipu::sqlite {

/// The last sequence of each aggregate (writer only). Recently used ones are kept in memory, in
/// two generations: when the young one is full, the old one is dropped.
class Heads {
  public:
    explicit Heads(const Connection& connection);

    /// 0 for an aggregate without events. Sequences are never given out twice: the head outlives
    /// the events.
    [[nodiscard]] std::int64_t last(const std::string& aggregate);
    void set(const std::string& aggregate, std::int64_t sequence);
    /// Called before the event `sequence` of `aggregate` leaves the log.
    void keep(const std::string& aggregate, std::int64_t sequence);
    void clear();

  private:
    std::int64_t stored(const std::string& aggregate);

    Statement newest_;
    Statement kept_;
    Statement keep_;
    std::optional<bool> any_kept_;
    const Connection& connection_;
    std::unordered_map<std::string, std::int64_t> young_;
    std::unordered_map<std::string, std::int64_t> old_;
};

}  // namespace quipu::sqlite
