// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>

#include "quipu/base/error.hpp"

namespace integr8s::runtime {

/// A new private directory, which the destructor removes with everything in it.
class TempDirectory {
  public:
    TempDirectory() = default;
    [[nodiscard]] static quipu::Result<TempDirectory> make();

    TempDirectory(TempDirectory&& other) noexcept : path_(std::exchange(other.path_, {})) {}
    TempDirectory& operator=(TempDirectory&& other) noexcept {
        std::swap(path_, other.path_);
        return *this;
    }
    ~TempDirectory();

    [[nodiscard]] const std::string& path() const noexcept { return path_; }

  private:
    std::string path_;
};

}  // namespace integr8s::runtime
