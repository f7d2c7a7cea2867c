// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "integr8s/api/requests.hpp"
#include "integr8s/api/views.hpp"
#include "integr8s/cli/exit_code.hpp"
#include "quipu/base/error.hpp"
#include "quipu/http/client.hpp"

namespace integr8s::cli {

/// Why a command failed: a sentence for standard error, and the exit code.
struct CommandError {
    ExitCode code = ExitCode::failed;
    std::string message;
};

template <class T>
using Answer = std::expected<T, CommandError>;

/// A client of a running integr8s, for the command line.
class ApiClient {
  public:
    /// `address` is "host:port"; empty means the default.
    explicit ApiClient(std::string_view address);

    [[nodiscard]] const std::string& address() const noexcept { return address_; }

    [[nodiscard]] Answer<api::SubmitReply> submit(const api::SubmitBody& request,
                                                  const std::string& idempotency_key) const;
    [[nodiscard]] Answer<void> cancel(std::string_view execution_id) const;
    [[nodiscard]] Answer<api::ResultView> result(std::string_view execution_id) const;
    /// The body of the response.
    [[nodiscard]] Answer<std::string> get(std::string_view target) const;

    /// Calls `on_frame` for every frame of the execution's stream, starting after the event at
    /// `position`, until the server ends the stream. An interrupted stream is resumed; while the
    /// server is unreachable, that is tried for `patience`. Keeps `position` up to date.
    [[nodiscard]] Answer<void> follow(
        std::string_view execution_id,
        const std::function<void(const api::FrameView&, std::int64_t position)>& on_frame,
        std::chrono::milliseconds patience = std::chrono::seconds{30}) const;

    /// The reasons why the program is not ready, one per line; empty if it is ready. Fails if it is
    /// unreachable.
    [[nodiscard]] Answer<std::string> readiness() const;

  private:
    [[nodiscard]] Answer<quipu::HttpReply> call(std::string_view method, const std::string& target,
                                                const quipu::HttpFields& headers = {},
                                                std::string_view body = {}) const;
    [[nodiscard]] CommandError command_error(const quipu::Error& error) const;

    std::string address_;
    quipu::HttpClient http_;
};

}  // namespace integr8s::cli
