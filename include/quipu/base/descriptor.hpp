// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <unistd.h>

#include <utility>

namespace quipu {

/// Owns a file descriptor and closes it on destruction. Move-only.
class Descriptor {
  public:
    Descriptor() = default;
    explicit Descriptor(int value) noexcept : value_(value) {}
    ~Descriptor() { close(); }
    Descriptor(Descriptor&& other) noexcept : value_(other.release()) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        if (this != &other) {
            close();
            value_ = other.release();
        }
        return *this;
    }

    /// Whether it owns a descriptor.
    [[nodiscard]] explicit operator bool() const noexcept { return value_ >= 0; }
    [[nodiscard]] int get() const noexcept { return value_; }
    /// Passes ownership to the caller, who must close the descriptor.
    [[nodiscard]] int release() noexcept { return std::exchange(value_, -1); }
    void close() noexcept {
        if (const int open = release(); open >= 0) ::close(open);
    }

  private:
    int value_ = -1;
};

}  // namespace quipu
