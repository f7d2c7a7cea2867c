// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "quipu/store/transaction.hpp"

namespace quipu {

/// The records of one key, in log order.
struct Lane {
    std::string key;
    std::deque<RecordPtr> waiting;  ///< read and not begun; none begins while something is parked
    std::deque<Parked> parked;      ///< the first one waits for its due_at, the others behind it
    std::size_t busy = 0;           ///< records of it that are being handled or committed
};

/// One record that is to be handled, and its lane.
struct Item {
    Lane* lane = nullptr;
    RecordPtr record;
};

/// Which record may be handled next. Keeps the rule that records of one key are handled in order
/// and not at the same time, and that a parked record holds back its own key only. No threads and
/// no store in here: the group that owns it locks.
class Lanes {
  public:
    /// Adds a record that was read. False when it must wait behind something parked: the caller
    /// parks it.
    bool add(RecordPtr record);

    /// Adds a parked record, in order of position.
    void add_parked(Parked parked);

    /// Takes up to `limit` records, oldest first. With `interleave` of several lanes in log order
    /// (for one thread that handles them in turn); else whole runs of each lane.
    [[nodiscard]] std::vector<Item> take(std::size_t limit, bool interleave);

    /// Puts records back, in the order they were taken; they stay first in their lanes.
    void give_back(const std::vector<Item>& items);

    /// Says that an item taken is done with, its transaction committed.
    void done(const Item& item);

    /// The lane whose first parked record is due at `now`, marked busy; null when there is none.
    [[nodiscard]] Lane* take_due(Time now);
    /// Ends a take_due: the first parked record was removed, or waits again.
    void retried(Lane& lane, bool removed, Time now);

    /// Takes out records that wait and are not begun; returns their positions.
    std::vector<std::int64_t> remove_waiting(const std::function<bool(const Record&)>& which);
    /// Takes out parked records, but for one that is being retried; false if there was such a one.
    bool remove_parked(const std::function<bool(const Parked&)>& which);

    [[nodiscard]] std::optional<Time> next_due() const;
    [[nodiscard]] bool has_ready() const noexcept { return !ready_.empty(); }
    [[nodiscard]] std::size_t ready() const noexcept { return ready_.size(); }
    [[nodiscard]] std::size_t parked() const noexcept { return parked_; }
    [[nodiscard]] bool holds_parked(const Parked& parked) const;

  private:
    Lane& lane_of(const std::string& key);
    void make_ready(Lane& lane);
    void make_due(Lane& lane);
    void forget_if_idle(Lane& lane);

    std::unordered_map<std::string, std::unique_ptr<Lane>> lanes_;
    std::map<std::int64_t, Lane*> ready_;   // by position of the first waiting record
    std::set<std::pair<Time, Lane*>> due_;  // lanes with something parked, not busy
    std::size_t parked_ = 0;
};

}  // namespace quipu
