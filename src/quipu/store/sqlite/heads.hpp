// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

#include "quipu/store/sqlite/handle.hpp"

namespace quipu::sqlite {

/// The last sequence of each aggregate (writer only). In memory are those of all events that the
/// index does not cover yet, which nothing else could find, and some others that were used lately:
/// in two generations, of which the old one is dropped when the young one is full.
class Heads {
  public:
    explicit Heads(const Connection& connection);

    /// 0 for an aggregate without events. Sequences are never given out twice: the head outlives
    /// the events.
    [[nodiscard]] std::int64_t last(const std::string& aggregate);
    /// The sequence of the newest event that the log still has; 0 when there is none.
    [[nodiscard]] std::int64_t newest(const std::string& aggregate);
    /// An event came that the index does not cover.
    void set(const std::string& aggregate, std::int64_t sequence);
    /// The same for one that the file had at the start.
    void load(const std::string& aggregate, std::int64_t sequence);
    /// Called before the event `sequence` of `aggregate` leaves the log.
    void keep(const std::string& aggregate, std::int64_t sequence);
    /// What came so far is being written to the index.
    void begin_filling();
    /// The index covers it.
    void end_filling();
    void clear();

  private:
    struct Head {
        std::int64_t newest = 0;
        std::int64_t last = 0;
    };
    using Uncovered = std::unordered_map<std::string, Head>;

    [[nodiscard]] const Head* uncovered(const std::string& aggregate) const;
    std::int64_t indexed(const std::string& aggregate);
    std::int64_t kept(const std::string& aggregate);
    void remember(const std::string& aggregate, std::int64_t sequence);

    Statement newest_;
    Statement kept_;
    Statement keep_;
    std::optional<bool> any_kept_;
    const Connection& connection_;
    Uncovered collected_;
    Uncovered filling_;
    std::unordered_map<std::string, std::int64_t> young_;
    std::unordered_map<std::string, std::int64_t> old_;
};

}  // namespace quipu::sqlite
