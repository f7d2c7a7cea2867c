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

/// The collection in which a promoted store records its source file and the progress of the copy.
inline constexpr std::string_view promote_collection = "quipu.promote";

struct PromoteOptions {
    /// The relay of the promoted store starts after this position. Unset: at the checkpoint of the
    /// file's relay, or at the beginning if it had none.
    std::optional<std::int64_t> published_until = {};
    std::size_t batch = 500;  ///< rows that are copied in one transaction
    /// Called after each step with what is being copied and how much has been copied.
    std::function<void(std::string_view what, std::int64_t done)> progress = {};
};

/// The content of the target after promote().
struct Promoted {
    std::int64_t events = 0;
    std::int64_t last_position = 0;
    std::int64_t archived = 0;
    std::int64_t documents = 0;
    std::int64_t groups = 0;
    std::int64_t parked = 0;
    std::int64_t dead_letters = 0;
    std::string checksum;   ///< CRC-32 over all events, equal in both stores
    bool resumed = false;   ///< an interrupted promote was continued
    bool was_done = false;  ///< an earlier promote had finished; nothing was compared
};

/// Copies all of `source`, the store in the SQLite file `file`, into `target`, and then compares
/// both. `target` must be empty or contain an unfinished copy of the same file: a copy that was
/// interrupted, even by a kill, is continued. Nothing else may write to either store.
///
/// Errors: conflict (the target contains something else), corrupt (the copy differs, because the
/// file was written to between two attempts), and those of the stores.
[[nodiscard]] Result<Promoted> promote(Store& source, const std::filesystem::path& file,
                                       Store& target, const PromoteOptions& options);

}  // namespace quipu
