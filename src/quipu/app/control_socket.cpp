#include "quipu/app/control_socket.hpp"

#include <fcntl.h>
#include <sys/un.h>
#include <unistd.h>

namespace quipu {

ControlSocket::ControlSocket(const std::filesystem::path& store_file) {
    std::filesystem::path socket = std::filesystem::absolute(store_file);
    socket += ".sock";
    path_ = socket.string();
    if (path_.size() < sizeof(sockaddr_un::sun_path)) return;
    directory_ = ::open(socket.parent_path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (directory_ >= 0) {
        path_ = "/proc/self/fd/" + std::to_string(directory_) + "/" + socket.filename().string();
    }
}

ControlSocket::~ControlSocket() {
    if (directory_ >= 0) ::close(directory_);
}

}  // namespace quipu
