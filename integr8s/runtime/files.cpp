// SPDX-License-Identifier: Apache-2.0
#include "integr8s/runtime/files.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace integr8s::runtime {

using quipu::ErrorCode;
using quipu::fail;
using quipu::Result;

Result<Pipe> make_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        return fail(ErrorCode::unavailable, "cannot make a pipe: " + errno_text(errno));
    return Pipe{quipu::Descriptor{ends[0]}, quipu::Descriptor{ends[1]}};
}

void set_nonblocking(int fd) noexcept {
    const int flags = ::fcntl(fd, F_GETFL);
    if (flags >= 0) ::fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

Result<quipu::Descriptor> memory_file(std::string_view bytes) {
    quipu::Descriptor fd{::memfd_create("pod", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
    if (!fd)
        return fail(ErrorCode::unavailable, "cannot make a file in memory: " + errno_text(errno));
    while (!bytes.empty()) {
        const ssize_t written = ::write(fd.get(), bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0)
            return fail(ErrorCode::unavailable,
                        "cannot fill a file in memory: " + errno_text(errno));
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    ::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL);
    ::lseek(fd.get(), 0, SEEK_SET);
    return fd;
}

std::string errno_text(int code) {
    return std::generic_category().message(code);
}

std::string read_rest(int fd) {
    std::string text;
    std::array<char, 4096> buffer{};
    for (;;) {
        const ssize_t got = ::read(fd, buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return text;
        text.append(buffer.data(), static_cast<std::size_t>(got));
    }
}

std::string read_text(const std::string& path) {
    const quipu::Descriptor fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    return fd ? read_rest(fd.get()) : std::string{};
}

}  // namespace integr8s::runtime
