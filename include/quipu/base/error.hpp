// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <string>
#include <utility>

namespace quipu {

/// The kind of a failure. Programs decide by it what to do next; the message is for a person.
enum class ErrorCode {
    invalid,      ///< the input is wrong; the same input fails again
    not_found,    ///< nothing has that name or id
    conflict,     ///< another writer was first (expected sequence, revision, duplicate)
    busy,         ///< another process or operation holds the resource
    limit,        ///< a configured bound (size, depth, count) was exceeded
    unavailable,  ///< a server or file cannot be reached now; trying again may help
    corrupt,      ///< stored data cannot be read back as it was written
    internal,     ///< a broken invariant in this program
};

/// The word used for `code` in output meant for machines, such as "not_found".
[[nodiscard]] const char* to_string(ErrorCode code) noexcept;

/// A failure as a value. `message` says what is concerned, the cause and, if there is one, the
/// remedy. It never contains a payload or a secret.
struct Error {
    ErrorCode code = ErrorCode::internal;
    std::string message;

    /// True if the same call may succeed later, unchanged.
    [[nodiscard]] bool retryable() const noexcept {
        return code == ErrorCode::busy || code == ErrorCode::unavailable;
    }
};

/// The result of an operation that can fail because of a user, a peer or the environment.
template <class T>
using Result = std::expected<T, Error>;

/// For `return fail(code, message);` in a function that returns a Result.
[[nodiscard]] inline std::unexpected<Error> fail(ErrorCode code, std::string message) {
    return std::unexpected(Error{code, std::move(message)});
}

}  // namespace quipu
