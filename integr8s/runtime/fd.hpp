#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "quipu/error.hpp"

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

/// Bytes as a file in memory that nobody can change any more.
class MemoryFile {
  public:
    [[nodiscard]] static quipu::Result<MemoryFile> make(std::string_view bytes);

    /// A descriptor with a read position of its own.
    [[nodiscard]] quipu::Result<UniqueFd> open() const;

  private:
    explicit MemoryFile(UniqueFd fd) : fd_(std::move(fd)) {}
    UniqueFd fd_;
};

/// The text of `code` as errno has it.
[[nodiscard]] std::string errno_text(int code);

/// The content of a small file; empty when it cannot be read.
[[nodiscard]] std::string read_text(const std::string& path);

}  // namespace integr8s::runtime
