// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "quipu/base/error.hpp"
#include "quipu/store/store.hpp"

namespace quipu {

/// Where a promoted store keeps which file it came from, and how far that is.
inline constexpr std::string_view promote_collection = "quipu.promote";

struct PromoteOptions {
    /// The relay of the promoted store begins behind this position; nothing: where the relay of the
    /// file stood, else at the beginning.
    std::optional<std::int64_t> published_until = {};
    std::size_t batch = 500;  ///< rows that are copied together
    /// Called after each step with what is copied and how much of it.
    std::function<void(std::string_view what, std::int64_t done)> progress = {};
};

/// What stands in the target when all is done.
struct Promoted {
    std::int64_t events = 0;
    std::int64_t last_position = 0;
    std::int64_t archived = 0;
    std::int64_t documents = 0;
    std::int64_t groups = 0;
    std::int64_t parked = 0;
    std::int64_t dead_letters = 0;
    std::string checksum;   ///< CRC-32 over all events, the same in both
    bool resumed = false;   ///< went on with an earlier attempt
    bool was_done = false;  ///< an earlier promote had finished; nothing was looked at
};

/// Copies all of `source`, the store in the SQLite file `file`, into `target`, which must be empty
/// or hold an unfinished copy of the same file, and compares both in the end. Killed at any moment,
/// it goes on where it was. Nobody else may write either of them.
///
/// Errors: conflict (the target holds something else), corrupt (the copy differs: the file was
/// written to between two attempts), those of the stores.
[[nodiscard]] Result<Promoted> promote(Store& source, const std::filesystem::path& file,
                                       Store& target, const PromoteOptions& options);

/// The error when both differ; else what was compared. For promote().
[[nodiscard]] Result<Promoted> compare_stores(Store& source, const std::filesystem::path& file,
                                              Store& target);

}  // namespace quipu
