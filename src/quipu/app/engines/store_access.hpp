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

/// Opens an existing store for reading, also while another process writes it. A store that does not
/// exist is ErrorCode::unavailable here, since the command has nothing to read.
[[nodiscard]] Result<std::unique_ptr<Store>> open_to_read(const AppDefinition& definition,
                                                          const EngineOptions& engines);

/// How a store is opened for writing.
struct WriteAccess {
    SqliteOptions::Durability durability = SqliteOptions::Durability::full;
    /// How long to wait for another command to finish writing the file. If a program runs on the
    /// file, opening fails at once and the error names its process id.
    std::chrono::milliseconds patience = std::chrono::seconds{5};
    EngineNotice notice = {};
};

[[nodiscard]] Result<std::unique_ptr<Store>> open_to_write(const AppDefinition& definition,
                                                           const EngineOptions& engines,
                                                           const WriteAccess& access);

/// The status of the program that runs on the store's file, fetched through its control socket.
/// ErrorCode::unavailable if none runs, and for stores that several processes may write, which have
/// no control socket.
[[nodiscard]] Result<ProgramStatus> running_program(const EngineOptions& engines);

}  // namespace quipu
