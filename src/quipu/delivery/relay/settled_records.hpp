// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "quipu/store/transaction.hpp"

namespace quipu {

/// What a relay has settled since its last commit and will commit next: records that the log has
/// acknowledged or that need no sending, dead letters, and requeued dead letters that are done
/// with. Not thread-safe.
class SettledRecords {
  public:
    /// Positions from `first` to `last`, both included.
    void add(std::int64_t first, std::int64_t last) { finished_.emplace_back(first, last); }
    void add(std::int64_t position) { add(position, position); }
    void add_letter(DeadLetter letter) { letters_.push_back(std::move(letter)); }
    void add_unparked(Parked entry) { unparked_.push_back(std::move(entry)); }
    void clear();

    [[nodiscard]] bool empty() const noexcept {
        return finished_.empty() && letters_.empty() && unparked_.empty();
    }
    [[nodiscard]] bool any_finished() const noexcept { return !finished_.empty(); }
    [[nodiscard]] std::size_t letters() const noexcept { return letters_.size(); }
    [[nodiscard]] bool unparks(std::int64_t position) const;
    /// The lowest position that the store does not know as finished yet; none when there is none.
    [[nodiscard]] std::optional<std::int64_t> first() const;

    /// Moves into `transaction` what fits: a store limits the size of one, so dead letters may need
    /// several.
    void move_to(Transaction& transaction);
    /// Takes back what move_to() gave to a transaction that was not stored.
    void take_back(const Transaction& transaction);

  private:
    void move_letters_to(Transaction& transaction);

    std::vector<std::pair<std::int64_t, std::int64_t>> finished_;
    std::vector<DeadLetter> letters_;
    std::vector<Parked> unparked_;
};

}  // namespace quipu
