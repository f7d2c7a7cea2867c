// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

#include "quipu/app/commands/exit_code.hpp"
#include "quipu/app/commands/invocation.hpp"
#include "quipu/base/error.hpp"

namespace quipu {

/// The result of a command that changes several things one after the other: how many it has
/// changed, and the most serious exit code of the others.
class BulkResult {
  public:
    explicit BulkResult(const Invocation& invocation) : invocation_(invocation) {}

    /// Notes one of them. Its failure goes to the error stream, unless --json prints it in a view.
    void add(const Result<void>& done);
    /// With the exit code of a failure that is not that of its error.
    void add_failure(const Error& error, ExitCode code);
    /// Whether the command should go on after this failure: others would fail in the same way if
    /// the store cannot be reached.
    [[nodiscard]] static bool goes_on(const Result<void>& done) {
        return done || !done.error().retryable();
    }
    /// Prints "3 of 4 requeued", unless with --json, and returns the exit code.
    int finish(std::size_t all, std::string_view done_words) const;

  private:
    const Invocation& invocation_;
    std::size_t done_ = 0;
    ExitCode code_ = ExitCode::done;
};

}  // namespace quipu
