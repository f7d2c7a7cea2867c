#pragma once

#include <sys/types.h>

#include <sys/un.h>
#include <string>

#include "quipu/error.hpp"

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

    /// Hands the descriptor to the caller, who closes it.
    [[nodiscard]] int release() noexcept;

  private:
    UnixListener(std::string path, int descriptor) noexcept;

    std::string path_;
    int descriptor_;
    dev_t device_ = 0;
    ino_t inode_ = 0;
};

}  // namespace quipu::http
