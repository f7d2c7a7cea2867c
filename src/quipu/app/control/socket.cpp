// SPDX-License-Identifier: Apache-2.0
#include "quipu/app/control/socket.hpp"

#include <fcntl.h>
#include <sys/un.h>

namespace quipu {

ControlSocket::ControlSocket(const std::filesystem::path& store_file) {
    std::filesystem::path socket = std::filesystem::absolute(store_file);
    socket += ".sock";
    path_ = socket.string();
    if (path_.size() < sizeof(sockaddr_un::sun_path)) return;
    directory_ = Descriptor(::open(socket.parent_path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (directory_.get() >= 0) {
        path_ =
            "/proc/self/fd/" + std::to_string(directory_.get()) + "/" + socket.filename().string();
    }
}

}  // namespace quipu
