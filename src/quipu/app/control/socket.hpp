// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "quipu/base/descriptor.hpp"

namespace quipu {

/// Where a running program takes commands: the Unix socket `<file>.sock`. A path longer than the
/// system takes for a socket (107 bytes) is reached through its directory's descriptor.
class ControlSocket {
  public:
    explicit ControlSocket(const std::filesystem::path& store_file);
    ControlSocket(const ControlSocket&) = delete;
    ControlSocket& operator=(const ControlSocket&) = delete;

    /// To listen on or to connect to, as long as this object lives.
    [[nodiscard]] const std::string& path() const noexcept { return path_; }

  private:
    Descriptor directory_;
    std::string path_;
};

}  // namespace quipu
