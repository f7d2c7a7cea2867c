// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>

#include "quipu/base/error.hpp"

namespace quipu::sqlite {

/// The right of one process to write a store, held until destroyed or until the process ends.
class WriterLock {
  public:
    [[nodiscard]] static Result<std::unique_ptr<WriterLock>> take(
        const std::filesystem::path& store);
    ~WriterLock();
    WriterLock(const WriterLock&) = delete;
    WriterLock& operator=(const WriterLock&) = delete;

  private:
    explicit WriterLock(int file) noexcept : file_(file) {}
    int file_;
};

}  // namespace quipu::sqlite
