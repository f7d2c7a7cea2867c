// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "quipu/base/error.hpp"
#include "quipu/store/restore.hpp"

namespace quipu::sqlite {

class Reader;

/// What stands in a store's file and no function of Store tells, for a copy of it. Beside whoever
/// writes the file. One thread at a time.
class Export {
  public:
    [[nodiscard]] static Result<std::unique_ptr<Export>> open(const std::filesystem::path& file);
    ~Export();

    /// Archived events by position.
    [[nodiscard]] Result<std::vector<ArchivedRecord>> archived(std::int64_t after_position,
                                                               std::size_t limit);
    /// Last sequences of aggregates whose last event was taken out of the log, or may have been.
    [[nodiscard]] Result<std::vector<AggregateHead>> heads(std::size_t offset, std::size_t limit);
    [[nodiscard]] Result<std::int64_t> erased_revision();

  private:
    explicit Export(std::unique_ptr<Reader> reader);

    std::unique_ptr<Reader> reader_;
};

}  // namespace quipu::sqlite
