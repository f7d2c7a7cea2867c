// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "quipu/store/store.hpp"

namespace quipu {

/// The right to move the relay's mark: a document whose revision only its holder knows. It is taken
/// over when its revision has not changed for as long as it says, by the watcher's own steady
/// clock, so that no two machines need to agree on the time. Not thread-safe.
class RelayLease {
  public:
    using Clock = std::chrono::steady_clock;

    RelayLease(Store& store, std::chrono::milliseconds length);

    /// Takes the lease if it is free or its holder has been silent for too long.
    [[nodiscard]] Result<bool> try_take(Clock::time_point now);
    /// Whether the next commit should renew it.
    [[nodiscard]] bool should_renew(Clock::time_point now) const;
    /// Makes `transaction` fail with conflict when somebody else has taken the lease; with `renew`
    /// it prolongs it, too.
    void guard(Transaction& transaction, bool renew) const;
    /// Says that a guarded transaction was stored.
    [[nodiscard]] Result<void> stored(bool renewed, Clock::time_point now);
    /// Gives it back, so that another relay need not wait.
    void release();
    void forget() noexcept { held_ = false; }
    [[nodiscard]] bool held() const noexcept { return held_; }

  private:
    [[nodiscard]] std::string body(bool free) const;

    Store& store_;
    const std::chrono::milliseconds length_;
    const std::string owner_;
    bool held_ = false;
    std::int64_t revision_ = 0;  // as last seen
    Clock::time_point seen_{};   // when it was first seen so
    Clock::time_point renewed_{};
};

}  // namespace quipu
