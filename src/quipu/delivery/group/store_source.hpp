// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "source.hpp"

namespace quipu {

/// Records from the store, where the store is the log: in the order of their positions.
class StoreSource final : public Source {
  public:
    StoreSource(Store& store, std::vector<std::string> types)
        : store_(store), cursor_(store, std::move(types)) {}

    [[nodiscard]] Result<void> open(const GroupPosition& position) override;
    [[nodiscard]] SourceYield next(std::size_t room) override;
    [[nodiscard]] SourceState state() const override { return {cursor_.at(), 0, true}; }
    [[nodiscard]] bool finished_elsewhere(std::int64_t /*position*/) override { return false; }
    [[nodiscard]] bool must_be_polled() const override { return false; }
    void close() override {}

  private:
    Store& store_;
    StoreCursor cursor_;
};

}  // namespace quipu
