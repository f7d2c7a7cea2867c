// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>

namespace quipu::faults {

/// What a child shows of itself, in memory that outlives its death.
struct Board {
    std::atomic<std::int64_t> ready{0};
    std::atomic<std::int64_t> acknowledged{0};
    std::atomic<std::int64_t> last{0};     ///< the store's last position
    std::atomic<std::int64_t> relay{0};    ///< everything up to here is in the log
    std::atomic<std::int64_t> slowest{0};  ///< the group that is farthest behind
    std::atomic<std::int64_t> handled{0};
    std::atomic<std::int64_t> conflicts{0};
    std::atomic<std::int64_t> steps{0};  ///< members that came or went
};

/// The board in a file of shared memory, made if it is not there.
class SharedBoard {
  public:
    explicit SharedBoard(const std::filesystem::path& file);
    ~SharedBoard();
    SharedBoard(const SharedBoard&) = delete;
    SharedBoard& operator=(const SharedBoard&) = delete;
    [[nodiscard]] Board* operator->() const noexcept { return board_; }

  private:
    Board* board_;
};

}  // namespace quipu::faults
