// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "quipu/base/descriptor.hpp"

namespace quipu {

/// The path of the Unix socket `<file>.sock`, through which a running program accepts commands. If
/// it is longer than the system permits for a socket (107 bytes), it is shortened by going through
/// a descriptor of the directory.
class ControlSocket {
  public:
    explicit ControlSocket(const std::filesystem::path& store_file);
    ControlSocket(const ControlSocket&) = delete;
    ControlSocket& operator=(const ControlSocket&) = delete;

    /// The path to listen on or to connect to. Valid while this object exists.
    [[nodiscard]] const std::string& path() const noexcept { return path_; }

  private:
    Descriptor directory_;
    std::string path_;
};

}  // namespace quipu
