// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "quipu/store/store.hpp"

namespace quipu {

/// The right to commit the relay's checkpoint: a document in the store whose revision only its
/// holder knows. Another relay takes the lease over when the revision has not changed for the
/// length that the document states, measured by that relay's own steady clock: no two machines need
/// to agree on the time. Not thread-safe.
class RelayLease {
  public:
    using Clock = std::chrono::steady_clock;

    RelayLease(Store& store, std::chrono::milliseconds length);

    /// Takes the lease if it is free or its holder has been silent for too long.
    [[nodiscard]] Result<bool> try_take(Clock::time_point now);
    /// Whether the next commit should renew it.
    [[nodiscard]] bool should_renew(Clock::time_point now) const;
    /// Makes `transaction` fail with conflict when another relay has taken the lease; with `renew`
    /// the transaction also prolongs the lease.
    void guard(Transaction& transaction, bool renew) const;
    /// To be called after a guarded transaction was stored, with the same `renew`. Errors: conflict
    /// (another relay has taken the lease since), unavailable.
    [[nodiscard]] Result<void> confirm(bool renewed, Clock::time_point now);
    /// Frees the lease in the store, so that another relay need not wait for it to run out.
    void release();
    /// Stops holding the lease without a word to the store.
    void forget() noexcept { held_ = false; }
    [[nodiscard]] bool held() const noexcept { return held_; }

  private:
    [[nodiscard]] std::string body(bool free) const;

    Store& store_;
    const std::chrono::milliseconds length_;
    const std::string owner_;
    bool held_ = false;
    std::int64_t revision_ = 0;  // of the document, as last seen
    Clock::time_point seen_{};   // when that revision was first seen
    Clock::time_point renewed_{};
};

}  // namespace quipu
