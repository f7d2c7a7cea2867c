#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

#include "quipu/error.hpp"
#include "quipu/store/sqlite_store.hpp"

namespace quipu {

/// Opens the store beside whoever writes it. An absent file is ErrorCode::unavailable here: the
/// command has nothing to look at.
[[nodiscard]] Result<std::unique_ptr<Store>> open_to_read(const std::filesystem::path& file,
                                                          const std::string& program);

/// Opens the store as the one writer. Waits up to `patience` for another command to finish writing;
/// a running program is refused at once, with its process id.
[[nodiscard]] Result<std::unique_ptr<Store>> open_to_write(
    const std::filesystem::path& file, SqliteOptions::Durability durability,
    std::chrono::milliseconds patience = std::chrono::seconds{5});

}  // namespace quipu
