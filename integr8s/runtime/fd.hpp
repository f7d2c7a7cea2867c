// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "quipu/base/error.hpp"

namespace integr8s::runtime {

/// Owns one file descriptor.
class UniqueFd {
  public:
    UniqueFd() = default;
    explicit UniqueFd(int fd) noexcept : fd_(fd) {}
    UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    UniqueFd& operator=(UniqueFd&& other) noexcept {
        if (this != &other) {
            reset();
            fd_ = std::exchange(other.fd_, -1);
        }
        return *this;
    }
    ~UniqueFd() { reset(); }

    [[nodiscard]] int get() const noexcept { return fd_; }
    [[nodiscard]] explicit operator bool() const noexcept { return fd_ >= 0; }
    void reset() noexcept;

  private:
    int fd_ = -1;
};

struct Pipe {
    UniqueFd read;
    UniqueFd write;
};

/// A pipe whose ends are closed on exec.
[[nodiscard]] quipu::Result<Pipe> make_pipe();

/// Makes reads from `fd` return at once.
void set_nonblocking(int fd) noexcept;

/// A file in memory that holds `bytes` and cannot be changed any more, open at its start. Does not
/// need /proc, which is closed to a program that has switched its core dumps off.
[[nodiscard]] quipu::Result<UniqueFd> memory_file(std::string_view bytes);

/// What is left to read from `fd`.
[[nodiscard]] std::string read_rest(int fd);

/// The text of `code` as errno has it.
[[nodiscard]] std::string errno_text(int code);

/// The content of a small file; empty when it cannot be read.
[[nodiscard]] std::string read_text(const std::string& path);

}  // namespace integr8s::runtime
