// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <string>
#include <utility>

namespace quipu {

/// What kind of failure an operation met. The kind decides what a caller does next; the message is
/// for a person.
enum class ErrorCode {
    invalid,      ///< the input is wrong; the same input fails again
    not_found,    ///< nothing has that name or id
    conflict,     ///< somebody else changed it first (expected sequence, revision, duplicate)
    busy,         ///< another process or operation holds the resource
    limit,        ///< a configured bound (size, depth, count) was exceeded
    unavailable,  ///< a server or file cannot be reached now; trying again may help
    corrupt,      ///< stored data does not read back as what was written
    internal,     ///< a broken promise inside this program
};

/// The word used for `code` in output meant for machines, such as "not_found".
[[nodiscard]] const char* to_string(ErrorCode code) noexcept;

/// A failure as a value. `message` names the thing concerned, the cause and, where there is one,
/// the fix. It never holds a payload or a secret.
struct Error {
    ErrorCode code = ErrorCode::internal;
    std::string message;

    /// True when the same call may succeed later without a change by the caller.
    [[nodiscard]] bool retryable() const noexcept {
        return code == ErrorCode::busy || code == ErrorCode::unavailable;
    }
};

/// The result of an operation that a user, a peer or the environment can make fail.
template <class T>
using Result = std::expected<T, Error>;

/// Shorthand for returning an Error from a function with a Result.
[[nodiscard]] inline std::unexpected<Error> fail(ErrorCode code, std::string message) {
    return std::unexpected(Error{code, std::move(message)});
}

}  // namespace quipu
