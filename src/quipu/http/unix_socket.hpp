// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <sys/un.h>
#include <string>

#include "quipu/base/descriptor.hpp"
#include "quipu/base/error.hpp"

namespace quipu::http {

/// The address of a Unix socket. Error invalid when `path` is empty or too long for the system.
[[nodiscard]] Result<sockaddr_un> unix_address(const std::string& path);

/// A listening Unix socket with its file (mode 0600). Removes the file when it is destroyed, unless
/// somebody else has put another one there.
class UnixListener {
  public:
    /// Errors: invalid (path too long, directory missing, something that is no socket is there),
    /// busy (a live process listens there).
    [[nodiscard]] static Result<UnixListener> listen(const std::string& path);

    ~UnixListener();
    UnixListener(UnixListener&& other) noexcept;
    UnixListener& operator=(UnixListener&&) = delete;

    [[nodiscard]] Descriptor release() noexcept;

  private:
    UnixListener(std::string path, Descriptor descriptor) noexcept;

    std::string path_;
    Descriptor descriptor_;
    dev_t device_ = 0;
    ino_t inode_ = 0;
};

}  // namespace quipu::http
