// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <sys/un.h>
#include <string>

#include "quipu/base/descriptor.hpp"
#include "quipu/base/error.hpp"

namespace quipu::http {

/// The address of a Unix socket. Error: invalid if `path` is empty or too long for the system.
[[nodiscard]] Result<sockaddr_un> unix_address(const std::string& path);

/// A listening Unix socket and its file (mode 0600). The destructor removes the file, unless
/// another process has replaced it.
class UnixListener {
  public:
    /// Errors: invalid (the path is too long, the directory does not exist, another kind of file is
    /// there), busy (a live process listens there).
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
