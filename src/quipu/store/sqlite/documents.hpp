// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "quipu/store/sqlite/handle.hpp"
#include "quipu/store/transaction.hpp"

namespace quipu::sqlite {

/// Changes of documents (writer only).
class DocumentTable {
  public:
    explicit DocumentTable(const Connection& connection);
    void load() noexcept { floor_.reset(); }

    [[nodiscard]] Result<void> check(const DocumentGuard& guard);
    void apply(const DocumentChange& change);

  private:
    void erase(const DocumentChange& change);
    /// The highest revision of an erased document: new ones begin above it.
    std::int64_t floor();

    const Connection& connection_;
    Statement revision_;
    Statement put_;
    Statement erase_;
    Statement put_floor_;
    std::optional<std::int64_t> floor_;
};

}  // namespace quipu::sqlite
