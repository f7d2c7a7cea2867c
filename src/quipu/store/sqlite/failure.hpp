// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <string>

#include "quipu/base/error.hpp"

struct sqlite3;

namespace quipu::sqlite {

/// A call of the engine that failed. Thrown inside this room only; the store's functions turn it
/// into an Error.
class Failure : public std::exception {
  public:
    /// `code` is SQLite's extended result code.
    Failure(int code, int system_error, std::string message);
    /// Takes code and message from the connection's last call; `doing` says what was tried.
    Failure(sqlite3* db, int code, const char* doing);

    [[nodiscard]] const char* what() const noexcept override { return message_.c_str(); }
    [[nodiscard]] int code() const noexcept { return code_; }

    /// No space, or the quota is used up: the same write may succeed later.
    [[nodiscard]] bool out_of_space() const noexcept;
    /// The disk, or what stands on it, can no longer be trusted by this process.
    [[nodiscard]] bool disk_failed() const noexcept;
    [[nodiscard]] Error error() const;

  private:
    int code_;
    int system_error_;
    std::string message_;
};

}  // namespace quipu::sqlite
