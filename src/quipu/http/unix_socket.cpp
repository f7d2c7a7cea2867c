// SPDX-License-Identifier: Apache-2.0
#include "quipu/http/unix_socket.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <system_error>
#include <thread>
#include <utility>

namespace quipu::http {
namespace {

std::unexpected<Error> fail_with(ErrorCode code, const std::string& path, int error) {
    return fail(code, "socket '" + path + "': " + std::generic_category().message(error));
}

const sockaddr* generic(const sockaddr_un& address) {
    return reinterpret_cast<const sockaddr*>(&address);
}

// Two processes that start at once must not remove each other's socket file. A lock on the
// directory, held from the check of the file until listen(), admits one at a time and leaves no
// lock file behind.
Result<Descriptor> lock_directory(const std::string& path) {
    const auto slash = path.rfind('/');
    const auto directory = slash == std::string::npos ? "." : path.substr(0, slash + 1);
    Descriptor descriptor(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (descriptor.get() < 0) return fail_with(ErrorCode::invalid, path, errno);
    for (int attempt = 0; ::flock(descriptor.get(), LOCK_EX | LOCK_NB) != 0; ++attempt) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return fail_with(ErrorCode::invalid, path, errno);
        if (attempt == 200) {
            return fail(ErrorCode::busy,
                        "socket '" + path + "': another process holds a lock on its directory");
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return descriptor;
}

Result<void> remove_stale(const std::string& path, const sockaddr_un& address) {
    struct stat info{};
    if (::lstat(path.c_str(), &info) != 0) {
        if (errno == ENOENT) return {};
        return fail_with(ErrorCode::invalid, path, errno);
    }
    if (!S_ISSOCK(info.st_mode)) {
        return fail(ErrorCode::invalid,
                    "socket '" + path +
                        "': the path is taken by another kind of file; choose another path");
    }
    const Descriptor probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (probe.get() < 0) return fail_with(ErrorCode::unavailable, path, errno);
    if (::connect(probe.get(), generic(address), sizeof address) == 0 || errno == EAGAIN) {
        return fail(ErrorCode::busy, "socket '" + path + "': another process listens on it");
    }
    if (errno != ECONNREFUSED) return fail_with(ErrorCode::invalid, path, errno);
    if (::unlink(path.c_str()) != 0) return fail_with(ErrorCode::invalid, path, errno);
    return {};
}

}  // namespace

Result<sockaddr_un> unix_address(const std::string& path) {
    sockaddr_un address{};
    if (path.empty() || path.contains('\0')) {
        return fail(ErrorCode::invalid, "the path of a Unix socket is empty or contains a NUL");
    }
    if (path.size() >= sizeof address.sun_path) {
        return fail(ErrorCode::invalid, "socket '" + path + "': the path has " +
                                            std::to_string(path.size()) + " bytes; at most " +
                                            std::to_string(sizeof address.sun_path - 1) +
                                            " are possible. Choose a shorter path");
    }
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    return address;
}

Result<UnixListener> UnixListener::listen(const std::string& path) {
    const auto address = unix_address(path);
    if (!address) return std::unexpected(address.error());
    const auto locked = lock_directory(path);
    if (!locked) return std::unexpected(locked.error());
    if (auto removed = remove_stale(path, *address); !removed) {
        return std::unexpected(removed.error());
    }
    Descriptor descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (descriptor.get() < 0) return fail_with(ErrorCode::unavailable, path, errno);
    // Set on the descriptor before bind(), so that the file never exists with wider permissions.
    if (::fchmod(descriptor.get(), 0600) != 0 ||
        ::bind(descriptor.get(), generic(*address), sizeof *address) != 0) {
        return fail_with(errno == EADDRINUSE ? ErrorCode::busy : ErrorCode::invalid, path, errno);
    }
    UnixListener listener(path, std::move(descriptor));
    if (::listen(listener.descriptor_.get(), SOMAXCONN) != 0) {
        return fail_with(ErrorCode::invalid, path, errno);
    }
    return listener;
}

UnixListener::UnixListener(std::string path, Descriptor descriptor) noexcept
    : path_(std::move(path)), descriptor_(std::move(descriptor)) {
    struct stat info{};
    if (::lstat(path_.c_str(), &info) != 0) return;
    device_ = info.st_dev;
    inode_ = info.st_ino;
}

UnixListener::UnixListener(UnixListener&& other) noexcept
    : path_(std::exchange(other.path_, {})),
      descriptor_(std::move(other.descriptor_)),
      device_(other.device_),
      inode_(other.inode_) {}

UnixListener::~UnixListener() {
    descriptor_.close();
    struct stat info{};
    if (path_.empty() || ::lstat(path_.c_str(), &info) != 0) return;
    if (info.st_dev == device_ && info.st_ino == inode_) ::unlink(path_.c_str());
}

Descriptor UnixListener::release() noexcept {
    return std::move(descriptor_);
}

}  // namespace quipu::http
