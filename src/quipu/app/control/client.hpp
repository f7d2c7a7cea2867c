// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "quipu/app/control/protocol.hpp"
#include "quipu/app/control/socket.hpp"
#include "quipu/delivery/effects.hpp"
#include "quipu/http/client.hpp"

namespace quipu {

/// The client of the control socket of the program that runs on a file. ErrorCode::unavailable
/// means that no program runs; busy, that one listens but does not answer.
class ControlClient {
  public:
    explicit ControlClient(const std::filesystem::path& store_file);

    [[nodiscard]] Result<ProgramStatus> status() const;
    [[nodiscard]] Result<Published> publish(std::string_view event_type, std::string_view json,
                                            const PublishOptions& options) const;
    /// Waits at most `timeout` until the log has everything up to `position`.
    [[nodiscard]] Result<void> wait_published(std::int64_t position,
                                              std::chrono::milliseconds timeout) const;
    [[nodiscard]] Result<void> requeue(std::int64_t id, std::string_view reason) const;
    [[nodiscard]] Result<void> discard(std::int64_t id, std::string_view reason) const;
    [[nodiscard]] Result<void> archive(std::string_view event_id, std::string_view reason) const;
    /// See rewind_group.
    [[nodiscard]] Result<std::int64_t> rewind(std::string_view group,
                                              std::string_view event_type) const;
    /// See Store::retry_now.
    [[nodiscard]] Result<void> retry_now(const std::string& group, std::int64_t position) const;

  private:
    [[nodiscard]] Result<void> decide(const std::string& target, std::string_view reason) const;
    [[nodiscard]] Result<std::string> call(std::string_view method, const std::string& target,
                                           std::string_view body) const;

    ControlSocket socket_;
    HttpClient http_;
};

}  // namespace quipu
