// SPDX-License-Identifier: Apache-2.0
#include "quipu/store/sqlite/lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <string>
#include <system_error>

namespace quipu::sqlite {
namespace {

std::string holder(int file) {
    std::array<char, 32> text{};
    const ssize_t size = ::pread(file, text.data(), text.size(), 0);
    int pid = 0;
    if (size > 0) {
        std::from_chars(text.data(), text.data() + size, pid);
    }
    return pid > 0 ? "process " + std::to_string(pid) : std::string("another process");
}

}  // namespace

Result<std::unique_ptr<WriterLock>> WriterLock::take(const std::filesystem::path& store) {
    const std::string path = store.string() + ".lock";
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0) {
        return fail(ErrorCode::unavailable, "cannot open the lock file " + path + ": " +
                                                std::system_category().message(errno) +
                                                "; the directory must exist and be writable");
    }
    std::unique_ptr<WriterLock> lock(new WriterLock(file));
    if (::flock(file, LOCK_EX | LOCK_NB) != 0) {
        const int reason = errno;
        if (reason != EWOULDBLOCK) {
            return fail(ErrorCode::unavailable,
                        "cannot lock " + path + ": " + std::system_category().message(reason));
        }
        return fail(ErrorCode::busy, store.string() + " is being written by " + holder(file) +
                                         ": one process writes a store at a time. Stop that one, "
                                         "or open the store read-only");
    }
    // The number only serves the message above, so a failure to write it is none.
    const std::string pid = std::to_string(::getpid()) + "\n";
    if (::ftruncate(file, 0) == 0) {
        [[maybe_unused]] const ssize_t written = ::pwrite(file, pid.data(), pid.size(), 0);
    }
    return lock;
}

WriterLock::~WriterLock() {
    ::close(file_);
}

}  // namespace quipu::sqlite
