// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "quipu/app/commands/arguments.hpp"
#include "quipu/base/error.hpp"
#include "quipu/delivery/effects.hpp"

namespace quipu {

/// How a command changes the store: through the program that runs on it, else by itself.
class Writer {
  public:
    virtual ~Writer() = default;
    [[nodiscard]] virtual Result<Published> publish(std::string_view event_type,
                                                    std::string_view json,
                                                    const PublishOptions& options) = 0;
    /// Waits at most `timeout` until the log has everything up to `position`; at once where the
    /// store is the log. ErrorCode::unavailable when it has not by then.
    [[nodiscard]] virtual Result<void> wait_published(std::int64_t position,
                                                      std::chrono::milliseconds timeout) = 0;
    [[nodiscard]] virtual Result<void> requeue(std::int64_t id) = 0;
    [[nodiscard]] virtual Result<void> discard(std::int64_t id, const std::string& reason) = 0;
};

/// `create`: makes the file when there is none; else that is ErrorCode::unavailable.
[[nodiscard]] Result<std::unique_ptr<Writer>> open_writer(const AppDefinition& definition,
                                                          const CommonArguments& common,
                                                          bool create);

}  // namespace quipu
