// SPDX-License-Identifier: Apache-2.0
#include "integr8s/runtime/temp_directory.hpp"

#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include "integr8s/runtime/files.hpp"

namespace integr8s::runtime {

quipu::Result<TempDirectory> TempDirectory::make() {
    std::error_code ignored;
    const auto base = std::filesystem::temp_directory_path(ignored);
    std::string path = (base / "integr8s-pod-XXXXXX").string();
    if (::mkdtemp(path.data()) == nullptr) {
        return quipu::fail(quipu::ErrorCode::unavailable,
                           "cannot make the directory " + path + ": " + errno_text(errno));
    }
    TempDirectory made;
    made.path_ = std::move(path);
    return made;
}

TempDirectory::~TempDirectory() {
    if (path_.empty()) return;
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

}  // namespace integr8s::runtime
