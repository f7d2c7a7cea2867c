// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "quipu/app/app.hpp"
#include "quipu/app/engines/engines.hpp"
#include "quipu/base/error.hpp"
#include "quipu/delivery/effects.hpp"

namespace quipu {

/// The changes that commands make to a store: through the program that runs on it, or directly if
/// none does.
class StoreChanges {
  public:
    virtual ~StoreChanges() = default;
    [[nodiscard]] virtual Result<Published> publish(std::string_view event_type,
                                                    std::string_view json,
                                                    const PublishOptions& options) = 0;
    /// Waits at most `timeout` until the log has everything up to `position`; returns at once where
    /// the store is the log. ErrorCode::unavailable after the timeout.
    [[nodiscard]] virtual Result<void> wait_published(std::int64_t position,
                                                      std::chrono::milliseconds timeout) = 0;
    /// Of dead letters, see Store; who runs the command is the one who decides.
    [[nodiscard]] virtual Result<void> requeue(std::int64_t id, const std::string& reason) = 0;
    [[nodiscard]] virtual Result<void> discard(std::int64_t id, const std::string& reason) = 0;
    /// Of an event, see Store; who runs the command is the one who decides.
    [[nodiscard]] virtual Result<void> archive(const std::string& event_id,
                                               const std::string& reason) = 0;
    /// See rewind_group.
    [[nodiscard]] virtual Result<std::int64_t> rewind(const std::string& group,
                                                      const std::string& event_type) = 0;
    /// See Store.
    [[nodiscard]] virtual Result<void> retry_now(const std::string& group,
                                                 std::int64_t position) = 0;
};

/// With `create`, a missing file is created; otherwise it is ErrorCode::unavailable. `definition`
/// and `engines` must outlive the result.
[[nodiscard]] Result<std::unique_ptr<StoreChanges>> open_store_changes(
    const AppDefinition& definition, const EngineOptions& engines, bool create);

}  // namespace quipu
