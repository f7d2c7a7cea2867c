// SPDX-License-Identifier: Apache-2.0
#include "faults/board.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <stdexcept>

namespace quipu::faults {

SharedBoard::SharedBoard(const std::filesystem::path& file) {
    const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0 || ::ftruncate(descriptor, sizeof(Board)) != 0) {
        throw std::runtime_error("cannot make " + file.string());
    }
    void* memory =
        ::mmap(nullptr, sizeof(Board), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    ::close(descriptor);
    if (memory == MAP_FAILED) throw std::runtime_error("cannot map " + file.string());
    board_ = static_cast<Board*>(memory);  // zeroes are a valid board
}

SharedBoard::~SharedBoard() {
    ::munmap(board_, sizeof(Board));
}

}  // namespace quipu::faults
