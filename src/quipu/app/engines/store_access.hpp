// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "quipu/app/app.hpp"
#include "quipu/app/control/protocol.hpp"
#include "quipu/app/engines/engines.hpp"
#include "quipu/base/error.hpp"
#include "quipu/store/sqlite/sqlite_store.hpp"

namespace quipu {

/// Opens the store beside whoever writes it, and makes none. An absent one is
/// ErrorCode::unavailable here: the command has nothing to look at.
[[nodiscard]] Result<std::unique_ptr<Store>> open_to_read(const AppDefinition& definition,
                                                          const EngineOptions& engines);

/// How a store is opened to write.
struct WriteAccess {
    SqliteOptions::Durability durability = SqliteOptions::Durability::full;
    /// How long to wait for another command to finish writing the file. A running program is
    /// refused at once, with its process id.
    std::chrono::milliseconds patience = std::chrono::seconds{5};
    EngineNotice notice = {};
};

[[nodiscard]] Result<std::unique_ptr<Store>> open_to_write(const AppDefinition& definition,
                                                           const EngineOptions& engines,
                                                           const WriteAccess& access);

/// The program that runs on the store's file, asked through its socket. ErrorCode::unavailable when
/// none does, and for stores that any number of processes write: no socket leads to them.
[[nodiscard]] Result<ProgramStatus> running_program(const EngineOptions& engines);

}  // namespace quipu
